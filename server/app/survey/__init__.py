"""What this machine is, what suits it, and what in the settings does not. The door is `capabilities.py`."""
