"""What a WebVTT file is made of."""
