"""What the machine and our processes are doing, looked at now and then, as samples of `series.SERIES`."""
