"""Files that are no configuration at all, and values that must never be repeated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.checks.rules import warnings
from config.loader import load_configuration, parse_configuration
from errors import InputError, path_text
from tests.unit.config.configurations import (
    ALB,
    DATAZONE,
    NAMED_VPC,
    QUICK_START,
    SMALLEST,
    SOURCE,
    draft,
    mistakes_in,
    parse,
    two,
    with_environment,
)

CANARY = "ghp_canary0Secret1Token2Value3"


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        load_configuration(path)
    assert caught.value.source == str(path)
    return caught.value


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        (b'{\n  "AppName": "data",,\n}', "line 2, column 21", "not JSON"),
        (b"", "line 1, column 1", "not JSON"),
        (b"[]", "the file", "one JSON object"),
        (b'"text"', "the file", "one JSON object"),
        (b'{"AppName": "\xff"}', "the file", "UTF-8"),
        (b'{"AppName": "\\ud800"}', "the file", "UTF-8"),
        (b'{"Alb": NaN}', "the file", "not JSON"),
        (b'{"Alb": ' + b"9" * 5000 + b"}", "the file", "out of bounds"),
        (b"[" * 100_000, "the file", "out of bounds"),
        (b'{"a":' * 100_000, "the file", "out of bounds"),
    ],
)
def test_a_file_that_is_no_json_object(tmp_path: Path, text: bytes, path: str, reason: str) -> None:
    file = tmp_path / "cdk.context.json"
    file.write_bytes(text)
    (mistake,) = refusal(file).findings
    assert mistake.name == path
    assert reason in mistake.message


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path: Path) -> None:
    (missing,) = refusal(tmp_path / "none.json").findings
    assert "no such file" in missing.message
    (folder,) = refusal(tmp_path).findings
    assert "cannot be read" in folder.message


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "cdk.context.json"
    file.write_text(json.dumps(SMALLEST), encoding="utf-8-sig")
    assert load_configuration(file).environments[0].name == "analytics"


def test_a_key_that_stands_twice_is_named_beside_the_other_mistakes(tmp_path: Path) -> None:
    text = json.dumps({**SMALLEST, "Grantz": []})
    file = tmp_path / "cdk.context.json"
    file.write_text(text.replace('"VpcCIDR"', '"VpcCIDR": "10.9.0.0/16", "VpcCIDR"'))
    paths = {mistake.path for mistake in refusal(file).findings}
    assert paths == {"MwaaEnvironments[0].VpcCIDR", "Grantz"}


def test_a_relative_path_starts_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "team.txt").touch()
    file = tmp_path / "cdk.context.json"
    file.write_text(json.dumps(with_environment(Requirements="team.txt")))
    (environment,) = load_configuration(file).new_environments
    assert environment.requirements == tmp_path / "team.txt"


@pytest.mark.parametrize(
    "key",
    [
        "$schema",
        "@aws-cdk/core:newStyleStackSynthesis",
        "@aws-cdk/aws-elasticloadbalancingV2:albDualstackWithoutPublicIpv4SecurityGroupRulesDefault",
        "@aws-cdk-containers/ecs-service-extensions:enableDefaultLogDriver",
        "aws-cdk:enableDiffNoFail",
        "aws:cdk:enable-path-metadata",
        "aws:cdk:availability-zones:fallback",
        "acknowledged-issue-numbers",
        "cli-telemetry",
        "availability-zones:account=111122223333:region=us-east-1",
        "ssm:account=111122223333:additionalCacheKey=x:parameterName=/a/b:region=us-east-1",
        "cc-api-provider:account=111122223333:exactIdentifier=x:region=us-east-1",
        "vpc-provider:account=111122223333:filter.vpc-id=vpc-1:region=us-east-1",
    ],
)
def test_what_tools_keep_in_the_file_is_left_alone(key: str) -> None:
    assert parse(draft(**{key: ["anything"]})) == parse(draft())


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("UiGate:", "Did you mean UiGate?"),
        ("Grants:", "Did you mean Grants?"),
        ("QuickStart: ", "Did you mean QuickStart?"),
        (":Authenticator", "Did you mean Authenticator?"),
        ("Alb:account=111122223333", ""),
        ("team:owner", ""),
        ("hosted-zone:", ""),
        ("@aws-cdk", ""),
        ("@aws-cdk/core", ""),
        ("@aws-cdkUiGate", "Did you mean UiGate?"),
        ("aws:cdk:", ""),
        ("aws-cdk:", ""),
    ],
)
def test_a_colon_makes_no_key_the_cdks(key: str, hint: str) -> None:
    raw = draft(**{key: {}})
    ((path, mistake),) = mistakes_in(raw).items()
    assert key.strip() in path
    assert mistake.message == "There is no such key here."
    assert (mistake.remedy or "") == hint


@pytest.mark.parametrize(
    "raw",
    [
        draft(Password=CANARY),
        draft(Oidc={**SMALLEST["Oidc"], "ClientSecret": CANARY}),
        draft(Oidc={**SMALLEST["Oidc"], "ClientSecretArn": CANARY}),
        draft(Oidc={**SMALLEST["Oidc"], "Issuer": f"https://u:{CANARY}@idp.example.com"}),
        draft(Lineage={"Provider": CANARY, "Url": f"https://example.com/{CANARY}"}),
        draft(Lineage={"Provider": "Atlan", "Url": "https://a.example.com", "Token": CANARY}),
        draft(Lineage=CANARY),
        with_environment(EnvironmentClass=CANARY),
        with_environment(SourceBucketArn=CANARY.lower()),
        with_environment(ConfigurationOptions={"smtp.smtp_password": f"{CANARY}\n"}),
        with_environment(ConfigurationOptions=[CANARY]),
        draft(Alb={"CertificateArn": CANARY, "DomainName": CANARY, "HostedZoneId": CANARY}),
        draft(Alb=dict.fromkeys(NAMED_VPC, CANARY)),
        draft(Alb={"AllowedCidrs": [CANARY], "WebAclArn": CANARY, "SubnetIds": [CANARY, CANARY]}),
        draft(QuickStart=dict.fromkeys(QUICK_START, CANARY)),
        draft(QuickStart={**QUICK_START, "MwaaEndpointIps": [CANARY, CANARY]}),
        with_environment(UiHost=f"https://{CANARY}"),
        draft(Grants=[{"User": CANARY, "Environments": [CANARY], "Roles": [CANARY]}]),
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(raw: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        parse_configuration(raw, source=SOURCE)
    assert CANARY.casefold() not in str(caught.value).casefold()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
PLACES = [
    (section, key)
    for section, keys in {
        "Oidc": SMALLEST["Oidc"],
        "Alb": [
            *("CertificateArn", "AllowedCidrs", "LogBucketArn", "InternetFacing"),
            *("DomainName", "HostedZoneId", *NAMED_VPC),
        ],
        "CustomerVpc": ["VpcCIDR", "MaxAZs", "NatGateways", "PrivateSubnetMask"],
        "QuickStart": QUICK_START,
        "Lineage": ["Provider", "Url", "TokenCacheSeconds", "Connection"],
    }.items()
    for key in keys
]


@given(st.dictionaries(st.sampled_from([*SMALLEST, "Grants", "Lineage", "QuickStart"]), JSON))
def test_no_shape_of_a_section_breaks_the_reader(sections: dict[str, Any]) -> None:
    _accepted_or_refused(draft(**sections))


@given(st.sampled_from(PLACES), JSON)
def test_no_value_in_a_section_breaks_the_reader(place: tuple[str, str], value: Any) -> None:
    raw = draft()
    section, key = place
    raw.setdefault(section, {})[key] = value
    _accepted_or_refused(raw)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "Name",
                "VpcCIDR",
                "AirflowVersion",
                "MaxWorkers",
                "Lineage",
                "Tags",
                "Requirements",
                "UiHost",
            ]
        )
        | st.text(max_size=5),
        JSON,
        max_size=4,
    ),
    st.dictionaries(st.sampled_from(["User", "Group", "Environments", "Roles", "Expires"]), JSON),
)
def test_no_value_in_an_entry_breaks_the_reader(
    environment: dict[str, Any], grant: dict[str, Any]
) -> None:
    _accepted_or_refused({**with_environment(**environment), "Grants": [grant]})


def _accepted_or_refused(raw: dict[str, Any]) -> None:
    try:
        parse(raw)
    except InputError as error:
        mistakes = error.findings
    else:
        return
    assert mistakes
    assert all(mistake.path and mistake.message for mistake in mistakes)


FILE = """{
  "Oidc": {},
  "Alb": {
    "InternetFacing": "yes"
  },
  "MwaaEnvironments": [
    { "Name": "one", "VpcCIDR": "10.1.0.0/16" },
    { "Name": "two", "VpcCIDR": "10.1.0.0/16", "Tags": {"a": "b", "aws:x": "y"} }
  ]
}
"""


def test_a_mistake_has_the_line_and_column_of_its_key(tmp_path: Path) -> None:
    file = tmp_path / "cdk.context.json"
    file.write_text("\ufeff" + FILE)
    positions = {mistake.path: mistake.position for mistake in refusal(file).findings}
    assert positions["Alb.InternetFacing"] == (4, 5)
    assert positions["MwaaEnvironments[1].VpcCIDR"] == (8, 22)
    assert positions['MwaaEnvironments[1].Tags["aws:x"]'] == (8, 67)
    assert positions["Oidc.Issuer"] == (2, 3), "a missing key is in the object that lacks it"
    assert positions["Alb.CertificateArn"] == (3, 3)


LISTS = """{
  "Alb": {
    "CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/1111-2222",
    "AllowedCidrs": ["10.0.0.0/8", "10.1.2.3/8"]
  },
  "MwaaEnvironments": [
    { "Name": "one", "VpcCIDR": "10.1.0.0/16" }
  ],
  "Grants": [
    { "Group": "data", "Environments": "one", "Roles": ["Op"] },
    { "Group": "data", "Environments": ["one",
        "two"], "Roles": ["Op", "Boss"] }
  ]
}
"""


def test_a_mistake_in_a_list_has_the_line_and_column_of_the_entry(tmp_path: Path) -> None:
    file = tmp_path / "cdk.context.json"
    file.write_text(LISTS)
    positions = {mistake.path: mistake.position for mistake in refusal(file).findings}
    assert positions["Alb.AllowedCidrs[1]"] == (4, 36)
    assert positions["Grants[1]"] == (11, 5), "the whole entry repeats another"
    assert positions["Grants[1].Environments[1]"] == (12, 9)
    assert positions["Grants[1].Roles[1]"] == (12, 33)


LINEAGE_FILE = """{
  "Lineage": {
    "Provider": "Marquez",
    "Url": "marquez:5000",
    "TokenCacheSeconds": 1
  },
  "MwaaEnvironments": [
    { "Name": "one", "VpcCIDR": "10.1.0.0/16" },
    { "Name": "two", "VpcCIDR": "10.2.0.0/16",
      "Lineage": { "Authentication": "Basic" } },
    { "Name": "three", "VpcCIDR": "10.3.0.0/16",
      "Lineage": { "Catalogues": [
        { "Provider": "Atlan", "Url": "https://example.atlan.com" },
        { "Provider": "Atlan" }
      ] } },
    { "Name": "four", "VpcCIDR": "10.4.0.0/16", "AirflowVersion": "2.10.3",
      "Lineage": { "Provider": "DataZone", "DomainId": "dzd-0123456789abc",
                   "TokenCacheSeconds": 60 } }
  ]
}
"""


def test_a_mistake_in_lineage_has_the_position_of_the_key_that_is_inherited_or_its_own(
    tmp_path: Path,
) -> None:
    file = tmp_path / "cdk.context.json"
    file.write_text(LINEAGE_FILE)
    positions = {mistake.path: mistake.position for mistake in refusal(file).findings}
    assert positions["Lineage.Url"] == (4, 5)
    assert positions["Lineage.TokenCacheSeconds"] == (5, 5)
    assert positions["MwaaEnvironments[1].Lineage.Authentication"] == (10, 20)
    assert positions["MwaaEnvironments[2].Lineage.Catalogues[1].Url"] == (14, 9)
    assert positions["MwaaEnvironments[3].Lineage.Provider"] == (17, 20)


def test_a_mistake_in_an_inherited_list_has_the_position_of_the_files_entry(
    tmp_path: Path,
) -> None:
    file = tmp_path / "cdk.context.json"
    file.write_text(
        '{"Lineage": {"Catalogues": [\n'
        '  {"Provider": "DataZone", "DomainId": "dzd-0123456789abc"},\n'
        '  {"Provider": "Atlan", "Url": "example"}]},\n'
        ' "MwaaEnvironments": [\n'
        '  {"Name": "one", "VpcCIDR": "10.1.0.0/16", "Lineage": {"Connection": "gold"}}]}\n'
    )
    positions = {mistake.path: mistake.position for mistake in refusal(file).findings}
    assert positions["Lineage.Catalogues[1].Url"] == (3, 25)


def test_an_environment_that_cannot_send_to_an_inherited_catalogue_is_named_itself(
    tmp_path: Path,
) -> None:
    file = tmp_path / "cdk.context.json"
    raw = with_environment(AirflowVersion="2.10.3", Lineage={"Connection": "gold"})
    file.write_text(json.dumps(raw | {"Lineage": {"Catalogues": [DATAZONE]}}))
    (mistake,) = refusal(file).findings
    assert mistake.path == "MwaaEnvironments[0].Lineage"
    assert mistake.position == (1, file.read_text().rindex('"Lineage": {"Connection"') + 1)


def test_a_warning_has_the_place_that_it_is_about() -> None:
    raw = two(
        {"AirflowVersion": "99.0.0", "UiHost": "one.example.com"},
        {"MaxWorkers": 26},
        Alb={**ALB, **NAMED_VPC, "DomainName": "airflow.example.com"},
        CustomerVpc={},
        QuickStart=QUICK_START,
        Grants=[{"Group": "data", "Environments": "*", "Roles": "Op", "Expires": "2020-01-31"}],
    )
    raw["MwaaEnvironments"].append({"Name": "legacy", "UiHost": "legacy.example.com"})
    places = {path_text(warning.place) for warning in warnings(parse(raw))}
    assert places == {
        "QuickStart",
        "QuickStart.ClientId",
        "CustomerVpc",
        "Alb.AllowedCidrs",
        "Alb.UiHostedZoneId",
        "Grants[0].Expires",
        "MwaaEnvironments",
        *(f"MwaaEnvironments[{index}]" for index in range(3)),
    }
