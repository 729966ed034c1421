"""A Lambda function as a target: its event and its response.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

from starlette.responses import Response

from local.alb.headers import CONNECTION_HEADERS, NOT_ON_LOCALHOST, Headers
from local.alb.http_error import HttpError
from local.alb.target_groups import LambdaTargetGroup

BODY_LIMIT_BYTES = 1024 * 1024
HEADERS_LIMIT_BYTES = 32 * 1024
TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")

Grouped = Mapping[str, list[str]]


def make_event(
    target: LambdaTargetGroup, *, method: str, path: str, query: str, headers: Headers, body: bytes
) -> dict[str, Any]:
    """The event of one request. Path and query are those that were sent, not URL-decoded."""
    parameters = _grouped(part.partition("=")[::2] for part in query.split("&") if part)
    lowered = _grouped((name.lower(), value) for name, value in headers)
    text = _is_text(lowered)
    if target.multi_value_headers:
        values: dict[str, Any] = {
            "multiValueQueryStringParameters": parameters,
            "multiValueHeaders": lowered,
        }
    else:
        values = {"queryStringParameters": _last(parameters), "headers": _last(lowered)}
    return {
        "requestContext": {"elb": {"targetGroupArn": target.group_arn}},
        "httpMethod": method,
        "path": path,
        **values,
        "body": body.decode("utf-8", "replace") if text else base64.b64encode(body).decode(),
        "isBase64Encoded": bool(body) and not text,
    }


def read_response(target: LambdaTargetGroup, payload: bytes, *, url: str) -> Response:
    """The response in the result of a function that was invoked for a request to `url`.

    Reads only the kind of headers that the target group is configured for, and drops those that
    must not take effect on localhost. Raises HttpError if the payload is not a response.
    """
    if len(payload) > BODY_LIMIT_BYTES:
        raise HttpError(502, "the answer is larger than 1 MB")
    try:
        result = json.loads(payload)
        status = int(result["statusCode"])
        body = result.get("body") or ""
        encoded = result.get("isBase64Encoded")
        content = base64.b64decode(body, validate=True) if encoded else body.encode()
        headers = list(_headers(target, result))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise HttpError(502, f"the answer is no response: {error!r}") from error
    if sum(len(name) + len(value) for name, value in headers) > HEADERS_LIMIT_BYTES:
        raise HttpError(502, "the headers are larger than 32 KB")
    response = Response(content, status_code=status)
    for name, value in headers:
        if not re.fullmatch(r"[!#$%&'*+.^_`|~\w-]+", name, re.ASCII) or re.search(
            r"[^\t\x20-\x7e\x80-\xff]", value
        ):
            raise HttpError(502, f"the header {name!r} is malformed")
        if name == "location":
            response.headers.append(name, urljoin(url, value))
        elif name not in CONNECTION_HEADERS | NOT_ON_LOCALHOST:
            response.headers.append(name, value)
    return response


def _headers(target: LambdaTargetGroup, result: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if not target.multi_value_headers:
        return [(name.lower(), str(value)) for name, value in (result.get("headers") or {}).items()]
    return [
        (name.lower(), str(value))
        for name, values in (result.get("multiValueHeaders") or {}).items()
        for value in values
    ]


def _grouped(pairs: Iterable[Sequence[str]]) -> Grouped:
    grouped: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        grouped[name].append(value)
    return dict(grouped)


def _last(grouped: Grouped) -> dict[str, str]:
    return {name: values[-1] for name, values in grouped.items()}


def _is_text(headers: Grouped) -> bool:
    if "content-encoding" in headers:
        return False
    return headers.get("content-type", [""])[-1].lower().startswith(TEXT_TYPES)
