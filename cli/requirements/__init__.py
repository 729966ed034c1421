"""Packages that are installed in environments."""
