"""Lineage in an environment's stack: files, options, secrets and permissions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mwaa.environment_updates import HARMLESS_OPTIONS
from tests.templates.synthesis import Json, Synthesis, as_list, rendered, statements, synthesise
from tests.templates.variants import ENVIRONMENT, one_environment

SECRET = "AWS::SecretsManager::Secret"
GIVEN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:marquez-AbCdEf"

ATLAN = {"Provider": "Atlan", "Url": "https://example.atlan.com"}
MARQUEZ = {"Provider": "Marquez", "Url": "https://marquez.example.com", "Authentication": "Token"}
DATAHUB = {"Provider": "DataHub", "Url": "https://datahub.example.com"}
HERE = {"Provider": "DataZone", "DomainId": "dzd-abc123"}
DATAZONE = {**HERE, "Region": "eu-west-1"}
OPENMETADATA = {
    "Provider": "OpenMetadata",
    "Url": "https://om.example.com:8585",
    "Version": "1.12.4",
}


def _sending_to(*catalogues: Json, **entry: Any) -> Synthesis:
    return synthesise(one_environment(Lineage={"Catalogues": list(catalogues)}, **entry))


def _options(synthesis: Synthesis) -> dict[str, str]:
    options = synthesis.properties(ENVIRONMENT, "AWS::MWAA::Environment")
    return dict(rendered(options.get("AirflowConfigurationOptions", {})))


def _secret_options(synthesis: Synthesis) -> dict[str, str]:
    begin = "mwaa_platform.lineage_secret_"
    return {name: arn for name, arn in _options(synthesis).items() if name.startswith(begin)}


def _outputs(synthesis: Synthesis) -> dict[str, Any]:
    return {
        name: rendered(output["Value"])
        for name, output in synthesis.templates[ENVIRONMENT]["Outputs"].items()
        if name.startswith("Lineage")
    }


def _allowed(synthesis: Synthesis) -> dict[str, list[str]]:
    roles = synthesis.resources(ENVIRONMENT, "AWS::IAM::Role")
    (role,) = (role for name, role in roles.items() if name.startswith("ExecutionRole"))
    return {
        action: [rendered(arn) for arn in as_list(statement["Resource"])]
        for statement in statements(role)
        for action in as_list(statement["Action"])
    }


def _secrets(synthesis: Synthesis) -> dict[str, str]:
    """What each secret that the stack makes is for, by logical id."""
    return {
        name: resource["Properties"]["Description"]
        for name, resource in synthesis.resources(ENVIRONMENT, SECRET).items()
    }


def test_each_catalogue_has_a_secret_of_its_own_that_the_environment_reads() -> None:
    synthesis = _sending_to(ATLAN, MARQUEZ, DATAHUB)

    options, outputs = _secret_options(synthesis), _outputs(synthesis)
    arns = {name: arn for name, arn in outputs.items() if name.startswith("LineageTokenSecretArn")}
    secrets = {f"<{name}>" for name in _secrets(synthesis)}
    assert set(options) == {
        f"mwaa_platform.lineage_secret_{name}" for name in ("atlan", "datahub", "marquez")
    }
    assert set(arns) == {f"LineageTokenSecretArn{name}" for name in ("Atlan", "Datahub", "Marquez")}
    assert len(secrets) == 3
    assert set(options.values()) == set(arns.values()) == secrets
    assert set(_allowed(synthesis)["secretsmanager:GetSecretValue"]) == secrets
    assert outputs["LineageAddressDatahub"].startswith("https://datahub.example.com/")


def test_a_single_secret_keeps_its_output() -> None:
    assert _outputs(_sending_to(ATLAN, DATAZONE, AirflowVersion="2.11.2")) == {
        "LineageTokenSecretArn": "<LineageTokenAtlan8b99d193>",
        "LineageAddress": "https://example.atlan.com/events/openlineage/airflow-mwaa/"
        "api/v1/lineage",
    }


def test_a_secret_that_is_named_is_read_and_none_is_made() -> None:
    synthesis = _sending_to({**MARQUEZ, "TokenSecretArn": GIVEN})

    assert not _secrets(synthesis)
    assert _secret_options(synthesis) == {"mwaa_platform.lineage_secret_marquez": GIVEN}
    assert _outputs(synthesis)["LineageTokenSecretArn"] == GIVEN
    assert _allowed(synthesis)["secretsmanager:GetSecretValue"] == [GIVEN]


def test_without_a_token_there_is_no_secret() -> None:
    synthesis = _sending_to({**MARQUEZ, "Authentication": "None"})

    assert not _secrets(synthesis)
    assert not _secret_options(synthesis)
    assert not _outputs(synthesis)
    assert "secretsmanager:GetSecretValue" not in _allowed(synthesis)


def _secret_of(provider: str, *catalogues: Json) -> str:
    (found,) = (
        name
        for name, purpose in _secrets(_sending_to(*catalogues)).items()
        if f" {provider} " in purpose
    )
    return found


@pytest.mark.parametrize("provider", ["Atlan", "Marquez", "DataHub"])
def test_no_token_changes_hands_when_entries_move(provider: str) -> None:
    one = _secret_of(provider, ATLAN, MARQUEZ, DATAHUB)
    other = _secret_of(provider, DATAHUB, MARQUEZ, ATLAN)

    assert one == other


def test_no_token_is_sent_to_another_address() -> None:
    moved = {**MARQUEZ, "Url": "https://other.example.com"}

    assert _secret_of("Marquez", MARQUEZ) != _secret_of("Marquez", moved)
    spelled = {**MARQUEZ, "Url": "https://Marquez.example.com:443/"}
    assert _secret_of("Marquez", MARQUEZ) == _secret_of("Marquez", spelled)
    # Two of one provider that change places.
    before = _options(_sending_to(MARQUEZ, moved))
    after = _options(_sending_to(moved, MARQUEZ))
    names = [f"mwaa_platform.lineage_secret_{id_}" for id_ in ("marquez", "marquez_2")]
    assert [before[name] for name in names] == [after[name] for name in reversed(names)]


def test_another_provider_in_its_place_does_not_get_the_token() -> None:
    atlan, datahub = (set(_secrets(_sending_to(each))) for each in (ATLAN, DATAHUB))
    assert atlan
    assert not atlan & datahub


@pytest.mark.parametrize(
    ("domain", "region"), [(DATAZONE, "eu-west-1"), (HERE, "<AWS::Region>")], ids=["there", "here"]
)
def test_datazone_is_entered_by_the_role_in_the_domains_region_alone(
    domain: Json, region: str
) -> None:
    """IAM knows no domain for this action."""
    synthesis = _sending_to(domain, AirflowVersion="2.11.2")
    (posting,) = (
        statement
        for each in synthesis.resources("Env-env1", "AWS::IAM::Role").values()
        for statement in map(rendered, statements(each))
        if statement["Action"] == "datazone:PostLineageEvent"
    )

    assert posting["Resource"] == "*"
    assert posting["Condition"] == {"StringEquals": {"aws:RequestedRegion": [region]}}
    assert not _secrets(synthesis)


def test_openmetadatas_backend_is_an_option_and_its_token_is_not() -> None:
    options = _options(_sending_to(OPENMETADATA, AirflowVersion="2.10.3"))

    assert options == {
        **HARMLESS_OPTIONS,
        "lineage.backend": "mwaa_platform_openmetadata.LineageBackend",
        "lineage.airflow_service_name": "env1",
        "lineage.openmetadata_api_endpoint": "https://om.example.com:8585/api",
        "mwaa_platform.lineage_secret_openmetadata": options[
            "mwaa_platform.lineage_secret_openmetadata"
        ],
    }


def test_airflow_3_has_no_backend() -> None:
    options = _options(_sending_to(OPENMETADATA, AirflowVersion="3.3.1"))

    assert "lineage.backend" not in options


def test_the_provider_knows_where_to_send_before_any_plugin_is_loaded() -> None:
    options = _options(_sending_to({**ATLAN, "Url": "https://example.atlan.com"}, MARQUEZ))

    assert options["openlineage.namespace"] == "env1"
    transport = json.loads(options["openlineage.transport"])
    assert list(transport["transports"]) == ["atlan", "marquez"]
    assert "$" not in options["openlineage.transport"]


def test_a_name_that_mwaa_takes_for_no_option_is_left_to_the_plugin() -> None:
    options = _options(synthesise(one_environment(Lineage={**ATLAN, "Connection": "größe"})))

    assert "openlineage.namespace" not in options
    assert all(value.isascii() for value in options.values() if isinstance(value, str))


def test_lineage_that_is_turned_off_is_taken_out_of_airflow() -> None:
    """MWAA keeps a file that was once named, so there is always another in its place."""
    on = _sending_to(ATLAN).properties(ENVIRONMENT, "AWS::MWAA::Environment")
    off = synthesise(one_environment(Lineage=False)).properties(
        ENVIRONMENT, "AWS::MWAA::Environment"
    )

    for path in ("PluginsS3Path", "RequirementsS3Path", "StartupScriptS3Path"):
        assert path in on
        assert path in off
    assert on["PluginsS3Path"] != off["PluginsS3Path"]
    assert on["RequirementsS3Path"] != off["RequirementsS3Path"]


def _services(synthesis: Synthesis) -> set[str]:
    return {
        rendered(each["Properties"]["ServiceName"]).split("<AWS::Region>.")[1]
        for each in synthesis.resources(ENVIRONMENT, "AWS::EC2::VPCEndpoint").values()
    }


def test_endpoints_lead_to_what_is_used_and_no_further() -> None:
    alone = _services(_sending_to({**MARQUEZ, "Authentication": "None"}, NatGateways=0))
    token = _services(_sending_to(MARQUEZ, NatGateways=0))
    domain = _services(_sending_to(DATAZONE, NatGateways=0, AirflowVersion="2.11.2"))
    backend = _services(synthesise(one_environment(SecretsBackend={}, NatGateways=0)))

    assert token - alone == {"secretsmanager"}
    assert domain - alone == {"datazone"}
    assert backend - alone == {"secretsmanager"}


def test_the_secrets_backend_reads_below_its_prefixes_alone() -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/11112222-3333-4444-5555-666677778888"
    backend = {"ConnectionsPrefix": "team/connections", "KmsKeyArn": key}
    synthesis = synthesise(one_environment(SecretsBackend=backend))

    options, allowed = _options(synthesis), _allowed(synthesis)
    kwargs = json.loads(options["secrets.backend_kwargs"])
    assert options["secrets.backend"].endswith(".SecretsManagerBackend")
    assert kwargs["connections_prefix"] == "team/connections"
    assert kwargs["variables_prefix"] == "airflow/variables"
    # MWAA's own, which these take the place of.
    assert kwargs["connections_lookup_pattern"] == "^(?!aws_default$).*$"
    secrets = "arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret"
    for action in ("GetSecretValue", "DescribeSecret", "GetResourcePolicy", "ListSecretVersionIds"):
        assert sorted(allowed[f"secretsmanager:{action}"]) == [
            f"{secrets}:airflow/variables/*",
            f"{secrets}:team/connections/*",
        ]
    assert key in allowed["kms:Decrypt"]


def test_a_customers_key_decrypts_secrets_alone() -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/11112222-3333-4444-5555-666677778888"
    synthesis = synthesise(one_environment(SecretsBackend={"KmsKeyArn": key}))

    roles = synthesis.resources(ENVIRONMENT, "AWS::IAM::Role").values()
    (statement,) = (each for role in roles for each in statements(role) if each["Resource"] == key)
    assert statement["Action"] == "kms:Decrypt"
    assert rendered(statement["Condition"]) == {
        "StringEquals": {"kms:ViaService": ["secretsmanager.<AWS::Region>.<AWS::URLSuffix>"]}
    }
