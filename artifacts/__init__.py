"""Builders of the files that an environment gets."""
