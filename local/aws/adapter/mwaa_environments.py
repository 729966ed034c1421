"""AWS::MWAA::Environment, for which MiniStack 1.5.33 has no CloudFormation handler.

MiniStack's MWAA service reads GetEnvironment and ListEnvironments from a table, which this module
fills with the deployed environments. It would start Airflow in Docker; here the Airflow of each
environment is a program of the run. MiniStack also authorises requests about an environment on the
resource `*`; here the caller's policies must name the environment.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import mwaa, s3
from ministack.services.cloudformation import provisioners

from local.aws.adapter import web_server_endpoints
from local.aws.adapter.handlers import CreatedResource, Properties

WEBSERVERS = "MWAA_LOCAL_WEBSERVERS"
PUBLIC = "PUBLIC_ONLY"

ATTRIBUTES = ("Arn", "WebserverUrl", "WebserverVpcEndpointService")
# Properties with the key of a file in the environment's bucket, which must exist.
FILES = ("PluginsS3Path", "RequirementsS3Path", "StartupScriptS3Path")
LOG_GROUPS = {
    "DagProcessingLogs": "DAGProcessing",
    "SchedulerLogs": "Scheduler",
    "TaskLogs": "Task",
    "WebserverLogs": "WebServer",
    "WorkerLogs": "Worker",
}

_webservers: dict[str, str] = {}


def install() -> None:
    """Adds the CloudFormation handlers of environments.

    The variable MWAA_LOCAL_WEBSERVERS holds host and port of each environment's Airflow, as JSON.
    """
    iam_actions.extract_resource_arn = _with_environments(iam_actions.extract_resource_arn)
    _webservers.update(json.loads(os.environ[WEBSERVERS]))
    provisioners._RESOURCE_HANDLERS["AWS::MWAA::Environment"] = {
        "create": _create,
        "update": _update,
        "delete": _delete,
    }


def _create(_logical_id: str, properties: Properties, _stack: str) -> CreatedResource:
    name = str(properties["Name"])
    if name in mwaa._environments:
        raise ValueError(f"Environment {name} already exists")
    return _put(name, properties, created=time.time())


def _update(name: str, old: Properties, new: Properties, stack: str) -> CreatedResource:
    if new["Name"] != name:
        created = _create("", new, stack)
        provisioners._delete_predecessor(_delete, name, old)
        return created
    return _put(name, new, created=mwaa._environments[name]["CreatedAt"])


def _delete(name: str, _properties: Properties) -> None:
    mwaa._environments.pop(name, None)
    web_server_endpoints.remove(_endpoint_service(name))


def _put(name: str, properties: Properties, *, created: float) -> CreatedResource:
    _check_files(properties)
    region, account = get_region(), get_account_id()
    environment = {
        **properties,
        "Arn": f"arn:aws:airflow:{region}:{account}:environment/{name}",
        "Status": "AVAILABLE",
        "CreatedAt": created,
        "LastUpdate": {"Status": "SUCCESS", "CreatedAt": time.time()},
        "WebserverUrl": _webserver(name, region),
        "LoggingConfiguration": _logging(name, properties, f"arn:aws:logs:{region}:{account}"),
    }
    if properties.get("WebserverAccessMode") == PUBLIC:
        web_server_endpoints.remove(_endpoint_service(name))
    else:
        environment["WebserverVpcEndpointService"] = _endpoint_service(name)
        network = properties.get("NetworkConfiguration", {})
        web_server_endpoints.create(environment["WebserverVpcEndpointService"], network)
    mwaa._environments[name] = environment
    attributes = {key: environment[key] for key in ATTRIBUTES if key in environment}
    for log, settings in environment["LoggingConfiguration"].items():
        attributes[f"LoggingConfiguration.{log}.CloudWatchLogGroupArn"] = settings[
            "CloudWatchLogGroupArn"
        ]
    for service in ("CeleryExecutorQueue", "DatabaseVpcEndpointService"):
        attributes[service] = f"{service}-{name}"
    return name, attributes


def _endpoint_service(name: str) -> str:
    """The name of the service behind the VPC endpoint of a private web server."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:17]
    return f"com.amazonaws.vpce.{get_region()}.vpce-svc-{digest}"


def _webserver(name: str, region: str) -> str:
    return _webservers.get(name) or f"{new_uuid()}.c1.{region}.airflow.amazonaws.com"


def _logging(name: str, properties: Properties, prefix: str) -> dict[str, dict[str, Any]]:
    configured = properties.get("LoggingConfiguration", {})
    return {
        log: {
            **configured[log],
            "CloudWatchLogGroupArn": f"{prefix}:log-group:airflow-{name}-{group}",
        }
        for log, group in LOG_GROUPS.items()
        if log in configured
    }


def _check_files(properties: Properties) -> None:
    bucket = str(properties["SourceBucketArn"]).rpartition(":")[2]
    if bucket not in s3._buckets:
        raise ValueError(f"The source bucket {bucket} does not exist")
    objects = s3._buckets[bucket]["objects"]
    for file in FILES:
        key = properties.get(file)
        if key and key not in objects:
            raise ValueError(f"{file}: there is no {key} in {bucket}")


def _with_environments(extract: Callable[..., str]) -> Callable[..., str]:
    """Returns the ARN of the environment of a request, instead of MiniStack's `*`."""

    def extract_resource_arn(service: str, method: str, path: str, *request: Any) -> str:
        if service == "airflow" and path.startswith("/environments/"):
            name = path.rstrip("/").rpartition("/")[2]
            *_, region, account = request
            return f"arn:aws:airflow:{region}:{account}:environment/{name}"
        return extract(service, method, path, *request)

    return extract_resource_arn
