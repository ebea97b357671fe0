"""The HTTP interface: parse a request, make one call to a door, shape the answer."""
