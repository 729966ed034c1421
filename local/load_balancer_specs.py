"""The load balancers of a run: their stacks, ports and host names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from config.model import Configuration
from config.stack_names import Kind, stacks
from local.layout import PORTAL_HOST, Layout, ui_host


@dataclass(frozen=True, kw_only=True)
class LoadBalancerSpec:
    """A load balancer: the id of its stack, its port, its client and what it serves.

    `portal` is the portal's host name, None where it serves environments alone; `environments` are
    those that it serves under host names of their own.
    """

    stack: str
    port: int
    client_id: str
    portal: str | None
    environments: tuple[str, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        """Its host names; the first is the one that people open."""
        hosts = tuple(map(ui_host, self.environments))
        return (self.portal, *hosts) if self.portal else hosts

    @property
    def origins(self) -> tuple[str, ...]:
        """Its origins (scheme, host and port), one for each host name."""
        return tuple(f"https://{host}:{self.port}" for host in self.hosts)

    @property
    def ui_urls(self) -> Mapping[str, str]:
        """The URL of each environment's Airflow behind it, by the environment's name."""
        return {name: f"https://{ui_host(name)}:{self.port}/" for name in self.environments}


def load_balancer_specs(
    configuration: Configuration, layout: Layout
) -> tuple[LoadBalancerSpec, ...]:
    """Every load balancer that the configuration deploys, the portal's first."""
    return tuple(_specs(configuration, layout))


def _specs(configuration: Configuration, layout: Layout) -> Iterator[LoadBalancerSpec]:
    for stack in stacks(configuration):
        if stack.kind is Kind.SSO:
            yield LoadBalancerSpec(
                stack=stack.id,
                port=layout.ports["alb"],
                client_id=configuration.oidc.client_id,
                portal=PORTAL_HOST,
                environments=() if configuration.ui_gate else _served(configuration, Kind.UI),
            )
        elif configuration.ui_gate and stack.kind is Kind.GATE:
            yield LoadBalancerSpec(
                stack=stack.id,
                port=layout.ports["gate"],
                client_id=configuration.ui_gate.client_id,
                portal=None,
                environments=_served(configuration, Kind.UI),
            )
        elif stack.kind is Kind.QUICK_START:
            yield LoadBalancerSpec(
                stack=stack.id,
                port=layout.ports["quick start" if configuration.has_portal else "alb"],
                client_id=configuration.quick_start_client.client_id,
                portal=None,
                environments=_served(configuration, stack.kind),
            )


def _served(configuration: Configuration, kind: Kind) -> tuple[str, ...]:
    return tuple(each.serves for each in stacks(configuration) if each.kind is kind and each.serves)
