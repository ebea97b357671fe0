"""Writers of timelines for video editors, one file each."""
