"""The AWS stand-in as a program on this machine sees it."""

from __future__ import annotations

import os
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.layout import ACCOUNT, NO_PROXY, REGION


@dataclass(frozen=True, kw_only=True)
class AwsStandIn:
    """Where the stand-in answers."""

    endpoint: str

    @property
    def variables(self) -> dict[str, str]:
        """What an AWS SDK reads. The access key id is how the stand-in tells accounts apart."""
        return {
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": NO_PROXY,
        }

    def variables_under(self, role_arn: str, profile_file: Path) -> dict[str, str]:
        """What an AWS SDK reads to act under a role alone; writes the file that names the role."""
        profiles = ConfigParser()
        profiles["profile account"] = {
            "aws_access_key_id": ACCOUNT,
            "aws_secret_access_key": "local",
        }
        profiles["profile role"] = {"role_arn": role_arn, "source_profile": "account"}
        with profile_file.open("w") as file:
            profiles.write(file)
        # Keys in the environment would come before the profile.
        keyless = {
            name: value for name, value in self.variables.items() if "ACCESS_KEY" not in name
        }
        return {
            **keyless,
            "AWS_CONFIG_FILE": str(profile_file),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_PROFILE": "role",
        }

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a local program: this one, less any real AWS identity."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {**kept, **self.variables}

    def client(self, service: str) -> Any:
        """A boto3 client of the stand-in, whatever the person's own AWS settings are."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="local",  # noqa: S106 - the stand-in takes any
            config=Config(
                # env.<endpoint> and api.<endpoint> have no address on a laptop.
                inject_host_prefix=False,
                s3={"addressing_style": "path"},
                retries={"max_attempts": 2},
                proxies={},
            ),
        )


def create_secret(cloud: AwsStandIn, name: str, value: str) -> str:
    """Put a secret into the stand-in's Secrets Manager; returns its ARN."""
    answer = cloud.client("secretsmanager").create_secret(Name=name, SecretString=value)
    return str(answer["ARN"])
