"""The steps from a media file to a transcript, one file each. `modern_pipeline` puts them in a row."""
