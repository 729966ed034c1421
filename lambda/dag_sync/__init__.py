"""Synchronises a team's DAGs into an environment's DAG folder."""
