"""Real Airflow on this machine, as MWAA would run it for a deployed environment."""
