"""The diarizer of sherpa-onnx: needs no torch; the extra `sherpa`, and a model."""
