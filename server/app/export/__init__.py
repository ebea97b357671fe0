"""Everything that turns a transcript into a file for somebody else's program. Takes arguments, never settings."""
