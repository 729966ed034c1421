"""Facts of Amazon MWAA."""
