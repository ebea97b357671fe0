"""Tracks in other languages on a transcript's segments: made by translators, or read from files and aligned."""
