"""Constructs by which the platform itself is operated."""
