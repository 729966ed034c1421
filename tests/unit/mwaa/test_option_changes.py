"""What a move between Airflow versions does to options that are set."""

from __future__ import annotations

from itertools import permutations

from config.airflow_options import FORCED_BY_MWAA
from mwaa.environment_updates import HARMLESS_OPTIONS
from mwaa.forced_options import FILE, MERGED, forced_options, forced_spans, written
from mwaa.option_changes import OptionChanges, option_changes
from mwaa.versions import AIRFLOW_VERSIONS

EVERY = {
    "core.dag_concurrency",
    "core.multi_team",
    "core.parallelism",
    "core.task_runner",
    "celery_broker_transport_options.visibility_timeout",
    "scheduler.standalone_dag_processor",
    "webserver.cookie_secure",
    "webserver.instance_name",
    "webserver.x_frame_enabled",
}


def test_what_mwaa_forces_differs_by_version() -> None:
    assert "webserver.cookie_secure" in forced_options("2.11.2")
    assert "webserver.cookie_secure" not in forced_options("3.0.6")
    assert "core.multi_team" in forced_options("3.2.1")
    assert "core.multi_team" not in forced_options("3.0.6")
    assert forced_options("3.99.0") == forced_options("3.3.1")


def test_the_file_is_as_its_command_writes_it() -> None:
    known = [each for each in AIRFLOW_VERSIONS.values() if each.openlineage_provider]
    by_version = {each.version: {*forced_options(each.version), *MERGED} for each in known}
    assert written(by_version) == FILE.read_text()
    assert not MERGED & forced_spans().keys()


def test_an_option_that_is_to_change_nothing_is_forced_everywhere() -> None:
    assert all(HARMLESS_OPTIONS.keys() <= forced_options(each) for each in AIRFLOW_VERSIONS)


def test_what_the_configuration_refuses_is_forced_by_some_version() -> None:
    ever = set().union(*map(forced_options, AIRFLOW_VERSIONS))
    assert FORCED_BY_MWAA - ever == {"core.sql_alchemy_conn"}  # its name before Airflow 2.3


def test_a_move_to_3_has_options_removed_renamed_forced_and_left() -> None:
    assert option_changes("2.11.2", "3.3.1", EVERY) == OptionChanges(
        forced=("core.multi_team",),
        released=("celery_broker_transport_options.visibility_timeout",),
        removed=("core.task_runner", "webserver.x_frame_enabled"),
        renamed=(
            ("core.dag_concurrency", "core.max_active_tasks_per_dag"),
            ("webserver.instance_name", "api.instance_name"),
        ),
    )


def test_a_move_within_a_major_removes_nothing() -> None:
    assert option_changes("3.0.6", "3.2.1", EVERY) == OptionChanges(
        forced=("core.multi_team",),
        released=("celery_broker_transport_options.visibility_timeout",),
    )
    assert not option_changes("2.9.2", "2.11.2", EVERY)


def test_a_way_back_releases_what_was_forced() -> None:
    assert option_changes("3.3.1", "2.11.2", EVERY).released == ("core.multi_team",)


def test_each_option_is_under_one_heading_in_every_move() -> None:
    for before, after in permutations(AIRFLOW_VERSIONS, 2):
        changes = option_changes(before, after, EVERY)
        old = [name for name, _ in changes.renamed]
        listed = [*changes.forced, *changes.released, *changes.removed, *old]
        assert len(listed) == len(set(listed)), (before, after)
        assert "core.parallelism" not in listed


def test_without_a_move_it_is_said_what_has_no_effect() -> None:
    changes = option_changes(None, "3.3.1", EVERY)
    assert changes.forced == ("core.multi_team", "scheduler.standalone_dag_processor")
    assert "core.task_runner" in changes.removed
    assert changes.released == ()
    assert option_changes(None, "2.11.2", {"core.task_runner"}) == OptionChanges()


def test_an_option_is_renamed_to_a_name_that_is_not_renamed_again() -> None:
    old = {"scheduler.statsd_on", "core.load_default_connections", "api.page_size"}
    changes = option_changes("2.11.2", "3.3.1", old)
    again = option_changes("2.11.2", "3.3.1", {new for _, new in changes.renamed})
    assert not again.renamed
