"""Kits: for one editing program, the right files and a page that says what to do with them."""
