"""The load balancers of a run: which stack has each, and where people reach it."""

from __future__ import annotations

from dataclasses import dataclass

from config.model import Configuration
from local.layout import Layout


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """A load balancer: the id of its stack, its port, and the host names that lead to it.

    The first host is the one that people open.
    """

    stack: str
    port: int
    hosts: tuple[str, ...]

    @property
    def origins(self) -> tuple[str, ...]:
        """Where it answers, without the slash at the end."""
        return tuple(f"https://{host}:{self.port}" for host in self.hosts)


def entrances(configuration: Configuration, layout: Layout) -> tuple[Entrance, ...]:
    """Every load balancer that the configuration deploys."""
    del configuration
    return (Entrance(stack="Sso", port=layout.ports["alb"], hosts=("localhost",)),)
