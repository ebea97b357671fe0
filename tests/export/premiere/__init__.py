"""Premiere Pro's transcript and marker table, read back."""
