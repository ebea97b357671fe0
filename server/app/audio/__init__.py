"""Sound and media facts from files.

libav runs only in child processes (`child.py` and what only it imports): importing this room loads none of it.
"""
