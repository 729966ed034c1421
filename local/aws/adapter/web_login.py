"""CreateWebLoginToken, which MiniStack 1.5.33 answers with a random string for anybody.

Here it does what MWAA does: the Airflow role is the one that the caller's policies allow, and the
token carries it to the Airflow of that environment, where a plugin takes it for MWAA.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import jwt
from ministack.core import iam_actions, iam_evaluator, responses, router
from ministack.services import mwaa

KEY_FILE = "MWAA_LOCAL_TOKEN_KEY"

ACTION = "airflow:CreateWebLoginToken"
LIFETIME_SECONDS = 60
ROLES_BY_POWER = ("Admin", "Op", "User", "Viewer", "Public")

Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Replace MiniStack's answer.

    The variable MWAA_LOCAL_TOKEN_KEY names the file with the HMAC key that tokens are signed with.
    """
    key_file = Path(os.environ[KEY_FILE])
    mwaa._create_web_login_token = partial(_create_web_login_token, key_file)
    check_signature_alone(ACTION)


def _create_web_login_token(
    key_file: Path,
    _method: str,
    path: str,
    headers: Mapping[str, str],
    _body: bytes,
    query: Mapping[str, Any],
) -> Answer:
    name = path.rstrip("/").rpartition("/")[2]
    caller = iam_evaluator.resolve_principal(
        router.extract_access_key_id(headers, query), responses.get_account_id()
    )
    if isinstance(caller, iam_evaluator.AuthError):
        return denied(headers, "", name, ACTION, message=caller.message)
    role = strongest_role(caller, name, ACTION)
    if role is None:
        return denied(headers, caller.arn, name, ACTION)
    environment = mwaa._environments.get(name)
    if environment is None:
        missing: Answer = responses.error_response_json(
            "ResourceNotFoundException", f"Environment {name} not found", 404
        )
        return missing
    identity = caller.arn.rpartition(":")[2]
    answer: Answer = responses.json_response(
        {
            "WebToken": make_token(key_file, name, role, identity),
            "WebServerHostname": environment["WebserverUrl"],
            "IamIdentity": identity,
            "AirflowIdentity": identity,
        }
    )
    return answer


def strongest_role(caller: Any, environment: str, action: str) -> str | None:
    """The most powerful Airflow role that the caller may do something under; None where there is
    none."""
    roles = (each for each in ROLES_BY_POWER if _may_act(caller, environment, each, action))
    return next(roles, None)


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


def make_token(key_file: Path, environment: str, role: str, user: str) -> str:
    """A web login token."""
    now = int(time.time())
    claims = {
        "env": environment,
        "role": role,
        "sub": user,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode(claims, key_file.read_bytes(), algorithm="HS256")


def denied(
    headers: Mapping[str, str], caller: str, environment: str, action: str, *, message: str = ""
) -> Answer:
    """AWS's refusal of an action on an environment."""
    answer: Answer = iam_actions.access_denied_response(
        "airflow",
        action,
        caller,
        responses.new_uuid(),
        headers=headers,
        message=message
        or f"User: {caller} is not authorized to perform: {action} on {environment}",
    )
    return answer


def check_signature_alone(left_out: str) -> None:
    """Have MiniStack check the signature of an action only: here its answer decides on the role."""
    extract: Callable[..., str | None] = iam_actions.extract_iam_action

    def extract_iam_action(service: str, *request: Any) -> str | None:
        action = extract(service, *request)
        return None if action == left_out else action

    iam_actions.extract_iam_action = extract_iam_action
