"""Whisper on CTranslate2: our own chunks, decoded in batches that give the same words as one after the other."""
