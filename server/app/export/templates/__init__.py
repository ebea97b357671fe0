"""Templates of the user's own: kept with their versions, and rendered in a child process that can do no harm."""
