"""Checks of what is deployed."""
