"""Who may enter an environment's Airflow: under the role that the caller's policies allow, as on
MWAA, by a token that a plugin of the local Airflow takes for MWAA's.
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
"""The variable with the name of the file that holds the HMAC key of web login tokens."""

LIFETIME_SECONDS = 60
ROLES_BY_POWER = ("Admin", "Op", "User", "Viewer", "Public")


@dataclass(frozen=True, kw_only=True)
class AirflowAccess:
    """What a caller may do: enter the Airflow of the environment `name` in the `role`.

    `environment` is what MiniStack's table has of it, `identity` the caller's name there.
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
    """What the caller of an action may do with the environment at the path's end, or the refusal.

    It is the most powerful role for which the caller's policies allow the action.
    """
    name = path.rstrip("/").rpartition("/")[2]
    caller = iam_evaluator.resolve_principal(
        router.extract_access_key_id(headers, query), responses.get_account_id()
    )
    if isinstance(caller, iam_evaluator.AuthError):
        return _denied(action, headers, "", caller.message)
    role = next((each for each in ROLES_BY_POWER if _may_act(caller, name, each, action)), None)
    if role is None:
        said = f"User: {caller.arn} is not authorized to perform: {action} on {name}"
        return _denied(action, headers, caller.arn, said)
    environment = mwaa._environments.get(name)
    if environment is None:
        return error_response("ResourceNotFoundException", f"Environment {name} not found", 404)
    identity = caller.arn.rpartition(":")[2]
    return AirflowAccess(name=name, environment=environment, role=role, identity=identity)


def skip_authorization_of(left_out: str) -> None:
    """Have MiniStack check the signature of an action only: `access` decides on the role."""
    extract: Callable[..., str | None] = iam_actions.extract_iam_action

    def extract_iam_action(service: str, *request: Any) -> str | None:
        action = extract(service, *request)
        return None if action == left_out else action

    iam_actions.extract_iam_action = extract_iam_action


def _may_act(caller: Any, environment: str, role: str, action: str) -> bool:
    """Whether the caller's policies and, where it has one, its session policy allow the role."""
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
    answer: HandlerResponse = iam_actions.access_denied_response(
        "airflow", action, caller, responses.new_uuid(), headers=headers, message=message
    )
    return answer
