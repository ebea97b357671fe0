"""What DaVinci Resolve wants: its colours, one marker a frame, and a script for its scripting interface."""
