"""Figures for Prometheus: the table of metrics, what feeds them, and how they are written."""
