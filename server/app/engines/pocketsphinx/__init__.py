"""The embedded speech recogniser: CMU PocketSphinx with the US-English model of its wheel. Draft quality."""
