"""What a run on this machine changes in the user's configuration, and what it must not."""

from __future__ import annotations

from pathlib import Path

from local.configuration import localise
from local.layout import Layout

LAYOUT = Layout(state=Path("state"), ports={"aws": 1, "alb": 2, "idp": 3, "lineage": 4})


def test_nothing_points_at_the_internet_or_at_an_aws_account(tmp_path: Path) -> None:
    local = localise(
        {
            "Oidc": {"Issuer": "https://idp.example.com", "ClientSecretArn": "..."},
            "Alb": {"CertificateArn": "...", "LogBucketArn": "arn:aws:s3:::logs"},
            "Lineage": {"Provider": "Atlan", "Url": "https://acme.example.com"},
            "MwaaEnvironments": [
                {"Name": "analytics", "SourceBucketArn": "arn:aws:s3:::dags"},
            ],
        },
        layout=LAYOUT,
        folder=tmp_path,
    )
    assert "example.com" not in str(local)
    assert "LogBucketArn" not in local["Alb"]
    assert "SourceBucketArn" not in local["MwaaEnvironments"][0]
    assert local["Lineage"]["Url"] == "https://localhost:4"
    assert local["Oidc"]["TokenEndpoint"].startswith("https://localhost:3/")


def test_what_the_user_decided_stays(tmp_path: Path) -> None:
    raw = {
        "AppName": "data",
        "Alb": {"SessionTimeoutHours": 4},
        "Grants": [{"User": "admin@example.com", "Environments": ["*"], "Roles": ["Admin"]}],
        "MwaaEnvironments": [{"Name": "analytics", "EnvironmentClass": "mw1.large", "Typo": 1}],
        "availability-zones:account=1:region=us-east-1": ["us-east-1a"],
    }
    local = localise(raw, layout=LAYOUT, folder=tmp_path)
    assert local["Alb"]["SessionTimeoutHours"] == 4
    for key in ("AppName", "Grants", "MwaaEnvironments"):
        assert local[key] == raw[key]
    assert "Lineage" not in local


def test_a_local_file_is_found_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    entry = {"Name": "analytics", "Requirements": "team/requirements.txt"}
    local = localise({"MwaaEnvironments": [entry]}, layout=LAYOUT, folder=tmp_path)
    expected = tmp_path / "team" / "requirements.txt"
    assert local["MwaaEnvironments"][0]["Requirements"] == str(expected)


def test_shapes_that_are_wrong_are_left_for_the_validators() -> None:
    raw = {"Oidc": "yes", "Alb": 3, "Lineage": "Atlan", "MwaaEnvironments": ["analytics"]}
    local = localise(raw, layout=LAYOUT, folder=Path())
    assert local["Lineage"] == "Atlan"
    assert local["MwaaEnvironments"] == ["analytics"]
