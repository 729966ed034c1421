"""The log: one JSON object a request, which never holds a token, a cookie, a key or raw claims.

CloudWatch reads the metrics out of the same line, so that they cost no call.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

NAMESPACE = "MwaaPlatform"
_METRICS = {
    ("sign-in", "allow"): "SignIns",
    ("sign-in", "deny"): "Denials",
    ("portal", "deny"): "Denials",
}


@dataclass(slots=True)
class Audit:
    """What one request came to; its fields are filled as they are proven.

    `decision` is "allow", "deny" or "fail"; `who` is a verified e-mail address; `reference` is on
    the page that the person sees; the two identities are what MWAA says it made of the session;
    `ignored` is what the decision left out of account: malformed grants, groups beyond a limit.
    `configured` says that the environment and the role are names of the configuration: what a
    visitor typed must not make a dimension of a metric.
    """

    reference: str
    request_id: str | None = None
    event: str = "request"
    decision: str = "allow"
    reason: str | None = None
    who: str | None = None
    environment: str | None = None
    role: str | None = None
    iam_identity: str | None = None
    airflow_identity: str | None = None
    ignored: list[str] | None = None
    configured: bool = False

    def write(self, platform: str | None) -> None:
        """Write the fields that have a value, and the metric of `platform` that they count for."""
        fields = {name: value for name, value in asdict(self).items() if value is not None}
        del fields["configured"]
        metric = (
            "Failures" if self.decision == "fail" else _METRICS.get((self.event, self.decision))
        )
        if platform and metric:
            fields |= self._measured(metric, platform)
        sys.stdout.write(f"{json.dumps(fields)}\n")

    def _measured(self, metric: str, platform: str) -> dict[str, Any]:
        """The members of the embedded metric format."""
        sets: list[dict[str, str | None]] = [{"Platform": platform}]
        if self.configured:
            sets.append(sets[0] | {"Environment": self.environment, "Role": self.role})
        described = {
            "Namespace": NAMESPACE,
            "Dimensions": [list(dimensions) for dimensions in sets],
            "Metrics": [{"Name": metric, "Unit": "Count"}],
        }
        about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [described]}
        return {"_aws": about, metric: 1} | sets[-1]
