"""AWS::MWAA::Environment, for which MiniStack 1.5.33 has no CloudFormation handler.

MiniStack's MWAA service reads GetEnvironment and ListEnvironments from a table, which this module
fills with the deployed environments. It would start Airflow in Docker; here the Airflow of each
environment is a program of the run. MiniStack also authorises requests about an environment on the
resource `*`; here the caller's policies must name the environment.

MiniStack's UpdateEnvironment settles at once and checks nothing; `mwaa_updates` replaces it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import mwaa
from ministack.services.cloudformation import provisioners, stacks

from local.aws.adapter import mwaa_updates, networks, web_server_endpoints
from local.aws.adapter.handlers import (
    CreatedResource,
    HandlerResponse,
    Properties,
    error_response,
    json_response,
)
from local.aws.adapter.mwaa_updates import Environment

WEBSERVERS = "MWAA_LOCAL_WEBSERVERS"
TYPE = "AWS::MWAA::Environment"
PUBLIC = "PUBLIC_ONLY"

CREATE_ONLY = ("Name", "KmsKey", "EndpointManagement")
CREATE_ONLY_IN_NETWORK = "SubnetIds"
"""With those above, the `createOnlyProperties` of CloudFormation's schema of the type."""

TAKEN = "Resource of type 'AWS::MWAA::Environment' with identifier '{name}' already exists."

ATTRIBUTES = ("Arn", "WebserverUrl", "WebserverVpcEndpointService")
LOG_GROUPS = {
    "DagProcessingLogs": "DAGProcessing",
    "SchedulerLogs": "Scheduler",
    "TaskLogs": "Task",
    "WebserverLogs": "WebServer",
    "WorkerLogs": "Worker",
}

_webservers: dict[str, str] = {}


def install() -> None:
    """Adds the type to CloudFormation, and replaces MiniStack's UpdateEnvironment.

    The variable MWAA_LOCAL_WEBSERVERS holds host and port of each environment's Airflow, as JSON.
    """
    iam_actions.extract_resource_arn = _with_environments(iam_actions.extract_resource_arn)
    _webservers.update(json.loads(os.environ[WEBSERVERS]))
    mwaa._update_environment = _update_environment
    provisioners._RESOURCE_HANDLERS[TYPE] = {
        "create": _create,
        "update": _update,
        "delete": _delete,
    }
    provisioners._STACK_TAG_PROPERTY[TYPE] = ("Tags", "map")
    # The replacement is created first, and its name is taken.
    provisioners._CUSTOM_NAME_REPLACEMENT[TYPE] = {"name": "Name", "exists": TAKEN}
    provisioners._REPLACING_PROPERTIES[TYPE] = CREATE_ONLY
    # MiniStack's table has no property within another.
    for module in (provisioners, stacks):
        module._replacing_change = _with_subnets(module._replacing_change)
    # CloudFormation waits for the environment, and sends a failed update back in a rollback.
    stacks._runs_on_worker_thread = _also_of_environments(stacks._runs_on_worker_thread)
    stacks._sends_back_failed_update = _also_of_environments(stacks._sends_back_failed_update)


def _create(_logical_id: str, properties: Properties, _stack: str) -> CreatedResource:
    name = str(properties["Name"])
    if name in mwaa._environments:
        raise ValueError(TAKEN.format(name=name))
    if network := properties.get("NetworkConfiguration"):
        networks.check_environment(network)
    region, account = get_region(), get_account_id()
    environment: Environment = {
        **properties,
        "Arn": f"arn:aws:airflow:{region}:{account}:environment/{name}",
        "CreatedAt": time.time(),
        "WebserverUrl": _webserver(name, region),
    }
    environment |= mwaa_updates.files(environment)
    mwaa._environments[name] = environment
    _configure(environment)
    mwaa_updates.begin(environment, status="CREATING")
    mwaa_updates.wait(environment)
    return name, _attributes(environment)


def _update(name: str, old: Properties, new: Properties, _stack: str) -> CreatedResource:
    """Tags by their difference, all else by UpdateEnvironment, as CloudFormation's handler does.

    So the environment is updated, and restarts, when a tag alone has changed.
    """
    environment = mwaa._environments[name]
    tags, before = new.get("Tags") or {}, old.get("Tags") or {}
    kept = {key: value for key, value in environment.get("Tags", {}).items() if key not in before}
    environment["Tags"] = {**kept, **tags}
    _patch(environment, new)
    mwaa_updates.wait(environment)
    if environment["Status"] == mwaa_updates.FAILED:
        message = environment["LastUpdate"]["Error"]["ErrorMessage"]
        raise ValueError(f"Update failed. {message}")
    return name, _attributes(environment)


def _delete(name: str, _properties: Properties) -> None:
    mwaa._environments.pop(name, None)
    web_server_endpoints.remove(_endpoint_service(name))


def _update_environment(
    _method: str, path: str, _headers: Mapping[str, str], body: bytes, _query: Mapping[str, Any]
) -> HandlerResponse:
    name = path.strip("/").rpartition("/")[2]
    environment = mwaa._environments.get(name)
    if environment is None:
        return error_response("ResourceNotFoundException", f"Environment {name} not found", 404)
    try:
        _patch(environment, json.loads(body or b"{}"))
    except ValueError as problem:
        return error_response("ValidationException", str(problem), 400)
    return json_response({"Arn": environment["Arn"]})


def _patch(environment: Environment, changes: Properties) -> None:
    mwaa_updates.patch(environment, changes)
    _configure(environment)


def _configure(environment: Environment) -> None:
    """Sets what follows from an environment's properties: log groups and the way to it."""
    name = environment["Name"]
    logs = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:airflow-{name}"
    environment["LoggingConfiguration"] = {
        log: {**settings, "CloudWatchLogGroupArn": f"{logs}-{LOG_GROUPS[log]}"}
        for log, settings in environment.get("LoggingConfiguration", {}).items()
    }
    service = _endpoint_service(name)
    if environment.get("WebserverAccessMode") == PUBLIC:
        environment.pop("WebserverVpcEndpointService", None)
        web_server_endpoints.remove(service)
    else:
        environment["WebserverVpcEndpointService"] = service
        web_server_endpoints.create(service, environment.get("NetworkConfiguration", {}))


def _attributes(environment: Environment) -> dict[str, Any]:
    attributes = {key: environment[key] for key in ATTRIBUTES if key in environment}
    for log, settings in environment["LoggingConfiguration"].items():
        attributes[f"LoggingConfiguration.{log}.CloudWatchLogGroupArn"] = settings[
            "CloudWatchLogGroupArn"
        ]
    for service in ("CeleryExecutorQueue", "DatabaseVpcEndpointService"):
        attributes[service] = f"{service}-{environment['Name']}"
    return attributes


def _endpoint_service(name: str) -> str:
    """The name of the service behind the VPC endpoint of a private web server."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:17]
    return f"com.amazonaws.vpce.{get_region()}.vpce-svc-{digest}"


def _webserver(name: str, region: str) -> str:
    return _webservers.get(name) or f"{new_uuid()}.c1.{region}.airflow.amazonaws.com"


def _with_subnets(replaces: Callable[..., bool]) -> Callable[..., bool]:
    def replacing_change(resource_type: str, old: Properties, new: Properties) -> bool:
        subnets = [
            each.get("NetworkConfiguration", {}).get(CREATE_ONLY_IN_NETWORK)
            for each in (old, new)
            if resource_type == TYPE
        ]
        return replaces(resource_type, old, new) or bool(subnets and subnets[0] != subnets[1])

    return replacing_change


def _also_of_environments(holds: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda resource_type: resource_type == TYPE or holds(resource_type)


def _with_environments(extract: Callable[..., str]) -> Callable[..., str]:
    """Returns the ARN of the environment of a request, instead of MiniStack's `*`."""

    def extract_resource_arn(service: str, method: str, path: str, *request: Any) -> str:
        if service == "airflow" and path.startswith("/environments/"):
            name = path.rstrip("/").rpartition("/")[2]
            *_, region, account = request
            return f"arn:aws:airflow:{region}:{account}:environment/{name}"
        return extract(service, method, path, *request)

    return extract_resource_arn
