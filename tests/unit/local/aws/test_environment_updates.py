"""Updates of environments: patches that keep what is left out, and take a while."""

from __future__ import annotations

import json
import uuid
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tests.unit.local.aws.networks import made_network
from tests.unit.local.aws.stand_in import DeployFailedError, StandIn
from tests.waits import comes_true

Resources = dict[str, dict[str, Any]]


class Files(NamedTuple):
    """A bucket with versioning that holds files, and an environment's name."""

    stand_in: StandIn
    bucket: str
    name: str

    def put(self, key: str, content: bytes = b"") -> str:
        """Writes a file; returns its object version."""
        s3 = self.stand_in.session.client("s3")
        return str(s3.put_object(Bucket=self.bucket, Key=key, Body=content)["VersionId"])

    def template(self, **properties: Any) -> Resources:
        given = {
            "Name": self.name,
            "AirflowVersion": "2.10.3",
            "EnvironmentClass": "mw1.small",
            "SourceBucketArn": f"arn:aws:s3:::{self.bucket}",
            "DagS3Path": "dags",
            **properties,
        }
        return {"Environment": {"Type": "AWS::MWAA::Environment", "Properties": given}}

    def deploy(self, stack: str | None = None, **properties: Any) -> str:
        return self.stand_in.deploy(self.template(**properties), stack=stack)[0]

    def described(self) -> dict[str, Any]:
        mwaa = self.stand_in.session.client("mwaa")
        return dict(mwaa.get_environment(Name=self.name)["Environment"])

    def has_status(self, status: str) -> bool:
        return bool(self.described()["Status"] == status)

    def update(self, **parameters: Any) -> None:
        """UpdateEnvironment, which returns before the update is over."""
        self.stand_in.session.client("mwaa").update_environment(Name=self.name, **parameters)


@pytest.fixture
def files(stand_in: StandIn) -> Files:
    found = Files(stand_in, f"files-{uuid.uuid4().hex[:12]}", f"env-{uuid.uuid4().hex[:12]}")
    s3 = stand_in.session.client("s3")
    s3.create_bucket(Bucket=found.bucket)
    s3.put_bucket_versioning(Bucket=found.bucket, VersioningConfiguration={"Status": "Enabled"})
    return found


def test_what_is_taken_out_of_a_template_stays_set(files: Files) -> None:
    given: dict[str, Any] = {
        "AirflowConfigurationOptions": {"lineage.backend": "gone.Backend"},
        "WeeklyMaintenanceWindowStart": "TUE:01:00",
        "MaxWorkers": 7,
    }
    stack = files.deploy(**given)

    files.deploy(stack, DagS3Path="other")

    described = files.described()
    assert {key: described[key] for key in given} == given
    assert described["DagS3Path"] == "other"


def test_options_are_exchanged_whole(files: Files) -> None:
    stack = files.deploy(AirflowConfigurationOptions={"lineage.backend": "gone.Backend"})

    files.deploy(stack, AirflowConfigurationOptions={"core.load_examples": "False"})

    assert files.described()["AirflowConfigurationOptions"] == {"core.load_examples": "False"}


@pytest.mark.parametrize("file", ["Plugins", "Requirements", "StartupScript"])
def test_a_version_that_nobody_gave_is_kept_for_another_path(files: Files, file: str) -> None:
    first, _ = files.put("first"), files.put("second")
    path, version = f"{file}S3Path", f"{file}S3ObjectVersion"
    stack = files.deploy(**{path: "first"})
    assert files.described()[version] == first

    with pytest.raises(DeployFailedError, match=f"{version}: second has no version {first}"):
        files.deploy(stack, **{path: "second"})

    described = files.described()
    assert (described[path], described[version]) == ("first", first)
    # The rollback has sent the former template.
    assert described["Status"] == "AVAILABLE"


def test_a_version_that_is_given_goes_with_its_path(files: Files) -> None:
    first, second = files.put("first"), files.put("second")
    stack = files.deploy(RequirementsS3Path="first", RequirementsS3ObjectVersion=first)

    files.deploy(stack, RequirementsS3Path="second", RequirementsS3ObjectVersion=second)

    assert files.described()["RequirementsS3ObjectVersion"] == second


def test_new_content_below_the_same_path_is_not_taken_by_itself(files: Files) -> None:
    first = files.put("file", b"first")
    stack = files.deploy(PluginsS3Path="file")
    files.put("file", b"second")

    files.deploy(stack, PluginsS3Path="file", DagS3Path="other")

    assert files.described()["PluginsS3ObjectVersion"] == first


def test_a_file_needs_a_bucket_with_versions(files: Files) -> None:
    files.put("file")
    files.stand_in.session.client("s3").put_bucket_versioning(
        Bucket=files.bucket, VersioningConfiguration={"Status": "Suspended"}
    )

    with pytest.raises(DeployFailedError, match="has no versioning"):
        files.deploy(PluginsS3Path="file")


def test_an_update_takes_a_while(files: Files) -> None:
    files.deploy()
    before = files.described()
    assert (before["Status"], before["LastUpdate"]["Status"]) == ("AVAILABLE", "SUCCESS")
    workers = iter(range(2, 1000))

    def seen_updating() -> bool:
        files.update(MaxWorkers=next(workers), WorkerReplacementStrategy="GRACEFUL")
        during = files.described()
        return (during["Status"], during["LastUpdate"]["Status"]) == ("UPDATING", "PENDING")

    # On a busy machine the update may be over before it is looked at.
    assert comes_true(lambda: files.has_status("AVAILABLE") and seen_updating())
    assert comes_true(lambda: files.has_status("AVAILABLE"))
    after = files.described()
    assert (after["LastUpdate"]["Status"], after["MaxWorkers"]) == ("SUCCESS", next(workers) - 1)
    assert after["LastUpdate"]["WorkerReplacementStrategy"] == "GRACEFUL"


def test_one_update_at_a_time(files: Files) -> None:
    files.deploy()

    def refused() -> bool:
        try:
            files.update(MaxWorkers=8)
            files.update(MaxWorkers=9)
        except ClientError as error:
            return "takes no update while UPDATING" in str(error)
        return False

    assert comes_true(refused)


def test_an_update_that_fails_leaves_the_former_state_usable(files: Files) -> None:
    files.deploy()

    files.update(PluginsS3Path="missing", MaxWorkers=9)

    assert comes_true(lambda: files.has_status("UPDATE_FAILED"))
    failed = files.described()
    assert "there is no missing" in failed["LastUpdate"]["Error"]["ErrorMessage"]
    assert "PluginsS3Path" not in failed
    files.update(MaxWorkers=8)
    assert comes_true(lambda: files.has_status("AVAILABLE"))


def test_a_changed_tag_updates_the_environment(files: Files) -> None:
    stack = files.deploy(Tags={"team": "a", "stage": "test"})
    before = files.described()

    files.deploy(stack, Tags={"team": "b"})

    after = files.described()
    own = {key: value for key, value in after["Tags"].items() if not key.startswith("aws:")}
    assert own == {"team": "b"}
    assert after["LastUpdate"]["CreatedAt"] > before["LastUpdate"]["CreatedAt"]


def test_a_tag_of_the_stack_updates_the_environment(files: Files) -> None:
    """The tags of the CDK's stacks."""
    stack = files.deploy()
    before = files.described()

    cloudformation = files.stand_in.session.client("cloudformation")
    cloudformation.update_stack(
        StackName=stack,
        TemplateBody=json.dumps({"Resources": files.template()}),
        Tags=[{"Key": "team", "Value": "a"}],
    )
    cloudformation.describe_stacks(StackName=stack)

    after = files.described()
    assert after["Tags"]["team"] == "a"
    assert after["LastUpdate"]["CreatedAt"] > before["LastUpdate"]["CreatedAt"]


def test_between_airflow_2_and_3_an_environment_moves_through_2_11_alone(files: Files) -> None:
    stack = files.deploy(AirflowVersion="2.10.3")

    with pytest.raises(DeployFailedError, match=r"does not move from Airflow 2\.10\.3 to 3\.3\.1"):
        files.deploy(stack, AirflowVersion="3.3.1")

    assert files.described()["AirflowVersion"] == "2.10.3"
    for version in ("2.11.2", "3.3.1"):
        files.deploy(stack, AirflowVersion=version)
    assert files.described()["AirflowVersion"] == "3.3.1"


CREATE_ONLY = {"KmsKey": ("key-1", "key-2"), "EndpointManagement": ("SERVICE", "CUSTOMER")}


def _public(**properties: Any) -> dict[str, Any]:
    return {"WebserverAccessMode": "PUBLIC_ONLY", **properties}


@pytest.mark.parametrize("name", CREATE_ONLY)
def test_an_environment_is_not_replaced_under_its_name(files: Files, name: str) -> None:
    _refused_replacement(files, name, *CREATE_ONLY[name])


def test_an_environment_does_not_move_to_other_subnets(files: Files) -> None:
    network = made_network(files.stand_in)
    before, after = (
        {"SubnetIds": list(subnets), "SecurityGroupIds": [network.groups[0]]}
        for subnets in (network.subnets[:2], network.subnets[1:])
    )
    _refused_replacement(files, "NetworkConfiguration", before, after)


def _refused_replacement(files: Files, name: str, before: Any, after: Any) -> None:
    stack = files.deploy(**_public(**{name: before}))
    created = files.described()["CreatedAt"]

    with pytest.raises(DeployFailedError, match=f"identifier '{files.name}' already exists"):
        files.deploy(stack, **_public(**{name: after}))

    assert files.described()["CreatedAt"] == created
    assert files.described()[name] == before


def test_security_groups_change_in_place(files: Files) -> None:
    made = made_network(files.stand_in)
    before, changed = (
        {"SubnetIds": list(made.subnets[:2]), "SecurityGroupIds": [group]} for group in made.groups
    )
    stack = files.deploy(**_public(NetworkConfiguration=before))
    created = files.described()["CreatedAt"]

    files.deploy(stack, **_public(NetworkConfiguration=changed))

    assert files.described()["CreatedAt"] == created
    assert files.described()["NetworkConfiguration"] == changed


def test_a_renamed_environment_is_another(files: Files) -> None:
    stack = files.deploy(MaxWorkers=7)
    renamed = files._replace(name=f"{files.name}-b")

    renamed.deploy(stack)

    assert "MaxWorkers" not in renamed.described()
    with pytest.raises(ClientError, match="not found"):
        files.described()


def test_the_properties_that_replace_are_those_of_the_schema() -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", "AWS::MWAA::Environment")
    paths = {each.removeprefix("/properties/") for each in schema.schema["createOnlyProperties"]}

    first = {path.partition("/")[0] for path in paths}
    assert first == {"Name", "NetworkConfiguration", *CREATE_ONLY}
    assert "NetworkConfiguration/SubnetIds" in paths
    assert "conditionalCreateOnlyProperties" not in schema.schema
