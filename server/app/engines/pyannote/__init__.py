"""The diarizer pyannote.audio: needs torch, the extra `pyannote`, and a model."""
