"""TextGrids: tiers without gaps and overlaps, and the check that there are none."""
