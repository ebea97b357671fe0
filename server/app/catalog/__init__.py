"""The mechanisms of the model library: what is known, what is on disk, fetching, importing, checking."""
