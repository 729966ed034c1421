"""Real Airflow on this machine, run for a deployed environment as MWAA does."""
