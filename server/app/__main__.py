"""Lets `python -m audapolis` do what the `audapolis` command does."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
