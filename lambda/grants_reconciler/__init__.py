"""Reconciles the configuration's grants in the grants table."""
