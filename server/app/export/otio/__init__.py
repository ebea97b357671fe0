"""OpenTimelineIO's own JSON, written by hand: nothing has to be installed for it, and nothing is lost on the way."""
