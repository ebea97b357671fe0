"""A Whisper of under a million parameters that really hears: the tests' own model, made from nothing by one command.

`python -m tests.models.tiny_whisper` speaks a few thousand sentences with espeak-ng, trains on them, writes the model
as CTranslate2 reads it (int8, under 4 MB) and measures it. Why and how well: docs/decisions/0007-tiny-whisper.md.
"""
