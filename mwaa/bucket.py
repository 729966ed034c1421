"""The platform's folder in an environment's bucket."""

from __future__ import annotations

OWN_FOLDER = "mwaa-platform/"
"""Prefix of keys that only the functions of deployments write, and Airflow does not read."""


def folder_in_shared_bucket(environment: str) -> str:
    """Prefix of an environment's own keys there, in a bucket that others may use too."""
    return f"{OWN_FOLDER}{environment}/"
