"""A sign-in with the cost of the published sample's, as the baseline of the authenticator.

A reimplementation with the sample's libraries: one STS client, created at import; and in every
request the download of the public key with requests, the verification of the signature with PyJWT,
a resource for DynamoDB and GetItem, AssumeRole, a client for MWAA with its credentials and
CreateWebLoginToken, on boto3's default session with its default settings. It logs what the sample
logs. It does not authenticate: it checks neither signer nor issuer nor client.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import uuid
from typing import Any

import boto3
import jwt
import requests

log = logging.getLogger()
log.setLevel(logging.INFO)

_sts = boto3.client("sts")


def handle(event: Any, _context: Any) -> dict[str, Any]:
    """Handles an event of the load balancer."""
    log.info("%s", event)
    claims = _claims(event["multiValueHeaders"]["x-amzn-oidc-data"][0])
    log.info("%s", claims)
    query = event["multiValueQueryStringParameters"]
    environment, role = query["mwaa_env"][0], query["rbac_role"][0]
    if not _allowed(claims["email"], environment, role):
        return {"statusCode": 403}
    login = _mwaa(role).create_web_login_token(Name=environment)
    log.info("%s", login)
    location = f"https://{login['WebServerHostname']}/aws_mwaa/aws-console-sso?login=true"
    return {
        "statusCode": 302,
        "multiValueHeaders": {"Location": [f"{location}#{login['WebToken']}"]},
    }


def _claims(token: str) -> dict[str, Any]:
    header = json.loads(base64.b64decode(token.split(".", maxsplit=1)[0]))
    log.info("%s", header)
    url = f"{os.environ['COMPARISON_KEY_ENDPOINT']}/{header['kid']}"
    key = requests.get(url).text  # noqa: S113 (the sample has no timeout either)
    log.info("%s", key)
    return jwt.decode(token, key, algorithms=["ES256"])


def _allowed(email: str, environment: str, role: str) -> bool:
    table = boto3.resource("dynamodb").Table(os.environ["GRANTS_TABLE"])
    item: dict[str, Any] = table.get_item(Key={"email": email, "mwaa_env": environment})["Item"]
    log.info("%s", item)
    return role.lower() in item["rbac_roles"].lower()


def _mwaa(role: str) -> Any:
    assumed = _sts.assume_role(
        RoleArn=json.loads(os.environ["WEB_LOGIN_ROLE_ARNS"])[role],
        RoleSessionName=str(uuid.uuid4()),
        DurationSeconds=900,
    )
    log.info("%s", assumed)
    credentials = assumed["Credentials"]
    return boto3.client(
        "mwaa",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
