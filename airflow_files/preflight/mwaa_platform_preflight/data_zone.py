"""Whether Amazon DataZone takes events: it is entered by the environment's role, without a token.

PostLineageEvent is called with an empty event. AWS looks at the caller's rights first and then
refuses what is no event (ValidationException), so nothing is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mwaa_platform_preflight.catalogues import MARKER_JOB, marker
from mwaa_platform_preflight.findings import Finding
from mwaa_platform_preflight.targets import Target

REFUSED_AS_NO_EVENT = "ValidationException"


def check_data_zone(
    target: Target, client: Any, *, marker_namespace: str | None = None
) -> Iterator[Finding]:
    """Whether the domain takes events. `client` is boto3's of DataZone under Airflow's role."""
    finding = _post(target, client, b"", refused=True)
    yield finding._replace(catalogue=target.id)
    if marker_namespace is not None and not finding.wrong:
        event = json.dumps(marker(marker_namespace)).encode()
        finding = _post(target, client, event, refused=False)
        if not finding.wrong:
            finding = Finding(finding.subject, note=f"taken: look for {MARKER_JOB} there")
        yield finding._replace(subject="Marker", catalogue=target.id)


def _post(target: Target, client: Any, event: bytes, *, refused: bool) -> Finding:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    domain = target.domain_id
    subject, well = f"Domain {domain}", Finding(f"Domain {domain}", note="the role is let in")
    try:
        client.post_lineage_event(domainIdentifier=domain, event=event)
    except ClientError as error:
        details = error.response.get("Error", {})
        code, message = details.get("Code", "unknown"), details.get("Message", "")
        if code == REFUSED_AS_NO_EVENT and refused:
            return well
        if code == "AccessDeniedException":
            return Finding(
                subject,
                f"The environment's role may not send lineage there: {message}",
                "Allow it datazone:PostLineageEvent on the domain, and make the role a member of "
                "a project of the domain.",
            )
        if code == "ResourceNotFoundException":
            return Finding(
                subject, "There is no such domain.", "Check DomainId and Region, and deploy."
            )
        return Finding(subject, f"DataZone refused it: {code}. {message}", "Try again in a minute.")
    except BotoCoreError as error:
        return Finding(
            subject,
            f"DataZone cannot be asked ({type(error).__name__}).",
            "Check the domain's Region, and the way there: without a NAT gateway the interface "
            "endpoint of DataZone is needed.",
        )
    return well
