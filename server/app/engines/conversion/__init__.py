"""Whisper checkpoints of other programs made into CTranslate2's format, in a process of its own."""
