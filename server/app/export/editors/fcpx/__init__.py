"""FCPXML, the interchange format of Final Cut Pro: versions 1.9 to 1.13."""
