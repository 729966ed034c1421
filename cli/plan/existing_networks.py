"""What an existing VPC must have before an environment is made in it, as a plan says it."""

from __future__ import annotations

from collections.abc import Iterator, Set

from cli.plan.plan import Action, Plan
from config.environment_network import environment_network
from config.model import Configuration
from config.stack_names import Kind
from mwaa.endpoints import with_endpoint


def environments_made(plan: Plan) -> set[str]:
    """The names of the environments that a deployment makes."""
    return {
        str(each.environment)
        for each in plan.stacks
        if each.action is Action.MADE and each.kind is Kind.ENVIRONMENT
    }


def needs_of_networks(
    configuration: Configuration, made: Set[str], *, region: str | None = None
) -> Iterator[str]:
    """A sentence for each environment of `made`, by name, that no stack makes its endpoints for.

    Without a Region it names the services of all Regions.
    """
    for environment in configuration.new_environments:
        network = environment_network(configuration, environment)
        if network.endpoints_owner or not network.needed_services or environment.name not in made:
            continue
        services = network.needed_services
        if region:
            services = with_endpoint(services, region)
        yield (
            f"{environment.name} has no route to the internet: {network.vpc_id} must have "
            f"interface endpoints with private DNS of {', '.join(services)}, and the gateway "
            "endpoint of S3. `./mwaa-platform doctor` looks for them."
        )
