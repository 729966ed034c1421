"""Each mistake that a person can make, and the words that they get for it."""

from __future__ import annotations

from typing import Any

import pytest

from errors import path_text
from tests.unit.config.configurations import (
    LINEAGE,
    draft,
    mistakes_in,
    parse,
    warnings_about,
    with_environment,
)

BUCKET = "arn:aws:s3:::example-dags"
KEY = "arn:aws:kms:us-east-1:111122223333:{}"

CASES: list[tuple[dict[str, Any], str, str, str]] = [
    # A key that is not there.
    ({"EnviromentClass": "mw1.large"}, "EnviromentClass", "no such key", "EnvironmentClass?"),
    ({"VpcCidr": "10.1.0.0/16"}, "VpcCidr", "no such key", "VpcCIDR?"),
    ({"CertificateArn": "x"}, "CertificateArn", "no such key", "belongs in Alb"),
    # A value of another type.
    ({"MaxWorkers": "16"}, "MaxWorkers", "a whole number, not a text", "without quotes"),
    ({"MaxWorkers": True}, "MaxWorkers", "a whole number, not true", ""),
    ({"MaxWorkers": 2.5}, "MaxWorkers", "a whole number, not a number", ""),
    ({"Name": 7}, "Name", "a text, not a number", "in quotes"),
    ({"AirflowVersion": 3.3}, "AirflowVersion", "a text, not a number", "in quotes"),
    ({"Tags": ["team"]}, "Tags", "an object { … }, not a list", ""),
    ({"Lineage": True}, "Lineage", "an object { … }, not true", ""),
    # MWAA's limits.
    ({"Name": "1st"}, "Name", "a letter, then", ""),
    ({"Name": "a" * 81}, "Name", "80 characters", ""),
    ({"Name": "naïve"}, "Name", "a letter, then", ""),
    (
        {"EnvironmentClass": "mw1.mirco"},
        "EnvironmentClass",
        "mw1.mirco is none of: mw1.micro",
        "mw1.micro?",
    ),
    ({"EnvironmentClass": "mw1.Large"}, "EnvironmentClass", "mw1.Large is none", "mw1.large?"),
    ({"MinWorkers": 0}, "MinWorkers", "1 at least, not 0", ""),
    ({"MaxWorkers": 51}, "MaxWorkers", "50 at most, not 51", ""),
    ({"MinWorkers": 5, "MaxWorkers": 4}, "MaxWorkers", "4 is below MinWorkers, 5", ""),
    ({"MinWebservers": 4, "MaxWebservers": 3}, "MaxWebservers", "below MinWebservers, 4", ""),
    ({"Schedulers": 6}, "Schedulers", "5 at most, not 6", ""),
    ({"Schedulers": 1}, "Schedulers", "mw1.small has 2 to 5", ""),
    ({"EnvironmentClass": "mw1.micro", "Schedulers": 2}, "Schedulers", "exactly 1", "larger"),
    ({"EnvironmentClass": "mw1.micro", "MaxWorkers": 5}, "MaxWorkers", "exactly 1", "larger"),
    ({"TaskLogsLevel": "info"}, "TaskLogsLevel", "info is none", "INFO?"),
    ({"WebServerAccessMode": "PRIVATE"}, "WebServerAccessMode", "PRIVATE is none", "PRIVATE_ONLY?"),
    ({"WeeklyMaintenanceWindowStart": "SUN:03:15"}, "WeeklyMaintenanceWindowStart", "half", ""),
    ({"DagsS3Path": "/dags"}, "DagsS3Path", "without a slash", ""),
    ({"Tags": {"aws:x": "y"}}, 'Tags["aws:x"]', "never begins with aws:", ""),
    # Versions.
    ({"AirflowVersion": "2.10.2"}, "AirflowVersion", "no Airflow 2.10.2", "nearest is 2.10."),
    ({"AirflowVersion": "2.10"}, "AirflowVersion", "three numbers", ""),
    ({"AirflowVersion": "2.6.3"}, "AirflowVersion", "ended Airflow 2.6.3", "3.3.1"),
    (
        {"AirflowVersion": "3.0.6", "WebServerAccessMode": "PUBLIC_AND_PRIVATE"},
        "WebServerAccessMode",
        "needs Airflow 3.2.1",
        "",
    ),
    (
        {"AirflowVersion": "3.3.1", "WebServerAccessMode": "PUBLIC_ONLY", "NatGateways": 0},
        "WebServerAccessMode",
        "NatGateways 0",
        "NatGateways 1",
    ),
    # Ranges and subnets.
    ({"VpcCIDR": "10.1.0.1/16"}, "VpcCIDR", "its first address", "10.1.0.0/16"),
    ({"VpcCIDR": "10.0.0.0/8"}, "VpcCIDR", "between /16 and /28", ""),
    ({"VpcCIDR": "ten"}, "VpcCIDR", "an IPv4 range", ""),
    ({"VpcCIDR": "10.1.0.0/20"}, "PrivateSubnetMask", "do not fit 10.1.0.0/20", "PrivateSubnet"),
    ({"MaxAZs": 4}, "PrivateSubnetMask", "do not fit", "MaxAZs"),
    ({"MaxAZs": 1}, "MaxAZs", "2 at least, not 1", ""),
    ({"NatGateways": 3}, "NatGateways", "more than one for each", ""),
    # ARNs and files.
    ({"SourceBucketArn": "example-dags"}, "SourceBucketArn", "S3 bucket", "arn:aws:s3:::"),
    ({"KmsKeyArn": KEY.format("alias/mwaa")}, "KmsKeyArn", "a KMS key", "alias"),
    ({"KmsKeyArn": KEY.format("key/mrk-1111")}, "KmsKeyArn", "a KMS key", "multi-Region"),
    ({"RequirementsS3Path": "r.txt"}, "RequirementsS3Path", "is empty", "SourceBucketArn"),
    (
        {"SourceBucketArn": BUCKET, "RequirementsS3ObjectVersion": "1"},
        "RequirementsS3ObjectVersion",
        "which file",
        "RequirementsS3Path",
    ),
    ({"Requirements": "nowhere.txt"}, "Requirements", "no such file", "folder"),
    (
        {
            "SourceBucketArn": BUCKET,
            "RequirementsS3Path": "r.txt",
            "Requirements": "team-requirements.txt",
        },
        "Requirements",
        "two files",
        "Keep one",
    ),
]


@pytest.mark.parametrize(("keys", "path", "reason", "hint"), CASES)
def test_a_mistake_in_an_environment(
    keys: dict[str, Any], path: str, reason: str, hint: str
) -> None:
    mistakes = mistakes_in(with_environment(**keys))
    assert list(mistakes) == [f"MwaaEnvironments[0].{path}"]
    (mistake,) = mistakes.values()
    assert reason in mistake.message
    assert hint in (mistake.remedy or "")


@pytest.mark.parametrize(
    ("section", "key", "value", "reason"),
    [
        ("Oidc", "Issuer", "http://idp.example.com", "begins with https://"),
        ("Oidc", "Issuer", "https://", "names a host"),
        ("Oidc", "Issuer", "https://idp.example.com:99999", "names a host"),
        ("Oidc", "TokenEndpoint", "https://me:word@idp.example.com", "user name or password"),
        ("Oidc", "Scope", "email", "include openid"),
        ("Oidc", "ClientSecretArn", "s3cr3t", "never the secret itself"),
        ("Alb", "CertificateArn", "arn:aws:s3:::certificate", "a certificate"),
        ("Alb", "SessionTimeoutHours", 169, "168 at most, not 169"),
        ("Alb", "AllowedCidrs", [], "must not be empty"),
        ("Alb", "InternetFacing", "false", "true or false, not a text"),
        ("Alb", "LogBucketPrefix", "/alb", "without a slash"),
    ],
)
def test_a_mistake_in_a_section(section: str, key: str, value: Any, reason: str) -> None:
    raw = draft()
    raw[section][key] = value
    mistakes = mistakes_in(raw)
    assert list(mistakes) == [f"{section}.{key}"]
    assert reason in mistakes[f"{section}.{key}"].message


def test_every_mistake_is_named_at_once() -> None:
    raw = draft(
        AppNam="platform",
        MwaaEnvironments=[
            {"Name": "one", "VpcCIDR": "192.168.64.0/18", "EnvironmentClas": "mw1.small"},
            {"Name": "two", "VpcCIDR": "10.1.0.0/16", "Schedulers": "two"},
        ],
        Grants=[{"User": "nobody", "Environments": ["too"], "Roles": ["admin"]}],
    )
    del raw["Oidc"]["ClientId"]
    paths = list(mistakes_in(raw))
    assert set(paths) == {
        "AppNam",
        "Oidc.ClientId",
        "MwaaEnvironments[0].EnvironmentClas",
        "MwaaEnvironments[0].VpcCIDR",
        "MwaaEnvironments[0].PrivateSubnetMask",
        "MwaaEnvironments[1].Schedulers",
        "Grants[0].User",
        "Grants[0].Environments[0]",
        "Grants[0].Roles[0]",
    }
    places = [path.rpartition(".")[0] for path in paths]
    in_the_files_order = ["Oidc", "MwaaEnvironments[0]", "MwaaEnvironments[1]", "", "Grants[0]"]
    assert list(dict.fromkeys(places)) == in_the_files_order


def test_a_mistake_brings_none_that_only_follow_from_it() -> None:
    keys = {"EnvironmentClass": "mw1.mirco", "Schedulers": 1, "VpcCIDR": "wide"}
    paths = set(mistakes_in(with_environment(**keys)))
    assert paths == {"MwaaEnvironments[0].EnvironmentClass", "MwaaEnvironments[0].VpcCIDR"}


def test_what_is_missing_is_explained() -> None:
    mistakes = mistakes_in({"MwaaEnvironments": [{"Name": "a", "Schedulers": 2}]})
    assert set(mistakes) == {"Oidc", "Alb", "MwaaEnvironments[0].VpcCIDR"}
    assert mistakes["Oidc"].message == "Missing: the client at the company's identity provider."
    assert "An environment that exists" in (mistakes["MwaaEnvironments[0].VpcCIDR"].remedy or "")


def test_a_placeholder_says_which_value_is_missing() -> None:
    raw = with_environment(
        KmsKeyArn="...", MaxWorkers="...", ConfigurationOptions={"core.parallelism": "..."}
    )
    raw["Oidc"]["Issuer"] = "..."
    raw["Alb"]["LogBucketArn"] = "..."
    mistakes = mistakes_in(raw)
    assert set(mistakes) == {
        "Oidc.Issuer",
        "Alb.LogBucketArn",
        "MwaaEnvironments[0].KmsKeyArn",
        "MwaaEnvironments[0].MaxWorkers",
        'MwaaEnvironments[0].ConfigurationOptions["core.parallelism"]',
    }
    assert all(mistake.message.startswith("Not filled in yet") for mistake in mistakes.values())
    issuer, bucket = mistakes["Oidc.Issuer"], mistakes["Alb.LogBucketArn"]
    assert issuer.message.endswith(
        "yet: the provider's issuer, exactly as its discovery document gives it."
    )
    assert issuer.remedy is None
    assert bucket.message.endswith("yet: ARN of an existing bucket for access logs.")
    assert "take the key out" in (bucket.remedy or "")


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("core.executor", "LocalExecutor", "MWAA sets this option itself"),
        ("metrics.statsd_host", "here", "MWAA sets this option itself"),
        ("mwaa_platform.anything", "1", "belong to this platform"),
        ("AIRFLOW__CORE__PARALLELISM", "32", "section.option"),
        ("core.Parallelism", "32", "section.option"),
        ("core." + "x" * 60, "32", "64 characters"),
        ("core.parallelism", 32, "a text, not a number"),
        ("core.parallelism", "", "not empty"),
        ("core.parallelism", "3\n2", "printable ASCII"),
        ("core.parallelism", "drei\u00dfig", "printable ASCII"),
    ],
)
def test_an_option_that_mwaa_would_refuse_or_ignore(key: str, value: Any, reason: str) -> None:
    mistakes = mistakes_in(with_environment(ConfigurationOptions={key: value}))
    assert list(mistakes) == [path_text(("MwaaEnvironments", 0, "ConfigurationOptions", key))]
    (mistake,) = mistakes.values()
    assert reason in mistake.message


def test_a_host_name_option_is_for_private_web_servers_of_airflow_2() -> None:
    options = {"webserver.base_url": "airflow.example.com"}
    assert not mistakes_in(with_environment(AirflowVersion="2.10.3", ConfigurationOptions=options))
    for keys in ({"AirflowVersion": "3.3.1"}, {"WebServerAccessMode": "PUBLIC_ONLY"}):
        raw = with_environment(**{"AirflowVersion": "2.10.3"} | keys, ConfigurationOptions=options)
        assert list(mistakes_in(raw)) == ["MwaaEnvironments[0].ConfigurationOptions"]


def test_private_ranges_must_not_overlap_and_public_ones_may() -> None:
    def entry(name: str, cidr: str, mode: str) -> dict[str, Any]:
        return {"Name": name, "VpcCIDR": cidr, "WebServerAccessMode": mode}

    raw = draft(
        CustomerVpc={"VpcCIDR": "10.0.0.0/16"},
        MwaaEnvironments=[
            entry("public", "10.0.0.0/16", "PUBLIC_ONLY"),
            entry("one", "10.1.0.0/16", "PRIVATE_ONLY"),
            entry("two", "10.1.0.0/16", "PRIVATE_ONLY"),
            entry("both", "10.0.0.0/16", "PUBLIC_AND_PRIVATE"),
        ],
    )
    mistakes = mistakes_in(raw)
    assert set(mistakes) == {"MwaaEnvironments[2].VpcCIDR", "MwaaEnvironments[3].VpcCIDR"}
    assert "MwaaEnvironments[1].VpcCIDR" in mistakes["MwaaEnvironments[2].VpcCIDR"].message
    assert "CustomerVpc.VpcCIDR" in mistakes["MwaaEnvironments[3].VpcCIDR"].message


def test_names_and_stack_names_are_taken_once() -> None:
    names = ("etl_daily", "etl-daily", "ETL-daily", "etl_daily")
    entries = [{"Name": name, "VpcCIDR": f"10.{index}.0.0/16"} for index, name in enumerate(names)]
    mistakes = mistakes_in(draft(MwaaEnvironments=entries))
    assert set(mistakes) == {f"MwaaEnvironments[{index}].Name" for index in (2, 3)}
    assert "has this name already" in mistakes["MwaaEnvironments[3].Name"].message
    assert "Its stack" in mistakes["MwaaEnvironments[2].Name"].message


def test_existing_environments_may_differ_in_case_alone() -> None:
    assert not mistakes_in(draft(MwaaEnvironments=[{"Name": "Env1"}, {"Name": "env1"}]))


def test_a_misspelt_fact_about_an_existing_environment_does_not_make_it_new() -> None:
    mistakes = mistakes_in(draft(MwaaEnvironments=[{"Name": "finance", "Descripton": "Books"}]))
    assert list(mistakes) == ["MwaaEnvironments[0].Descripton"]
    assert mistakes["MwaaEnvironments[0].Descripton"].remedy == "Did you mean Description?"


@pytest.mark.parametrize("entries", [[], None, {}, "analytics"])
def test_there_is_at_least_one_environment(entries: Any) -> None:
    assert list(mistakes_in(draft(MwaaEnvironments=entries))) == ["MwaaEnvironments"]


@pytest.mark.parametrize("name", ["9data", "a" * 21, "data platform", "data_platform", ""])
def test_the_applications_name_fits_into_every_name_made_of_it(name: str) -> None:
    assert list(mistakes_in(draft(AppName=name))) == ["AppName"]


def test_a_newer_version_than_the_table_is_a_warning() -> None:
    configuration = parse(with_environment(AirflowVersion="3.99.0"))
    assert configuration.new_environments[0].airflow_version == "3.99.0"
    (warning,) = warnings_about(configuration)
    assert "3.99.0" in warning


def test_what_may_not_be_meant_is_a_warning() -> None:
    raw = with_environment(MaxWorkers=40, NatGateways=0, Lineage=LINEAGE)
    raw["CustomerVpc"] = {"NatGateways": 0}
    raw["Grants"] = [
        {
            "User": "viewer@example.com",
            "Environments": "*",
            "Roles": "Viewer",
            "Expires": "2020-01-01",
        }
    ]
    warnings = "\n".join(warnings_about(parse(raw)))
    assert len(warnings_about(parse(raw))) == 5
    words = ("quota of 25", "PyPI", "example.atlan.com", "CustomerVpc.NatGateways", "Grants[0].Exp")
    for word in words:
        assert word in warnings
