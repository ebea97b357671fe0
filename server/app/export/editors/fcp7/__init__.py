"""Final Cut Pro 7 XML (xmeml version 5), which Premiere Pro and DaVinci Resolve import."""
