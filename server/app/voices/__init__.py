"""Voices that somebody gave a name: kept on this machine, known again in later recordings."""
