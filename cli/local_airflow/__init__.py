"""The secrets of an environment for Airflow on a developer's laptop."""
