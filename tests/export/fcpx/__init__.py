"""FCPXML, read back by readers of its own."""
