"""Brings a team's DAGs into an environment's DAG folder, and takes out what it brought before."""
