"""Trains a model each week: the features by Glue, the training in EKS, the release elsewhere."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from airflow import DAG
from airflow.providers.amazon.aws.operators.eks import EksPodOperator
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from pod_sizes import LARGE, SMALL

NAMESPACE = os.environ.get("TRAINING_NAMESPACE", "training")
REGISTRY = "111122223333.dkr.ecr.us-east-1.amazonaws.com"

with DAG(
    "train",
    schedule="@weekly",
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args={"retries": 1, "execution_timeout": timedelta(hours=6)},
):
    arrived = S3KeySensor(
        task_id="arrived",
        bucket_key="s3://orders-of-the-week/{{ ds }}/_SUCCESS",
        # It waits in the triggerer, and holds no worker.
        deferrable=True,
    )
    features = GlueJobOperator(task_id="features", job_name="features")
    train = EksPodOperator(
        task_id="train",
        cluster_name="training",
        namespace=NAMESPACE,
        pod_name="train",
        image=f"{REGISTRY}/train:2025-01",
        arguments=["--week", "{{ ds }}"],
        container_resources=LARGE,
        on_finish_action="delete_pod",
        get_logs=True,
    )
    release = KubernetesPodOperator(
        task_id="release",
        kubernetes_conn_id="serving_cluster",
        namespace=NAMESPACE,
        name="release",
        image=f"{REGISTRY}/release:2025-01",
        arguments=["--week", "{{ ds }}"],
        container_resources=SMALL,
        on_finish_action="delete_pod",
        deferrable=True,
    )
    arrived >> features >> train >> release
