"""What AWS refuses of listener rules and of the default actions of listeners.

Documented, at https://docs.aws.amazon.com/elasticloadbalancing/latest/, in

- application/rule-action-types.html: which actions may stand together;
- APIReference/API_RedirectActionConfig.html, APIReference/API_FixedResponseActionConfig.html;
- application/rule-condition-types.html: three match evaluations for each condition, and one
  condition of most types;
- APIReference/API_HostHeaderConditionConfig.html and its siblings: the lengths of values;
- application/load-balancer-limits.html: values and wildcards of a rule;
- APIReference/API_CreateRule.html: priorities.

Actions and conditions are read in the form of the API, which is CloudFormation's too. The AWS
stand-in, which has an environment of its own, imports this module: it needs Python alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Described = Mapping[str, Any]

ROUTING = ("forward", "redirect", "fixed-response")
AUTHENTICATION = "authenticate-"

PART_LIMIT = 128
LAST_PORT = 65_535
PARTS = {
    "StatusCode": (r"HTTP_30[12]", "HTTP_301 or HTTP_302"),
    "Protocol": (r"HTTPS?|#\{protocol\}", "HTTP, HTTPS or #{protocol}"),
    "Host": (r".+", "one character at least"),
    "Port": (r"[1-9]\d*|#\{port\}", "a port or #{port}"),
    "Path": (r"/.*", "absolute"),
}
KEYWORDS = {
    "Host": {"#{host}"},
    "Path": {"#{host}", "#{path}", "#{port}"},
    "Query": {"#{protocol}", "#{host}", "#{port}", "#{path}", "#{query}"},
}
UNCHANGED = {"Protocol": "#{protocol}", "Host": "#{host}", "Port": "#{port}", "Path": "/#{path}"}
"""The parts of a redirect of which one must change, with their defaults."""

CONTENT_TYPES = (
    *("text/plain", "text/css", "text/html"),
    *("application/javascript", "application/json"),
)
BODY_LIMIT_BYTES = 1024

DEFAULT = "default"
LAST_PRIORITY = 50_000

CONDITION_VALUES, RULE_VALUES = 3, 5
# The quotas say six, the description of conditions says five.
RULE_WILDCARDS = 5
VALUE_LIMIT = 128
NAME_LIMIT = 40
"""Of a header's name and of a request method."""
WITH_WILDCARDS = ("host-header", "http-header", "path-pattern", "query-string")
ONCE = ("host-header", "http-request-method", "path-pattern", "source-ip")
CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
# A name with a dot and a top-level domain of letters. AWS refuses `localhost`, the portal's host
# on one machine.
HOST = re.compile(r"[\w.*?-]*\.[A-Za-z]+|localhost", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Address:
    """Protocol and port of a listener."""

    protocol: str
    port: int


def refusals(rule: Described, listener: Address, *, taken: Collection[str] = ()) -> list[str]:
    """What AWS refuses of a rule: its actions, conditions, and its priority beside `taken` ones.

    A default rule has neither conditions nor a number as its priority.
    """
    return [
        *_of_actions(rule["Actions"], listener),
        *_of_conditions(rule.get("Conditions") or ()),
        *_of_priority(str(rule.get("Priority", DEFAULT)), taken),
    ]


def _of_actions(actions: Sequence[Described], listener: Address) -> Iterator[str]:
    ordered = sorted(actions, key=lambda action: int(action.get("Order", 0)))
    types = [str(action["Type"]) for action in ordered]
    routing = [each for each in types if each in ROUTING]
    if len(routing) != 1 or types[-1] not in ROUTING:
        yield f"exactly one action must be one of {', '.join(ROUTING)}, and it must be the last one"
    authenticating = [each for each in types if each.startswith(AUTHENTICATION)]
    if len(authenticating) > 1:
        yield "only one action may authenticate"
    if authenticating and listener.protocol != "HTTPS":
        yield f"{authenticating[0]} needs an HTTPS listener"
    for action in ordered:
        match action["Type"]:
            case "redirect":
                yield from _of_redirect(action.get("RedirectConfig") or {}, listener)
            case "fixed-response":
                yield from _of_response(action.get("FixedResponseConfig") or {})


def _of_redirect(config: Described, listener: Address) -> Iterator[str]:
    parts = {**UNCHANGED, **{name: str(value) for name, value in config.items()}}
    for name, (pattern, allowed) in PARTS.items():
        if not re.fullmatch(pattern, parts.get(name, ""), re.DOTALL):
            yield f"the {name} of a redirect must be {allowed}"
    for name, keywords in KEYWORDS.items():
        part = parts.get(name, "")
        if len(part) > PART_LIMIT:
            yield f"the {name} of a redirect has {len(part)} of at most {PART_LIMIT} characters"
        if unknown := set(re.findall(r"#\{\w*\}", part)) - keywords:
            yield f"the {name} of a redirect may not contain {', '.join(sorted(unknown))}"
    if parts["Port"].isdecimal() and int(parts["Port"]) > LAST_PORT:
        yield f"the Port of a redirect is above {LAST_PORT}"
    if (listener.protocol, parts["Protocol"]) == ("HTTPS", "HTTP"):
        yield "HTTPS may not be redirected to HTTP"
    # AWS sees the listener's own protocol and port as no change:
    # https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/487
    own = {"Protocol": listener.protocol, "Port": str(listener.port)}
    if all(parts[name] in (keyword, own.get(name)) for name, keyword in UNCHANGED.items()):
        yield f"a redirect must change one of {', '.join(UNCHANGED)}, or it creates a loop"


def _of_response(config: Described) -> Iterator[str]:
    if not re.fullmatch(r"[245]\d\d", str(config.get("StatusCode", ""))):
        yield "the StatusCode of a fixed response must be 2XX, 4XX or 5XX"
    if (config.get("ContentType") or CONTENT_TYPES[0]) not in CONTENT_TYPES:
        yield f"the ContentType of a fixed response must be one of {', '.join(CONTENT_TYPES)}"
    size = len(str(config.get("MessageBody") or "").encode())
    if size > BODY_LIMIT_BYTES:
        yield f"the MessageBody of a fixed response has {size} of at most {BODY_LIMIT_BYTES} bytes"


def _of_conditions(conditions: Sequence[Described]) -> Iterator[str]:
    read = [(str(each["Field"]), _values(each)) for each in conditions]
    fields = [field for field, _ in read]
    yield from (f"only one condition may be on {each}" for each in ONCE if fields.count(each) > 1)
    for field, values in read:
        if len(values) > CONDITION_VALUES:
            yield f"the condition on {field} has {len(values)} of at most {CONDITION_VALUES} values"
        yield from _of_values(field, [text for value in values for text in value])
    names = [(each.get("HttpHeaderConfig") or {}).get("HttpHeaderName", "") for each in conditions]
    if any(len(name) > NAME_LIMIT for name in names):
        yield f"the name of a header has more than {NAME_LIMIT} characters"
    count = sum(len(values) for _, values in read)
    if count > RULE_VALUES:
        yield f"the rule has {count} of at most {RULE_VALUES} values"
    texts = [
        text
        for field, values in read
        if field in WITH_WILDCARDS
        for each in values
        for text in each
    ]
    wildcards = sum(len(re.findall(r"[*?]", re.sub(r"\\.", "", text))) for text in texts)
    if wildcards > RULE_WILDCARDS:
        yield f"the rule has {wildcards} of at most {RULE_WILDCARDS} wildcards"


def _of_values(field: str, texts: Iterable[str]) -> Iterator[str]:
    limit = NAME_LIMIT if field == "http-request-method" else VALUE_LIMIT
    for text in texts:
        if len(text) > limit:
            yield f"a value on {field} has {len(text)} of at most {limit} characters"
        if field == "host-header" and not HOST.fullmatch(text):
            yield f"the host {text!r} must have a dot, and letters alone after the last one"


def _values(condition: Described) -> list[tuple[str, ...]]:
    """The values of a condition: one text each, or key and value of a pair in the query."""
    config = condition.get(CONFIGS.get(str(condition["Field"]), "")) or {}
    return [
        (str(each.get("Key") or ""), str(each["Value"]))
        if isinstance(each, Mapping)
        else (str(each),)
        for each in condition.get("Values") or config.get("Values") or ()
    ]


def _of_priority(priority: str, taken: Collection[str]) -> Iterator[str]:
    if priority in taken:
        yield f"the priority {priority} is in use"
    if priority != DEFAULT and not 1 <= int(priority) <= LAST_PRIORITY:
        yield f"the priority {priority} is not between 1 and {LAST_PRIORITY}"
