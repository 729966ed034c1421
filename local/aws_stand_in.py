"""Access of this machine's programs to the AWS stand-in."""

from __future__ import annotations

import os
from configparser import ConfigParser
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from local.layout import ACCOUNT, NO_PROXY, REGION
from local.processes import installer_variables
from local.shared_session import SharedSession
from local.tls import Certificates

CLIENT_CONFIG = Config(
    # env.<endpoint> and api.<endpoint> have no address on a laptop.
    inject_host_prefix=False,
    s3={"addressing_style": "path"},
    retries={"max_attempts": 2},
    proxies={},
)

# Where botocore looks for each of these: the file, the variable, the default, the conversion.
WITHOUT_PROFILE: dict[str, Any] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class _Session(SharedSession):
    """Session whose clients call the stand-in, whatever the person's own AWS settings are."""

    def __init__(self, endpoint: str) -> None:
        session = botocore.session.Session(session_vars=WITHOUT_PROFILE)
        super().__init__(
            botocore_session=session,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="local",  # noqa: S106 - the stand-in takes any
        )
        self._endpoint = endpoint

    def client(self, *arguments: Any, **settings: Any) -> Any:
        # For each client: variables such as AWS_ENDPOINT_URL_S3 outrank a session's endpoint.
        return super().client(
            *arguments, **{"endpoint_url": self._endpoint, "config": CLIENT_CONFIG, **settings}
        )


@dataclass(frozen=True, kw_only=True)
class AwsStandIn:
    """The stand-in at one endpoint (URL)."""

    endpoint: str

    @cached_property
    def session(self) -> boto3.Session:
        """A session whose clients call the stand-in."""
        return _Session(self.endpoint)

    @property
    def sdk_variables(self) -> dict[str, str]:
        """Environment variables that AWS SDKs read; the access key id selects the account."""
        return {
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            **dict.fromkeys(("no_proxy", "NO_PROXY"), NO_PROXY),
        }

    def sdk_variables_of_role(self, role_arn: str, profile_file: Path) -> dict[str, str]:
        """Environment variables with which AWS SDKs assume a role; writes the profile to a file."""
        profiles = ConfigParser()
        profiles["profile account"] = {
            "aws_access_key_id": ACCOUNT,
            "aws_secret_access_key": "local",
        }
        profiles["profile role"] = {"role_arn": role_arn, "source_profile": "account"}
        with profile_file.open("w") as file:
            profiles.write(file)
        # Keys in the environment would take precedence over the profile.
        without_keys = {
            name: value for name, value in self.sdk_variables.items() if "ACCESS_KEY" not in name
        }
        return {
            **without_keys,
            "AWS_CONFIG_FILE": str(profile_file),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_PROFILE": "role",
        }

    @property
    def process_environment(self) -> dict[str, str]:
        """The environment of a local program, which may install packages; its AWS is this one."""
        return {**self.sdk_variables, **installer_variables()}

    def create_secret(self, name: str, value: str) -> str:
        """Creates a secret in the stand-in's Secrets Manager; returns its ARN."""
        secrets_manager = self.session.client("secretsmanager")
        return secrets_manager.create_secret(Name=name, SecretString=value)["ARN"]

    def import_certificate(self, certificates: Certificates) -> str:
        """Imports the certificate of the local servers into the stand-in's ACM; returns its ARN."""
        return self.session.client("acm").import_certificate(
            Certificate=certificates.certificate.read_bytes(),
            PrivateKey=certificates.key.read_bytes(),
            CertificateChain=certificates.ca.read_bytes(),
        )["CertificateArn"]
