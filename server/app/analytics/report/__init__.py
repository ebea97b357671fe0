"""The report on paper: one HTML file that needs nothing else, and the plots in it."""
