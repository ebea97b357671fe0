"""A page to read, hear, search and proofread a transcript: one file that asks nothing of any network."""
