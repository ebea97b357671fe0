"""GStreamer Editing Services' XML, which Pitivi reads."""
