"""Whether Amazon DataZone takes events: it is entered by the environment's role, without a token.

PostLineageEvent is called with an empty event. AWS looks at the caller's rights first and then
refuses what is no event (ValidationException), so nothing is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mwaa_platform_preflight.catalogues import MARKER_JOB, marker
from mwaa_platform_preflight.findings import Finding
from mwaa_platform_preflight.secret import said
from mwaa_platform_preflight.targets import Target

REFUSED_AS_NO_EVENT = "ValidationException"


def check_data_zone(
    target: Target, connect: Callable[[], Any], *, marker_namespace: str | None = None
) -> Iterator[Finding]:
    """Whether the domain takes events. `connect` makes boto3's client under Airflow's role."""
    finding = _post(target, connect, b"", refused=True)
    yield finding._replace(catalogue=target.id)
    if marker_namespace is not None and not finding.wrong:
        event = json.dumps(marker(marker_namespace)).encode()
        finding = _post(target, connect, event, refused=False)
        if not finding.wrong:
            finding = Finding(finding.subject, note=f"taken: look for {MARKER_JOB} there")
        yield finding._replace(subject="Marker", catalogue=target.id)


def _post(target: Target, connect: Callable[[], Any], event: bytes, *, refused: bool) -> Finding:
    from botocore import exceptions as aws  # noqa: PLC0415

    subject = f"Domain {target.domain_id}"
    well = Finding(subject, note="the role is let in")
    try:
        connect().post_lineage_event(domainIdentifier=target.domain_id, event=event)
    except aws.ClientError as error:
        details = error.response.get("Error", {})
        code = details.get("Code", "unknown")
        if code == REFUSED_AS_NO_EVENT and refused:
            return well
        return Finding(subject, *_refusal(details))
    except (aws.UnknownServiceError, AttributeError):
        return Finding(
            subject,
            "The boto3 of this Airflow does not know how to send lineage to DataZone.",
            "Upgrade Airflow to 2.11, or boto3 by Requirements.",
        )
    except aws.BotoCoreError as error:
        return Finding(
            subject,
            f"DataZone cannot be asked ({type(error).__name__}).",
            "Check the domain's Region, and the way there: without a NAT gateway the interface "
            "endpoint of DataZone is needed.",
        )
    return well


def _refusal(details: Mapping[str, str]) -> tuple[str, str]:
    """What is wrong, and what to do."""
    code = details.get("Code", "unknown")
    if code == "AccessDeniedException":
        return (
            f"The environment's role may not send lineage there: {details.get('Message', '')}",
            "Allow it datazone:PostLineageEvent, which IAM takes with the resource * alone, and "
            "make the role a member of a project of the domain.",
        )
    if code == "ResourceNotFoundException":
        return "There is no such domain.", "Check DomainId and Region, and deploy."
    return f"DataZone refused it: {said(details)}", "Try again in a minute."
