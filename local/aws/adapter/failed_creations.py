"""What AWS leaves of a creation that failed, and failures that a test asks for.

MiniStack 1.5.33 forgets a resource whose creation failed after something was made; CloudFormation
deletes it in the rollback. It sends a Delete event to the function of a custom resource that
answered its Create event with a failure. MiniStack also lets a stack in ROLLBACK_COMPLETE be
created again, and gives generated names no random part, so that what was retained would be taken
over by the next creation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
https://github.com/aws/aws-cdk/pull/5525
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import new_uuid, now_iso
from ministack.services import cloudformation, mwaa
from ministack.services.cloudformation import custom_resource, handlers, provisioners, stacks

from local.aws.adapter import trouble
from local.aws.adapter.handlers import CreatedResource, HandlerResponse, Properties

CREATE_FAILED, ROLLED_BACK = "CREATE_FAILED", "ROLLBACK_COMPLETE"
ROLLBACK = "The following resource(s) failed to create: [{logical_id}]. Rollback requested by user."

_answered: dict[tuple[str, str], str] = {}
"""The physical id in the last response of a custom resource, by stack id and logical id."""
_updated_before_failing: set[str] = set()
"""Types of resources that a test let fail after their update in place."""


def install() -> None:
    """Replaces what CloudFormation's handling of stacks calls."""
    custom_resource.deliver_response = _remembering(custom_resource.deliver_response)
    stacks._provision_resource = _provisioning(stacks._provision_resource)
    stacks._update_resource = _updating(stacks._update_resource)
    stacks._delete_resource = _deleting(stacks._delete_resource)
    for module in (stacks, handlers):
        module._roll_back_operation = _rolling_back(module._roll_back_operation)
    sends_back = stacks._sends_back_failed_update
    stacks._sends_back_failed_update = lambda name: (
        name in _updated_before_failing or sends_back(name)
    )
    log_groups = provisioners._RESOURCE_HANDLERS["AWS::Logs::LogGroup"]
    log_groups["create"] = _created_with_name(log_groups["create"])
    log_groups["update"] = _updated_with_name(log_groups["update"])
    for action in ("CreateStack", "CreateChangeSet"):
        handlers._ACTION_HANDLERS[action] = _not_again(action, handlers._ACTION_HANDLERS[action])


def _created_with_name(create: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def create_log_group(logical_id: str, properties: Properties, stack: str) -> CreatedResource:
        return create(logical_id, _with_name(properties, stack, logical_id), stack)

    return create_log_group


def _updated_with_name(update: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def update_log_group(
        identifier: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> CreatedResource:
        return update(identifier, old, _with_name(new, stack, logical_id), stack, logical_id)

    return update_log_group


def _with_name(properties: Properties, stack: str, logical_id: str) -> Properties:
    """The properties of a log group with its generated name, if it has no other."""
    return {"LogGroupName": provisioners._physical_name(stack, logical_id), **properties}


def _remembering(deliver: Callable[..., bool]) -> Callable[..., bool]:
    def deliver_response(token: str, response: Mapping[str, Any]) -> bool:
        if identifier := response.get("PhysicalResourceId"):
            place = str(response.get("StackId")), str(response.get("LogicalResourceId"))
            _answered[place] = str(identifier)
        return deliver(token, response)

    return deliver_response


def _provisioning(provision: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def provision_resource(
        name: str, logical_id: str, properties: Properties, stack: str
    ) -> CreatedResource:
        provisioners._NAME_SEED.set(str(new_uuid())[:8])
        failure = trouble.failure(stack, logical_id, "create")
        if failure and not failure.done:
            raise ValueError(failure.reason)
        try:
            created = provision(name, logical_id, properties, stack)
        except Exception:
            if name.startswith("Custom::"):
                _record(name, logical_id, properties, stack, (_answer(stack, logical_id), {}))
            raise
        if failure:
            if created[0] in mwaa._environments:
                mwaa._environments[created[0]]["Status"] = CREATE_FAILED
            _record(name, logical_id, properties, stack, created)
            raise ValueError(failure.reason)
        return created

    return provision_resource


def _answer(stack: str, logical_id: str) -> str:
    """The physical id in a function's response; CloudFormation makes one up without."""
    place = cloudformation._stacks[stack]["StackId"], logical_id
    return _answered.pop(place, None) or str(new_uuid())


def _record(
    name: str, logical_id: str, properties: Properties, stack: str, created: CreatedResource
) -> None:
    """Makes a resource part of its stack although its creation failed."""
    identifier, attributes = created
    cloudformation._stacks[stack]["_resources"][logical_id] = {
        "PhysicalResourceId": identifier,
        "ResourceType": name,
        "ResourceStatus": CREATE_FAILED,
        "LogicalResourceId": logical_id,
        "Properties": properties,
        "Attributes": attributes,
        "Timestamp": now_iso(),
    }


def _updating(update: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def update_resource(  # noqa: PLR0917 - MiniStack's signature
        name: str,
        identifier: str,
        old: Properties,
        new: Properties,
        stack: str,
        logical_id: str,
        *attributes: Any,
    ) -> CreatedResource:
        failure = trouble.failure(stack, logical_id, "update") if old != new else None
        if failure and not failure.done:
            raise ValueError(failure.reason)
        updated = update(name, identifier, old, new, stack, logical_id, *attributes)
        if failure:
            if updated[0] == identifier:
                _updated_before_failing.add(name)
            else:
                provisioners._delete_resource(name, updated[0], new, stack, logical_id)
            raise ValueError(failure.reason)
        return updated

    return update_resource


def _deleting(delete: Callable[..., None]) -> Callable[..., None]:
    def delete_resource(
        name: str, identifier: str, properties: Properties, stack: str, logical_id: str
    ) -> None:
        if failure := trouble.failure(stack, logical_id, "delete"):
            raise ValueError(failure.reason)
        delete(name, identifier, properties, stack, logical_id)

    return delete_resource


def _rolling_back(roll_back: Callable[..., Any]) -> Callable[..., Any]:
    async def roll_back_operation(
        name: str,
        identifier: str,
        stack: dict[str, Any],
        operation: dict[str, Any],
        reason_override: str = "",
    ) -> None:
        failed = operation.get("failed_logical_id")
        if stack["_resources"].get(failed, {}).get("ResourceStatus") == CREATE_FAILED:
            operation["created"].append(failed)
        if failed and not operation["is_update"]:
            reason_override = reason_override or ROLLBACK.format(logical_id=failed)
        await roll_back(name, identifier, stack, operation, reason_override)

    return roll_back_operation


def _not_again(
    action: str, handle: Callable[[Mapping[str, Any]], HandlerResponse]
) -> Callable[[Mapping[str, Any]], HandlerResponse]:
    """Refuses to create what was rolled back: it must be deleted first."""

    def create(parameters: Mapping[str, Any]) -> HandlerResponse:
        name = handlers._p(parameters, "StackName")
        kind = handlers._p(parameters, "ChangeSetType") if action == "CreateChangeSet" else "CREATE"
        stack = handlers._resolve_stack(name)
        if kind == "CREATE" and stack and stack["StackStatus"] == ROLLED_BACK:
            response: HandlerResponse = handlers._error(
                "AlreadyExistsException", f"Stack [{name}] already exists"
            )
            return response
        return handle(parameters)

    return create
