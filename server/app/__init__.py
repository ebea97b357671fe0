"""Audapolis: a self-hosted, private platform for spoken media."""

__version__ = "0.1.0"
