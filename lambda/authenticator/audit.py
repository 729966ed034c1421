"""Audit log: one JSON object a request, without tokens, cookies, keys or raw claims.

CloudWatch extracts the metrics from the same line, without a call.
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
class AuditRecord:
    """Record of one request, whose fields are set once they are verified.

    `decision` is "allow", "deny" or "fail"; `reference` is also on the page that the person sees,
    `trace` names the request in the load balancer's access log; `client` is the address from which
    the load balancer was called, `user_agent` what the client says that it is. `who` is the address
    of an accepted person, `claimed` that of a refused one, `subject` the provider's `sub` of
    either. `because` is the reason of the access, such as the deciding grant; the two identities
    are those that MWAA returns; `ignored` are malformed grants, and groups that do not count.
    `configured` says that environment and role are names of the configuration: a name from a link
    must not become a dimension of a metric.
    """

    reference: str
    trace: str | None = None
    request_id: str | None = None
    client: str | None = None
    user_agent: str | None = None
    event: str = "request"
    decision: str = "allow"
    reason: str | None = None
    who: str | None = None
    claimed: str | None = None
    subject: str | None = None
    environment: str | None = None
    role: str | None = None
    because: str | None = None
    iam_identity: str | None = None
    airflow_identity: str | None = None
    ignored: list[str] | None = None
    configured: bool = False

    def write(self, platform: str | None) -> None:
        """Writes the fields that are set, and the metric of `platform` that they count in."""
        fields = {name: value for name, value in asdict(self).items() if value is not None}
        del fields["configured"]
        metric = (
            "Failures" if self.decision == "fail" else _METRICS.get((self.event, self.decision))
        )
        if platform and metric:
            fields |= self._metric_fields(metric, platform)
        sys.stdout.write(f"{json.dumps(fields)}\n")

    def _metric_fields(self, metric: str, platform: str) -> dict[str, Any]:
        """Members of the embedded metric format."""
        dimensions: list[dict[str, str | None]] = [{"Platform": platform}]
        if self.configured:
            dimensions.append(dimensions[0] | {"Environment": self.environment, "Role": self.role})
        directive = {
            "Namespace": NAMESPACE,
            "Dimensions": [list(each) for each in dimensions],
            "Metrics": [{"Name": metric, "Unit": "Count"}],
        }
        metadata = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
        return {"_aws": metadata, metric: 1} | dimensions[-1]
