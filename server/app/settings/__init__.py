"""What can be set, and where each value comes from. The door is `config.py`."""
