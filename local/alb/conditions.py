"""The conditions of a listener rule, as the load balancer weighs them.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RequestFields:
    """What conditions look at. Path and query as they were sent, header names in lower case."""

    method: str
    host: str
    path: str
    query: str = ""
    headers: Sequence[tuple[str, str]] = ()

    @property
    def host_name(self) -> str:
        """The host without its port, in lower case."""
        return re.sub(r":\d+$", "", self.host).lower()


Condition = Callable[[RequestFields], bool]


def read_condition(described: Mapping[str, Any]) -> Condition | None:
    """The condition that the API describes; None for a kind that is not known here."""
    values = described.get("Values") or ()
    match described["Field"]:
        case "path-pattern" if values:
            return path_pattern(*values)
        case "host-header" if values:
            return host_header(*values)
        case "http-request-method" if values:
            return lambda facts: facts.method in values
        case "http-header":
            return _http_header(described["HttpHeaderConfig"])
        case "query-string":
            return _query_string(described["QueryStringConfig"]["Values"])
    return None


def path_pattern(*patterns: str) -> Condition:
    """Upper and lower case differ."""
    found = [_wildcards(each) for each in patterns]
    return lambda facts: _any(found, facts.path)


def host_header(*patterns: str) -> Condition:
    """Upper and lower case are the same; the port does not count."""
    found = [_wildcards(each.lower()) for each in patterns]
    return lambda facts: _any(found, facts.host_name)


def _http_header(config: Mapping[str, Any]) -> Condition:
    name = config["HttpHeaderName"].lower()
    found = [_wildcards(each, re.IGNORECASE) for each in config["Values"]]
    return lambda facts: any(_any(found, value) for each, value in facts.headers if each == name)


def _query_string(wanted: Iterable[Mapping[str, str]]) -> Condition:
    """One pair of the query is enough, in any case; without a key, any pair of that value."""
    pairs = [
        (
            _wildcards(pair.get("Key") or "*", re.IGNORECASE),
            _wildcards(pair["Value"], re.IGNORECASE),
        )
        for pair in wanted
    ]

    def holds(facts: RequestFields) -> bool:
        sent = [part.partition("=")[::2] for part in facts.query.split("&")]
        return any(
            key.fullmatch(name) and value.fullmatch(text)
            for name, text in sent
            for key, value in pairs
        )

    return holds


def _any(patterns: Iterable[re.Pattern[str]], text: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in patterns)


def _wildcards(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    r"""`*` and `?`, each itself behind a backslash; any other character means itself."""
    meaning = {"*": ".*", "?": "."}
    parts = re.findall(r"\\[*?\\]|.", pattern, re.DOTALL)
    return re.compile(
        "".join(meaning.get(each) or re.escape(each[-1]) for each in parts), re.DOTALL | flags
    )
