"""What happened here and what it tells: facts and samples, their history, and the questions that are asked of it."""
