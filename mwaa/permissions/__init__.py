"""Statements of policies as data: of an environment's role, key and bucket, and of the commands."""
