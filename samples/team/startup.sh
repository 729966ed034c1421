# Runs in each container before Airflow starts; what it exports, Airflow sees.
export TEAM_STAGE=production
