"""Files with which Airflow on a laptop reads the secrets of an environment."""
