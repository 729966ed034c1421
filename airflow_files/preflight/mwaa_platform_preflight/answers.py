"""What an answer of a catalogue means."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from mwaa_platform_preflight.findings import Finding
from mwaa_platform_preflight.network import Answer, NoAnswer
from mwaa_platform_preflight.targets import Target

OK = range(200, 300)
REDIRECT = range(300, 400)
ERROR = range(500, 600)
OF_AN_EMPTY_BODY = {400, 411, 415, 422}
"""What a server says of a body without an event, after it has let the token in."""
PAGE_BEGINS = (b"<!doctype html", b"<html")

REFUSALS: dict[int, tuple[str, str]] = {
    404: (
        "There is nothing at {url} (404).",
        "Check Url, its path and its slash at the end.",
    ),
    405: ("Events cannot be sent to {url}: it takes no POST (405).", "Check Url."),
    407: (
        "The proxy on the way wants to be signed in to (407).",
        "Except the catalogue from the proxy (NO_PROXY), or let the proxy pass it.",
    ),
    413: (
        "It refuses the size of what is sent (413).",
        "Raise the limit of the server, or of the proxy before it: events of large DAGs have "
        "hundreds of kilobytes.",
    ),
    429: ("It is asked too often (429).", "Wait a minute. If it stays, ask for a higher limit."),
}
OF_PROVIDERS: dict[tuple[str, int], str] = {
    ("Atlan", 403): "Give the API token a persona that may use the connection, or put in another: "
    "{set_token}",
    ("Atlan", 404): "Check the instance's name in Url, and that the Amazon MWAA connection is set "
    "up in Atlan.",
    ("OpenMetadata", 404): "OpenMetadata answers there since 1.12: check the server's version, "
    "and that Url is the server's own address.",
    ("OpenLineage", 404): "Check Url, its path and its slash at the end, and Endpoint.",
    ("OpenLineage", 405): "Check Url and Endpoint.",
    ("DataHub", 404): "Check that Url is that of DataHub's metadata service, not of another host.",
}


def explain_answer(
    answer: Answer | NoAnswer,
    target: Target,
    *,
    url: str,
    subject: str = "Answer",
    empty_body: bool = False,
) -> Finding:
    """A finding about an answer; `empty_body` where a refusal of the body itself is well."""
    if isinstance(answer, NoAnswer):
        return Finding(subject, *answer)
    status = answer.status
    let_in = "it lets the token in" if target.token else "it is there"
    if empty_body and status in OF_AN_EMPTY_BODY:
        return Finding(subject, note=f"{let_in}, and refuses the empty event ({status})")
    if status in OK:
        return _page(subject, answer) or Finding(subject, note=f"{let_in} ({status})")
    if status == HTTPStatus.UNAUTHORIZED:
        wrong, remedy = _unauthorised(target)
    elif status == HTTPStatus.FORBIDDEN:
        wrong = "It lets the token in, but the token may not do this (403)."
        remedy = (
            f"Give its owner in the catalogue the right to, or put in another: {target.set_token}"
        )
    elif status in REDIRECT:
        leads = _without_query(answer.headers.get("Location") or "") or "elsewhere"
        wrong = f"It sends on to {leads} ({status}): events would get lost."
        remedy = "Put the address that it leads to into Url. A sign-in page means a wrong address."
    elif status in ERROR:
        wrong = f"The server, or what stands before it, fails ({status})."
        remedy = "Look at its log."
        if empty_body:
            remedy += " If it cannot take an empty body, --send-marker tells for sure."
    else:
        template, remedy = REFUSALS.get(
            status, (f"It answers {status}, which it should not.", "Look at the server's log.")
        )
        wrong = template.format(url=url)
    if of_provider := OF_PROVIDERS.get((target.provider, status)):
        remedy = of_provider.replace("{set_token}", target.set_token)
    return Finding(subject, wrong, remedy)


def _page(subject: str, answer: Answer) -> Finding | None:
    """The fault of an address where a page for people answers, and takes whatever is sent."""
    begins = answer.body.removeprefix(b"\xef\xbb\xbf").lstrip()[:100].lower()
    is_html = answer.headers.get_content_type() == "text/html" and begins.startswith(b"<")
    if not is_html and not begins.startswith(PAGE_BEGINS):
        return None
    return Finding(
        subject,
        f"A web page answers ({answer.status}), such as a user interface or a sign-in page: events "
        "would get lost.",
        "Put the address of the catalogue's API into Url, not that of its web pages.",
    )


def _without_query(location: str) -> str:
    """The address without what may hold a token; nothing where it is none."""
    try:
        place = urlsplit(location)
    except ValueError:
        return ""
    return f"{place.scheme}://{place.netloc}{place.path}" if place.netloc else place.path


def _unauthorised(target: Target) -> tuple[str, str]:
    if not target.token:
        return (
            "It wants a token, and this catalogue is set to have none (401).",
            "Set Authentication, and put the token in.",
        )
    return (
        "It does not accept the token (401): it is wrong, has expired or was revoked.",
        f"Make a new one in the catalogue and put it in: {target.set_token}",
    )
