"""Diarizers with trained models: each runs in a process of its own, and says who spoke when in the same words."""
