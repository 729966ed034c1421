"""What an existing VPC must have, or must not, before the deployment, as a plan says it."""

from __future__ import annotations

from collections.abc import Iterator, Set

from cli.plan.plan import Action, Plan
from config.connectivity import Connectivity
from config.environment_network import environment_network
from config.model import Configuration
from config.stack_names import Kind, stacks
from config.ways import ExistingVpc
from mwaa.endpoints import with_endpoint

MADE_OF_WAYS = {"AWS::EC2::VPCPeeringConnection", "AWS::EC2::Route"}


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


def ways_made(plan: Plan) -> set[str]:
    """The ids of the stacks of existing VPCs in which a deployment makes a way, or may."""
    return {
        each.id
        for each in plan.stacks
        if each.kind is Kind.WAY
        and (each.action is Action.MADE or MADE_OF_WAYS & {type_ for type_, _ in each.resources})
    }


def notes_on_ways(configuration: Configuration, made: Set[str]) -> Iterator[str]:
    """A sentence for each existing VPC that a stack of `made`, by id, joins.

    Two VPCs have one peering connection. A request for a second one is answered with the first,
    which the stack then deletes when it goes, or is refused:
    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/vpc_peering_connection
    """
    for stack in stacks(configuration):
        match stack.about:
            case ExistingVpc(vpc_id=vpc_id, connectivity=Connectivity()) if stack.id in made:
                yield (
                    f"If {vpc_id} is joined to the load balancer's VPC already, by a peering or "
                    f"routes that you made, do not deploy {stack.id}: AWS refuses it, and taking "
                    'it back can delete your peering. Connectivity {"Way": "None"} in the entry '
                    "keeps yours, and makes the rule on 443 alone."
                )
