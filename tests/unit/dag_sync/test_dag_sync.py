"""Content of the DAG folder after deployments, rollbacks and failures."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.exceptions import ClientError

from dag_sync.folder import HASH_METADATA
from tests.loopback import Request, Response
from tests.unit.custom_resource.invocation import A_SECOND_TO_WAIT, NO_TIME_TO_WAIT
from tests.unit.dag_sync.fake_aws import BUCKET, FOLDER, MANIFEST, FakeAws, Files

ONE: Files = {
    "etl.py": "one",
    "helpers/dates.py": "one",
    "sql/Größe + Maß.sql": "select 1",
    ".airflowignore": "helpers",
}
TWO: Files = {
    "etl.py": "two",
    "helpers/times.py": "one",
    "sql/Größe + Maß.sql": "select 1",
    "new.py": "two",
}
DENIED = Response(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")


def _failed(answer: dict[str, str]) -> str:
    assert answer["Status"] == "FAILED"
    return answer["Reason"]


def _succeeded(answer: dict[str, str]) -> None:
    assert answer["Status"] == "SUCCESS", answer


def test_the_files_are_where_airflow_looks(fake_aws: FakeAws) -> None:
    answer = fake_aws.deploy(ONE, "Create")

    _succeeded(answer)
    assert answer["PhysicalResourceId"] == f"{BUCKET}/{FOLDER}"
    assert fake_aws.dags() == ONE


def test_changed_new_renamed_and_removed_files_are_followed(fake_aws: FakeAws) -> None:
    fake_aws.deploy(ONE, "Create")
    assert fake_aws.written

    _succeeded(fake_aws.deploy(TWO))

    assert fake_aws.dags() == TWO
    # What stayed the same was not written again.
    assert sorted(fake_aws.written) == sorted(
        ["etl.py", "new.py", "helpers/times.py", "helpers/dates.py", ".airflowignore"]
    )


def test_what_moved_is_there_before_it_is_gone(fake_aws: FakeAws) -> None:
    fake_aws.deploy({"helpers.py": "code"}, "Create")
    assert fake_aws.written

    fake_aws.deploy({"lib/helpers.py": "code"})

    assert fake_aws.written == ["lib/helpers.py", "helpers.py"]


def test_the_same_again_writes_no_dag(fake_aws: FakeAws) -> None:
    fake_aws.deploy(ONE, "Create")
    assert fake_aws.written

    _succeeded(fake_aws.deploy(ONE))

    assert fake_aws.written == []


def test_a_rollback_brings_back_the_former_version(fake_aws: FakeAws) -> None:
    fake_aws.deploy(ONE, "Create")
    fake_aws.deploy(TWO)

    _succeeded(fake_aws.deploy(ONE))

    assert fake_aws.dags() == ONE


def test_an_empty_folder_takes_all_of_its_dags_away(fake_aws: FakeAws) -> None:
    fake_aws.deploy(ONE, "Create")
    fake_aws.put("theirs.py")

    _succeeded(fake_aws.deploy({}))

    assert fake_aws.dags() == {"theirs.py": "somebody's"}


def test_files_of_other_people_are_never_touched(fake_aws: FakeAws) -> None:
    theirs = {"theirs.py": "theirs", "helpers/theirs.py": "theirs", "zz/.keep": "theirs"}
    fake_aws.put("etl.py.bak", "theirs")
    for path, content in theirs.items():
        fake_aws.put(path, content)

    for files in (ONE, TWO, {}, ONE):
        _succeeded(fake_aws.deploy(files))
        assert fake_aws.dags() == {**files, **theirs, "etl.py.bak": "theirs"}
    fake_aws.deploy(ONE, "Delete")

    assert fake_aws.dags() == {**ONE, **theirs, "etl.py.bak": "theirs"}


def test_a_bucket_may_hold_thousands_of_dags_already(fake_aws: FakeAws) -> None:
    """More than S3 lists at once, on both sides of the names that are deployed."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda index: fake_aws.put(f"d{index:04}.py"), range(1100)))
    fake_aws.put("zz.py")

    _succeeded(fake_aws.deploy({"e.py": "one", "z.py": "one"}, "Create"))
    reason = _failed(fake_aws.deploy({"e.py": "two", "zz.py": "two"}))
    _succeeded(fake_aws.deploy({"e.py": "one"}))

    assert "zz.py" in reason
    dags = fake_aws.dags()
    assert len(dags) == 1102
    assert "z.py" not in dags
    assert dags["zz.py"] == "somebody's"


def test_a_file_of_the_same_name_stops_the_deployment_before_it_changes_anything(
    fake_aws: FakeAws,
) -> None:
    fake_aws.put("helpers/dates.py")

    reason = _failed(fake_aws.deploy(ONE, "Create"))

    assert f"{FOLDER}/helpers/dates.py" in reason
    assert BUCKET in reason
    assert "The folder of Dags has helpers/dates.py too" in reason
    assert "etl.py" not in reason
    assert fake_aws.dags() == {"helpers/dates.py": "somebody's"}


def test_many_clashes_are_still_a_sentence(fake_aws: FakeAws) -> None:
    files = {f"{'x' * 60}{index:02}.py": "ours" for index in range(40)}
    for path in files:
        fake_aws.put(path)

    reason = _failed(fake_aws.deploy(files, "Create"))

    assert "and 35 more" in reason
    assert reason.endswith("rename those in the folder.")


def test_a_file_that_somebody_copied_from_ours_is_theirs(fake_aws: FakeAws) -> None:
    fake_aws.deploy(ONE, "Create")
    fake_aws.s3.copy_object(
        Bucket=BUCKET, Key=f"{FOLDER}/new.py", CopySource=f"{BUCKET}/dags/etl.py"
    )

    reason = _failed(fake_aws.deploy(TWO))

    assert "dags/new.py" in reason
    assert fake_aws.dags() == {**ONE, "new.py": "one"}


def test_a_file_copied_over_ours_from_another_folder_is_theirs(fake_aws: FakeAws) -> None:
    """With what a deployment marked it with there, which `aws s3 cp` copies too."""
    fake_aws.deploy(ONE, "Create")
    marked = {HASH_METADATA: hashlib.sha256(b"elsewhere").hexdigest()}
    fake_aws.s3.put_object(Bucket=BUCKET, Key="dags/etl.py", Body=b"elsewhere", Metadata=marked)

    reason = _failed(fake_aws.deploy(TWO))

    assert "dags/etl.py" in reason
    assert fake_aws.dags()["etl.py"] == "elsewhere"


def test_what_was_mended_by_hand_is_not_written_over_and_the_rollback_works(
    fake_aws: FakeAws,
) -> None:
    fake_aws.deploy(ONE, "Create")
    fake_aws.put("etl.py", "mended")

    reason = _failed(fake_aws.deploy(TWO))
    _succeeded(fake_aws.deploy(ONE))

    assert "dags/etl.py" in reason
    assert fake_aws.dags() == {**ONE, "etl.py": "mended"}


def test_what_was_mended_by_hand_is_not_deleted_and_the_rollback_works(
    fake_aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_aws.deploy(ONE, "Create")
    fake_aws.put("helpers/dates.py", "mended")
    capsys.readouterr()

    _succeeded(fake_aws.deploy(TWO))
    after = fake_aws.dags()
    said = json.loads(capsys.readouterr().out)
    _succeeded(fake_aws.deploy(ONE))

    assert after == {**TWO, "helpers/dates.py": "mended"}
    assert said["left_because_changed"] == ["helpers/dates.py"]
    assert fake_aws.dags() == {**ONE, "helpers/dates.py": "mended"}


def test_what_somebody_deleted_comes_back(fake_aws: FakeAws) -> None:
    fake_aws.deploy(ONE, "Create")
    fake_aws.s3.delete_object(Bucket=BUCKET, Key="dags/etl.py")
    fake_aws.s3.delete_object(Bucket=BUCKET, Key="dags/helpers/dates.py")

    _succeeded(fake_aws.deploy({**TWO, "etl.py": "one"}))

    assert fake_aws.dags() == {**TWO, "etl.py": "one"}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_file_that_comes_while_it_is_deployed_is_not_lost(fake_aws: FakeAws, method: str) -> None:
    """Between the look at the folder and the change."""
    fake_aws.deploy(ONE, "Create")
    path = {"PUT": "new.py", "DELETE": "helpers/dates.py"}[method]

    def before(request: Request) -> None:
        if request.method == method and f"/{FOLDER}/{path}" in request.path:
            fake_aws.put(path, "just now")

    fake_aws.before = before
    reason = _failed(fake_aws.deploy(TWO))
    fake_aws.before = lambda _: None

    assert f"dags/{path}" in reason
    assert fake_aws.dags()[path] == "just now"


@pytest.mark.parametrize("point", range(1, 8))
def test_a_failure_half_way_is_told_and_rolled_back(fake_aws: FakeAws, point: int) -> None:
    """At any of the five changes and the writes of the manifest around them."""
    fake_aws.put("theirs.py")
    fake_aws.deploy(ONE, "Create")
    changes = 0

    def before(request: Request) -> Response | None:
        nonlocal changes
        changes += request.method in ("PUT", "DELETE")
        return DENIED if changes == point and request.method in ("PUT", "DELETE") else None

    fake_aws.before = before
    reason = _failed(fake_aws.deploy(TWO, run=NO_TIME_TO_WAIT))
    fake_aws.before = lambda _: None

    _succeeded(fake_aws.deploy(ONE))

    assert "AccessDenied" in reason
    assert fake_aws.dags() == {**ONE, "theirs.py": "somebody's"}


@pytest.mark.parametrize("point", range(1, 8))
def test_a_run_that_is_cut_off_is_taken_up_where_it_stopped(fake_aws: FakeAws, point: int) -> None:
    """From some change on nothing arrives any more, not even the word that it stopped."""
    fake_aws.put("theirs.py")
    fake_aws.deploy(ONE, "Create")
    changes = 0

    def before(request: Request) -> Response | None:
        nonlocal changes
        changes += request.method in ("PUT", "DELETE")
        return DENIED if changes >= point else None

    fake_aws.before = before
    _failed(fake_aws.deploy(TWO, run=NO_TIME_TO_WAIT))
    fake_aws.before = lambda _: None

    _succeeded(fake_aws.deploy(TWO))
    assert fake_aws.dags() == {**TWO, "theirs.py": "somebody's"}
    _succeeded(fake_aws.deploy(ONE))
    assert fake_aws.dags() == {**ONE, "theirs.py": "somebody's"}


def test_permissions_that_come_late_are_waited_for(fake_aws: FakeAws) -> None:
    """Whatever is asked for the first time is refused, first looks and last changes alike."""
    fake_aws.deploy(ONE, "Create")
    refused: set[tuple[str, str]] = set()

    def before(request: Request) -> Response | None:
        asked = (request.method, request.path)
        if asked in refused:
            return None
        refused.add(asked)
        return DENIED

    fake_aws.before = before
    answer = fake_aws.deploy(TWO)
    fake_aws.before = lambda _: None

    _succeeded(answer)
    assert {method for method, _ in refused} == {"GET", "HEAD", "PUT", "DELETE"}
    assert fake_aws.dags() == TWO
    _succeeded(fake_aws.deploy(ONE))


def test_the_folder_is_let_go_also_when_the_permission_comes_late(fake_aws: FakeAws) -> None:
    fake_aws.deploy(ONE, "Create")
    answers = iter([DENIED])

    fake_aws.before = lambda _: next(answers, None)
    _succeeded(fake_aws.deploy(ONE, "Delete"))
    fake_aws.before = lambda _: None

    _succeeded(fake_aws.deploy(TWO, "Create", Environment="renamed"))


def test_who_is_never_allowed_is_told_in_time_and_nothing_is_changed(fake_aws: FakeAws) -> None:
    fake_aws.deploy(ONE, "Create")
    tries = 0

    def before(_: Request) -> Response:
        nonlocal tries
        tries += 1
        return DENIED

    fake_aws.before = before
    reason = _failed(fake_aws.deploy(TWO, run=A_SECOND_TO_WAIT))
    fake_aws.before = lambda _: None

    assert "AccessDenied" in reason
    assert tries == 2
    assert fake_aws.dags() == ONE


def test_the_first_of_two_failures_is_told(
    fake_aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not that the manifest could not be written either, by which others may be kept waiting."""
    fake_aws.deploy(ONE, "Create")
    capsys.readouterr()

    def before(request: Request) -> Response | None:
        if request.method == "PUT" and "/new.py" in request.path:
            fake_aws.s3.put_object(Bucket=BUCKET, Key=MANIFEST, Body="{}")
            return DENIED
        return None

    fake_aws.before = before
    reason = _failed(fake_aws.deploy(TWO, run=NO_TIME_TO_WAIT))
    fake_aws.before = lambda _: None

    assert "AccessDenied" in reason
    assert "Another deployment" not in reason
    assert "Another deployment" in json.loads(capsys.readouterr().out)["still_held"]


def test_two_deployments_at_once_come_one_after_the_other(fake_aws: FakeAws) -> None:
    """As when an update is cancelled and its rollback begins before the function has ended."""
    fake_aws.deploy(ONE, "Create")

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(fake_aws.deploy, (TWO, {**ONE, "only.py": "one"})))

    for answer in answers:
        _succeeded(answer)
    assert fake_aws.dags() in (TWO, {**ONE, "only.py": "one"})
    _succeeded(fake_aws.deploy({}))
    assert fake_aws.dags() == {}


def test_two_first_deployments_at_once_are_not_mixed(fake_aws: FakeAws) -> None:
    with ThreadPoolExecutor(2) as pool:
        environments = ("ingest", "curation")
        first, second = pool.map(
            lambda name: fake_aws.deploy(
                ONE if name == "ingest" else TWO, "Create", Environment=name
            ),
            environments,
        )

    assert {first["Status"], second["Status"]} == {"SUCCESS", "FAILED"}
    assert fake_aws.dags() == (ONE if first["Status"] == "SUCCESS" else TWO)


def test_who_waits_too_long_for_another_says_so(fake_aws: FakeAws) -> None:
    fake_aws.deploy(ONE, "Create")
    held = json.loads(fake_aws.read(MANIFEST)) | {"run": "another", "until": time.time() + 800}
    fake_aws.s3.put_object(Bucket=BUCKET, Key=MANIFEST, Body=json.dumps(held))

    reason = _failed(fake_aws.deploy(TWO, run=NO_TIME_TO_WAIT))

    assert "Another deployment is changing the DAG folder" in reason
    assert fake_aws.dags() == ONE


def test_a_lock_for_longer_than_a_function_runs_is_damage(fake_aws: FakeAws) -> None:
    fake_aws.deploy(ONE, "Create")
    held = json.loads(fake_aws.read(MANIFEST)) | {"run": "another", "until": 4e9}
    fake_aws.s3.put_object(Bucket=BUCKET, Key=MANIFEST, Body=json.dumps(held))

    _succeeded(fake_aws.deploy(TWO))
    assert fake_aws.dags() == TWO


def test_a_folder_is_one_environments(fake_aws: FakeAws) -> None:
    fake_aws.deploy(ONE, "Create")

    reason = _failed(fake_aws.deploy(TWO, "Create", Environment="curation"))
    # CloudFormation removes what it failed to create.
    _succeeded(fake_aws.deploy(TWO, "Delete", Environment="curation"))
    again = _failed(fake_aws.deploy(TWO, "Create", Environment="curation"))

    assert "kept by the environment ingest" in reason
    assert reason == again
    assert "DagsS3Path" in reason
    assert fake_aws.dags() == ONE


def test_a_renamed_environment_takes_the_folder_over_once_the_former_is_gone(
    fake_aws: FakeAws,
) -> None:
    fake_aws.deploy(ONE, "Create")
    _succeeded(fake_aws.deploy(ONE, "Delete"))

    _succeeded(fake_aws.deploy(TWO, "Create", Environment="renamed"))

    assert fake_aws.dags() == TWO


def test_taking_the_resource_away_leaves_the_dags(fake_aws: FakeAws) -> None:
    fake_aws.deploy(ONE, "Create")

    answer = fake_aws.deploy(ONE, "Delete")

    _succeeded(answer)
    assert answer["PhysicalResourceId"] == f"{BUCKET}/{FOLDER}"
    assert fake_aws.dags() == ONE


def test_taking_the_resource_away_takes_generated_files_along(fake_aws: FakeAws) -> None:
    """Unless somebody made them their own."""
    files = {**ONE, "preflight.py": "ours", "preflight/checks.py": "ours"}
    fake_aws.deploy(files, "Create")
    fake_aws.put("preflight/checks.py")
    generated = ["preflight.py", "preflight/checks.py", "theirs.py"]
    fake_aws.put("theirs.py")

    _succeeded(fake_aws.deploy(files, "Delete", Generated=generated))

    assert fake_aws.dags() == {
        **ONE,
        "preflight/checks.py": "somebody's",
        "theirs.py": "somebody's",
    }
    _succeeded(fake_aws.deploy({}, "Create", Environment="another"))
    assert fake_aws.dags() == {"preflight/checks.py": "somebody's", "theirs.py": "somebody's"}


def test_a_stack_can_go_after_its_bucket(fake_aws: FakeAws) -> None:
    fake_aws.s3.delete_bucket(Bucket=BUCKET)

    _succeeded(fake_aws.deploy(ONE, "Delete"))


def test_a_stack_can_go_without_its_network(
    fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")

        _succeeded(fake_aws.deploy(ONE, "Delete"))

    said = json.loads(capsys.readouterr().out)
    assert said["not_released"].startswith("EndpointConnectionError")


def test_a_stack_of_before_there_were_generated_files_lets_its_folder_go(fake_aws: FakeAws) -> None:
    """CloudFormation also leaves empty lists out."""
    fake_aws.deploy(ONE, "Create", Generated=None)

    _succeeded(fake_aws.deploy(ONE, "Delete", Generated=None))

    assert fake_aws.dags() == ONE
    _succeeded(fake_aws.deploy(TWO, "Create", Environment="renamed"))


def test_another_folder_is_another_resource(fake_aws: FakeAws) -> None:
    """CloudFormation then deletes the former one, which leaves the DAGs."""
    one = fake_aws.deploy(ONE, "Create")
    folder = {"Folder": "airflow/dags", "Manifest": "mwaa-platform/airflow/dags.json"}
    other = fake_aws.deploy(ONE, run=NO_TIME_TO_WAIT, **folder)

    assert one["PhysicalResourceId"] != other["PhysicalResourceId"]


DAMAGES = (None, "", "{", "[]", "1", '{"unknown": 1}', '{"files": []}', '{"files": {"etl.py": 1}}')


def damage(fake_aws: FakeAws, content: str | None) -> None:
    """Have somebody delete the manifest or write another."""
    if content is None:
        fake_aws.s3.delete_object(Bucket=BUCKET, Key=MANIFEST)
    else:
        fake_aws.s3.put_object(Bucket=BUCKET, Key=MANIFEST, Body=content)


@pytest.mark.parametrize("content", DAMAGES)
def test_files_of_a_lost_manifest_are_known_by_their_mark(
    fake_aws: FakeAws, content: str | None
) -> None:
    fake_aws.put("theirs.py")
    fake_aws.deploy(ONE, "Create")
    damage(fake_aws, content)

    _succeeded(fake_aws.deploy(TWO))
    # What the manifest alone would have told is not deleted.
    left = {"theirs.py": "somebody's", ".airflowignore": "helpers", "helpers/dates.py": "one"}
    assert fake_aws.dags() == {**left, **TWO}
    _succeeded(fake_aws.deploy({"etl.py": "three"}))
    assert fake_aws.dags() == {**left, "etl.py": "three"}


@pytest.mark.parametrize("content", DAMAGES[:2])
def test_a_file_of_somebody_else_stops_the_update_and_not_its_rollback(
    fake_aws: FakeAws, content: str | None
) -> None:
    fake_aws.deploy(ONE, "Create")
    damage(fake_aws, content)
    fake_aws.put("etl.py", "mended")

    reason = _failed(fake_aws.deploy(TWO))
    after = fake_aws.dags()
    _succeeded(fake_aws.deploy(ONE))

    assert "dags/etl.py" in reason
    assert after == fake_aws.dags() == {**ONE, "etl.py": "mended"}
    fake_aws.s3.delete_object(Bucket=BUCKET, Key="dags/etl.py")
    _succeeded(fake_aws.deploy(TWO))
    assert fake_aws.dags() == TWO


def test_a_file_that_comes_in_the_middle_stops_the_update_and_not_its_rollback(
    fake_aws: FakeAws,
) -> None:
    fake_aws.deploy(ONE, "Create")

    def before(request: Request) -> None:
        if request.method == "PUT" and f"/{FOLDER}/etl.py" in request.path:
            fake_aws.put("etl.py", "just now")

    fake_aws.before = before
    reason = _failed(fake_aws.deploy(TWO))
    fake_aws.before = lambda _: None
    again = _failed(fake_aws.deploy(TWO))
    _succeeded(fake_aws.deploy(ONE))

    assert "dags/etl.py" in reason
    assert "dags/etl.py" in again
    assert fake_aws.dags() == {**ONE, "etl.py": "just now"}


def test_an_archive_that_is_not_there_is_told(fake_aws: FakeAws) -> None:
    fake_aws.deploy(ONE, "Create")

    gone = "mwaa-platform/dags-gone.zip"
    reason = _failed(fake_aws.deploy(TWO, Archive=gone, run=NO_TIME_TO_WAIT))

    assert "NoSuchKey" in reason or "AccessDenied" in reason
    assert fake_aws.dags() == ONE


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("put_object", {"Key": "mwaa-platform/plugins-0123.zip", "Body": b""}),
        ("put_object", {"Key": "mwaa-platform/dags-0123.zip", "Body": b""}),
        ("put_object", {"Key": "elsewhere.py", "Body": b""}),
        ("get_object", {"Key": "mwaa-platform/requirements-0123.txt"}),
        ("delete_object", {"Key": MANIFEST}),
        ("delete_object", {"Key": "elsewhere.py"}),
        ("delete_object", {"Key": "dags/etl.py", "VersionId": "null"}),
        ("list_objects_v2", {}),
        ("list_objects_v2", {"Prefix": "secret/"}),
    ],
)
def test_the_function_may_not_leave_its_folder(
    fake_aws: FakeAws, operation: str, arguments: dict[str, object]
) -> None:
    fake_aws.deploy(ONE, "Create")
    s3 = boto3.client("s3")

    with pytest.raises(ClientError, match="AccessDenied"):
        getattr(s3, operation)(Bucket=BUCKET, **arguments)
