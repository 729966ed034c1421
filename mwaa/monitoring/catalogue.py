"""Every alarm by its name, and which a configuration may name where."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mwaa.monitoring import environment, sign_in
from mwaa.monitoring.alarm import Alarm

OF_ENVIRONMENTS: Mapping[str, Alarm] = MappingProxyType(
    {
        each.name: each
        for each in (
            *environment.FROM_METRICS,
            environment.REQUIREMENTS,
            environment.LINEAGE,
            *sign_in.HOST,
            sign_in.HOST_ADDRESSES,
            sign_in.HOST_RULE,
        )
    }
)
"""Those about one environment, whose entry may change them."""

OF_SIGN_IN: Mapping[str, Alarm] = MappingProxyType(
    {
        each.name: each
        for each in (
            *sign_in.ENTRANCE,
            *sign_in.AUTHENTICATOR,
            *sign_in.AUDIT,
            sign_in.GRANTS,
        )
    }
)
"""Those about signing in."""

ALARMS: Mapping[str, Alarm] = MappingProxyType({**OF_ENVIRONMENTS, **OF_SIGN_IN})
