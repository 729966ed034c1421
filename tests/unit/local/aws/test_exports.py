"""Exports: what another stack imports can be neither changed nor removed."""

from __future__ import annotations

import json

import pytest

from tests.unit.local.aws.stand_in import StandIn, new_stack
from tests.unit.local.aws.test_failed_creations import events, log_group, status
from tests.unit.local.aws.test_taken_names import resource


def template(log: str, *exports: str) -> str:
    """A log group, whose name is exported, under each of some names."""
    exported = {
        f"Output{number}": {"Value": {"Ref": "Log"}, "Export": {"Name": name}}
        for number, name in enumerate(exports)
    }
    return json.dumps({"Resources": {"Log": log_group(log)}, "Outputs": exported})


def importing(export: str, log: str) -> str:
    """A log group whose name begins with what another stack exports."""
    name = {"Fn::Join": ["-", [{"Fn::ImportValue": export}, log]]}
    return json.dumps({"Resources": {"Log": resource("Logs::LogGroup", LogGroupName=name)}})


def make(stand_in: StandIn, stack: str, body: str) -> str:
    """The status of a stack after its creation."""
    stand_in.session.client("cloudformation").create_stack(StackName=stack, TemplateBody=body)
    return status(stand_in, stack)


def update(stand_in: StandIn, stack: str, body: str) -> str:
    """The status of a stack after its update."""
    stand_in.session.client("cloudformation").update_stack(StackName=stack, TemplateBody=body)
    return status(stand_in, stack)


def exported(stand_in: StandIn, prefix: str) -> dict[str, str]:
    found = stand_in.session.client("cloudformation").list_exports()["Exports"]
    return {each["Name"]: each["Value"] for each in found if each["Name"].startswith(prefix)}


@pytest.mark.parametrize(
    ("log", "kept", "reason"),
    [("-a", False, "cannot be deleted"), ("-b", True, "cannot be updated")],
    ids=["removed", "changed"],
)
def test_an_export_that_is_imported_stays_as_it_is(
    stand_in: StandIn, log: str, kept: bool, reason: str
) -> None:
    owner, user = new_stack(), new_stack()
    assert make(stand_in, owner, template(f"{owner}-a", owner)) == "CREATE_COMPLETE"
    assert make(stand_in, user, importing(owner, "log")) == "CREATE_COMPLETE"
    changed = template(owner + log, *([owner] if kept else []))

    assert update(stand_in, owner, changed) == "UPDATE_ROLLBACK_COMPLETE"

    told = [each for _, each in events(stand_in, owner, owner)]
    assert f"Export {owner} {reason} as it is in use by {user}" in told
    assert exported(stand_in, owner) == {owner: f"{owner}-a"}

    stand_in.destroy(user)
    assert update(stand_in, owner, changed) == "UPDATE_COMPLETE"
    assert exported(stand_in, owner) == ({owner: f"{owner}-b"} if kept else {})
    stand_in.destroy(owner)


def test_an_update_that_leaves_an_imported_export_alone_is_made(stand_in: StandIn) -> None:
    owner, user = new_stack(), new_stack()
    assert make(stand_in, owner, template(f"{owner}-a", owner)) == "CREATE_COMPLETE"
    assert make(stand_in, user, importing(owner, "log")) == "CREATE_COMPLETE"

    more = template(f"{owner}-a", owner, f"{owner}-more")
    assert update(stand_in, owner, more) == "UPDATE_COMPLETE"
    less = template(f"{owner}-a", owner)
    assert update(stand_in, owner, less) == "UPDATE_COMPLETE"

    assert exported(stand_in, owner) == {owner: f"{owner}-a"}
    stand_in.destroy(user)
    stand_in.destroy(owner)


def test_a_name_is_exported_by_one_stack(stand_in: StandIn) -> None:
    owner, other = new_stack(), new_stack()
    assert make(stand_in, owner, template(f"{owner}-a", owner)) == "CREATE_COMPLETE"

    assert make(stand_in, other, template(f"{other}-a", owner)) == "ROLLBACK_COMPLETE"

    assert exported(stand_in, owner) == {owner: f"{owner}-a"}
    stand_in.destroy(other)
    stand_in.destroy(owner)
