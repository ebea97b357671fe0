"""The history: facts and samples in an embedded database, thinned out with age."""
