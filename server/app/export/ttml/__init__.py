"""TTML captions: what its profiles EBU-TT-D and IMSC have in common."""
