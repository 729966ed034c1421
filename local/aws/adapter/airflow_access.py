"""Access to an environment's Airflow: its role by the caller's policies, and its web login token.

As on MWAA, but a plugin of the local Airflow accepts the token.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from ministack.core import iam_actions, iam_evaluator, responses, router
from ministack.services import mwaa

from local.aws.adapter.handlers import HandlerResponse, error_response

KEY_FILE = "MWAA_LOCAL_TOKEN_KEY"
"""The environment variable with the path of the file with the HMAC key of web login tokens."""

LIFETIME_SECONDS = 60
ROLES_MOST_PRIVILEGED_FIRST = ("Admin", "Op", "User", "Viewer", "Public")


@dataclass(frozen=True, kw_only=True)
class AirflowAccess:
    """A caller's access to the Airflow of the environment `name`, in the `role`.

    `environment` is its record in MiniStack's table, `identity` the caller's user name in Airflow.
    """

    name: str
    environment: Mapping[str, Any]
    role: str
    identity: str

    def token(self, key_file: Path) -> str:
        """A web login token."""
        now = int(time.time())
        claims = {
            "env": self.name,
            "role": self.role,
            "sub": self.identity,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode(claims, key_file.read_bytes(), algorithm="HS256")


def authorize(
    action: str, path: str, headers: Mapping[str, str], query: Mapping[str, Any]
) -> AirflowAccess | HandlerResponse:
    """The access of an action's caller to the environment at the end of the path, or an error.

    Its role is the most privileged one for which the caller's policies allow the action.
    """
    name = path.rstrip("/").rpartition("/")[2]
    caller = iam_evaluator.resolve_principal(
        router.extract_access_key_id(headers, query), responses.get_account_id()
    )
    if isinstance(caller, iam_evaluator.AuthError):
        return _denied(action, headers, "", caller.message)
    permitted = (
        each for each in ROLES_MOST_PRIVILEGED_FIRST if _allows(caller, name, each, action)
    )
    role = next(permitted, None)
    if role is None:
        message = f"User: {caller.arn} is not authorized to perform: {action} on {name}"
        return _denied(action, headers, caller.arn, message)
    environment = mwaa._environments.get(name)
    if environment is None:
        return error_response("ResourceNotFoundException", f"Environment {name} not found", 404)
    identity = caller.arn.rpartition(":")[2]
    return AirflowAccess(name=name, environment=environment, role=role, identity=identity)


def skip_authorization_of(skipped: str) -> None:
    """Makes MiniStack check only the signature of an action, which `authorize` authorises."""
    extract: Callable[..., str | None] = iam_actions.extract_iam_action

    def extract_iam_action(service: str, *request: Any) -> str | None:
        action = extract(service, *request)
        return None if action == skipped else action

    iam_actions.extract_iam_action = extract_iam_action


def _allows(caller: Any, environment: str, role: str, action: str) -> bool:
    """Whether the caller's policies, and its session policy if any, allow the role."""
    if caller.policies is None:  # the account itself
        return True
    region = responses.get_region()
    context = iam_evaluator.EvalContext(
        principal_arn=caller.arn,
        principal_type=caller.type,
        principal_account=caller.account,
        action=action,
        resource_arn=f"arn:aws:airflow:{region}:{caller.account}:role/{environment}/{role}",
        region=region,
        principal_keys=caller.keys,
    )
    result = iam_evaluator.evaluate(context, caller.policies, *caller.limits)
    return bool(result.decision == "Allow")


def _denied(action: str, headers: Mapping[str, str], caller: str, message: str) -> HandlerResponse:
    response: HandlerResponse = iam_actions.access_denied_response(
        "airflow", action, caller, responses.new_uuid(), headers=headers, message=message
    )
    return response
