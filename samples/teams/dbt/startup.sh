# dbt and Airflow want other versions of the same packages, so dbt gets an environment of its own.
# Only workers run it: elsewhere the manifest tells what its tasks are.
export DBT_ENVIRONMENT=/usr/local/airflow/dbt
if [[ "${MWAA_AIRFLOW_COMPONENT}" == "worker" ]]; then
  python3 -m venv "${DBT_ENVIRONMENT}"
  PIP_USER=false "${DBT_ENVIRONMENT}/bin/pip" install --quiet dbt-redshift==1.9.5
fi
