"""Tokens, checks and files of lineage."""
