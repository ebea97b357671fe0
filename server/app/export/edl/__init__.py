"""CMX 3600 edit decision lists: eight letters for a reel, two channels of sound, and comments for all the rest."""
