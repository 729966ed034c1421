"""Evaluation of a synthesised listener's rules for a request."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.templates.synthesis import Json, Synthesis, rendered

LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
HTTPS = 443


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of a listener; `stack` is that of the listener, `place` where the rule stands."""

    stack: str
    place: str
    priority: int
    conditions: list[Json]
    actions: list[Json]

    @property
    def signs_in_first(self) -> bool:
        """Whether it sends people without a session to the provider."""
        return self._without_session == "authenticate"

    @property
    def needs_session(self) -> bool:
        """Whether nobody gets further without a session."""
        return self._without_session in {"authenticate", "deny"}

    @property
    def _without_session(self) -> str | None:
        first: Json = min(self.actions, key=lambda action: int(action.get("Order", 1)))
        if first["Type"] != "authenticate-oidc":
            return None
        return str(first["AuthenticateOidcConfig"]["OnUnauthenticatedRequest"])

    @property
    def target(self) -> str:
        """The target group: its stack and its logical id."""
        (forward,) = (each for each in self.actions if each["Type"] == "forward")
        name = rendered(forward["TargetGroupArn"]).strip("<>")
        if exported := re.fullmatch(r".+-(\w+):ExportsOutputRef(\w+)[0-9A-F]{8}", name):
            return "/".join(exported.groups())
        return f"{self.place.partition('/')[0]}/{name}"

    @property
    def hosts(self) -> list[str]:
        """Host names that the rule is for; empty for every host name."""
        return [
            host
            for each in self.conditions
            if each["Field"] == "host-header"
            for host in each["HostHeaderConfig"]["Values"]
        ]

    @property
    def last_action(self) -> Json:
        """The action that answers."""
        return max(self.actions, key=lambda action: int(action.get("Order", 1)))

    def takes(self, host: str, path: str, query: Mapping[str, str]) -> bool:
        return all(_holds(each, host, path, query) for each in self.conditions)


def https_rules(synthesis: Synthesis) -> Iterator[Rule]:
    """Every rule of every listener on 443, and the default of each with the last priority."""
    for stack, logical_id, resource in synthesis.all_resources():
        properties = resource.get("Properties", {})
        if resource["Type"] == LISTENER and properties["Port"] == HTTPS:
            yield Rule(
                stack=stack,
                place=f"{stack}/{logical_id}",
                priority=50_001,
                conditions=[],
                actions=properties["DefaultActions"],
            )
        if resource["Type"] == RULE:
            imported = re.search(r"ImportValue.+?-(\w+):", str(properties["ListenerArn"]))
            yield Rule(
                stack=imported[1] if imported else stack,
                place=f"{stack}/{logical_id}",
                priority=properties["Priority"],
                conditions=properties["Conditions"],
                actions=properties["Actions"],
            )


def rule_for(
    synthesis: Synthesis, stack: str, host: str, path: str, query: Mapping[str, str] | None = None
) -> Rule:
    """The rule that takes a request to the listener of a stack."""
    rules = sorted(
        (rule for rule in https_rules(synthesis) if rule.stack == stack),
        key=lambda rule: rule.priority,
    )
    return next(rule for rule in rules if rule.takes(host, path, query or {}))


def _holds(condition: Json, host: str, path: str, query: Mapping[str, str]) -> bool:
    match condition:
        case {"Field": "host-header", "HostHeaderConfig": {"Values": values}}:
            return any(fnmatch.fnmatchcase(host.lower(), value.lower()) for value in values)
        case {"Field": "path-pattern", "PathPatternConfig": {"Values": values}}:
            return any(fnmatch.fnmatchcase(path, value) for value in values)
        case {"Field": "query-string", "QueryStringConfig": {"Values": values}}:
            return any(
                each["Key"] in query and fnmatch.fnmatchcase(query[each["Key"]], each["Value"])
                for each in values
            )
    raise AssertionError(f"A condition that nobody thought of: {condition}")
