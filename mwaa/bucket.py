"""The platform's folder in an environment's bucket."""

from __future__ import annotations

OWN_FOLDER = "mwaa-platform/"
"""Prefix of keys that only the functions of deployments write, and Airflow does not read."""
