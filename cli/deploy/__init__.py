"""Deployment of the configuration in waves, and removal of an environment."""
