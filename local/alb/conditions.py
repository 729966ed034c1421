"""The conditions of listener rules.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RequestFields:
    """The parts of a request that conditions match.

    Path and query are those that were sent, header names are in lower case.
    """

    method: str
    host: str
    path: str
    query: str = ""
    headers: Sequence[tuple[str, str]] = ()

    @property
    def host_name(self) -> str:
        """The host in lower case, without a port of any spelling and without a dot at its end.

        AWS does not document how a load balancer reads `host:0443`, `host:` or `host.`; here they
        are the host, so that whatever stands behind must not rely on the spelling.
        """
        return re.sub(r":[^:\]]*$", "", self.host).rstrip(".").lower()


Condition = Callable[[RequestFields], bool]


def read_condition(described: Mapping[str, Any]) -> Condition | None:
    """The condition that the API describes; None if its field is not supported."""
    values = described.get("Values") or ()
    match described["Field"]:
        case "path-pattern" if values:
            return path_pattern(*values)
        case "host-header" if values:
            return host_header(*values)
        case "http-request-method" if values:
            return lambda request: request.method in values
        case "http-header":
            return _http_header(described["HttpHeaderConfig"])
        case "query-string":
            return _query_string(described["QueryStringConfig"]["Values"])
    return None


def path_pattern(*patterns: str) -> Condition:
    """A condition on the path; case-sensitive."""
    compiled = [_wildcards(each) for each in patterns]
    return lambda request: _any(compiled, request.path)


def host_header(*patterns: str) -> Condition:
    """A condition on the host name; case-insensitive, without the port."""
    compiled = [_wildcards(each.lower()) for each in patterns]
    return lambda request: _any(compiled, request.host_name)


def _http_header(config: Mapping[str, Any]) -> Condition:
    name = config["HttpHeaderName"].lower()
    compiled = [_wildcards(each, re.IGNORECASE) for each in config["Values"]]
    return lambda request: any(
        _any(compiled, value) for each, value in request.headers if each == name
    )


def _query_string(values: Iterable[Mapping[str, str]]) -> Condition:
    """A condition that one of the pairs matches, case-insensitively; a missing key matches any."""
    pairs = [
        (
            _wildcards(pair.get("Key") or "*", re.IGNORECASE),
            _wildcards(pair["Value"], re.IGNORECASE),
        )
        for pair in values
    ]

    def condition(request: RequestFields) -> bool:
        sent = [part.partition("=")[::2] for part in request.query.split("&")]
        return any(
            key.fullmatch(name) and value.fullmatch(text)
            for name, text in sent
            for key, value in pairs
        )

    return condition


def _any(patterns: Iterable[re.Pattern[str]], text: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in patterns)


def _wildcards(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    r"""A pattern with the wildcards `*` and `?`, which a backslash escapes."""
    wildcards = {"*": ".*", "?": "."}
    parts = re.findall(r"\\[*?\\]|.", pattern, re.DOTALL)
    return re.compile(
        "".join(wildcards.get(each) or re.escape(each[-1]) for each in parts), re.DOTALL | flags
    )
