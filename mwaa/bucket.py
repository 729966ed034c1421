"""Where the platform keeps its own files in an environment's bucket."""

from __future__ import annotations

OWN_FOLDER = "mwaa-platform/"
"""Below it nobody but the deployments' functions writes, and Airflow looks for nothing."""
