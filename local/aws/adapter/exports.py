"""Exports that other stacks import: AWS lets no update change or remove one.

MiniStack 1.5.33 looks at them only when a stack is deleted. It also lets two stacks export under
one name, and keeps an export that an update has removed.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers, stacks

Outputs = tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]
"""The outputs of a stack, and its exports by name."""

IN_USE = "Export {name} cannot be {verb} as it is in use by {users}"
TAKEN = "Export with name {name} is already exported by stack {owner}"


def install() -> None:
    """Replaces what CloudFormation calls when the resources of an operation are made."""
    stacks._resolve_stack_outputs = _refusing(stacks._resolve_stack_outputs)


def _refusing(resolve: Callable[..., Outputs]) -> Callable[..., Outputs]:
    def resolve_stack_outputs(*settings: Any) -> Outputs:
        *_, stack, identifier = settings
        outputs, exports = resolve(*settings)
        former = {
            name: each["Value"]
            for name, each in cloudformation._exports.items()
            if each["StackId"] == identifier
        }
        for name, value in former.items():
            _check_unused(name, value, exports, stack)
        for name in exports.keys() - former.keys():
            _check_free(name)
        for name in former.keys() - exports.keys():
            del cloudformation._exports[name]
        return outputs, exports

    return resolve_stack_outputs


def _check_unused(name: str, value: str, exports: Mapping[str, Any], stack: str) -> None:
    kept = exports.get(name)
    if kept and kept["Value"] == value:
        return
    if users := ", ".join(_importing(name, besides=stack)):
        verb = "updated" if kept else "deleted"
        raise ValueError(IN_USE.format(name=name, verb=verb, users=users))


def _check_free(name: str) -> None:
    if taken := cloudformation._exports.get(name):
        raise ValueError(TAKEN.format(name=name, owner=taken["StackId"]))


def _importing(export: str, *, besides: str) -> Iterator[str]:
    """The stacks that import something, as they were deployed last."""
    for name, stack in cloudformation._stacks.items():
        if name == besides or stack["StackStatus"] == "DELETE_COMPLETE":
            continue
        if export in handlers._imported_export_names(stack, name):
            yield name
