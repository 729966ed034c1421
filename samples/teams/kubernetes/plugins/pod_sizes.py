"""Sizes of the team's pods: a pod without a limit can take a node's memory from its neighbours."""

from __future__ import annotations

from kubernetes.client import models as k8s


def _resources(cpu: str, memory: str) -> k8s.V1ResourceRequirements:
    return k8s.V1ResourceRequirements(
        requests={"cpu": cpu, "memory": memory}, limits={"memory": memory}
    )


SMALL = _resources("500m", "1Gi")
LARGE = _resources("4", "16Gi")
