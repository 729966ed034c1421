"""Logs of the platform and of its environments."""
