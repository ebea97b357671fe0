"""Our classical speaker diarizer: cepstra, Bayesian clustering and hidden Markov models, on numpy alone."""
