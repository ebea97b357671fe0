"""Many exports at once: what is wanted, what it is called, what came of each file, and going on after a stop."""
