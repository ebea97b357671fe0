"""What an ASS script is made of."""
