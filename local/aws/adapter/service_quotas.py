"""Service Quotas' GetServiceQuota, which MiniStack 1.5.33 lacks: the quotas that a test sets.

No other is applied here, so the value of every other one is beyond what anybody asks for.

https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack import app
from ministack.core import iam_actions, router

from local.aws.adapter import trouble
from local.aws.adapter.handlers import HandlerResponse, error_response, json_response
from mwaa import quotas

SERVICE, PREFIX = "servicequotas", "ServiceQuotasV20190624"
UNLIMITED = 10_000
NAMES: Mapping[str, str] = {
    quota.code: name.removeprefix("OF_")
    for name, quota in vars(quotas).items()
    if isinstance(quota, quotas.Quota)
}
"""The names of the constants with the quotas' defaults, by the quotas' codes."""


def install() -> None:
    """Adds the service."""
    router.SERVICE_PATTERNS[SERVICE] = {"target_prefixes": [PREFIX], "credential_scope": SERVICE}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    iam_actions._BOTOCORE_SERVICE_MAP[SERVICE] = ["service-quotas"]
    app.SERVICE_HANDLERS[SERVICE] = _handle


async def _handle(
    _method: str,
    _path: str,
    headers: Mapping[str, str],
    body: bytes,
    _query: Mapping[str, Any],
) -> HandlerResponse:
    action = str(headers.get("x-amz-target", "")).partition(".")[2]
    if action != "GetServiceQuota":
        return error_response("InvalidAction", f"{action} is not known here.", 400)
    asked = json.loads(body)
    name = NAMES.get(asked["QuotaCode"])
    if name is None:
        return error_response("NoSuchResourceException", "There is no such quota.", 400)
    value = trouble.current().quotas.get(name, UNLIMITED)
    return json_response(
        {
            "Quota": {
                "ServiceCode": asked["ServiceCode"],
                "QuotaCode": asked["QuotaCode"],
                "Value": float(value),
                "Adjustable": True,
            }
        }
    )
