"""What an environment's role, key and bucket must allow: the statements, as data."""
