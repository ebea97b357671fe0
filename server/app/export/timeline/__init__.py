"""The frame-exact timeline that every editor format is written from."""
