"""`protect`: the termination protection of stacks that another than the CDK CLI deployed.

CodePipeline deploys by CloudFormation's own actions, which leave it as it is.
https://github.com/aws/aws-cdk/issues/17871
"""

from __future__ import annotations

import console
from cli.commands import Protect
from cli.deploy.states import HOLDS_NOTHING, read_states
from cli.deployed import deployed_platform
from config.stack_names import is_protected, stack_name, stacks


def protect(options: Protect) -> None:
    """Protects what is deployed against deletion, or no longer, as the file says."""
    with deployed_platform(options) as platform:
        cloudformation = platform.session.client("cloudformation")
        states = read_states(platform)
        for stack in stacks(platform.configuration):
            state = states.get(stack.id)
            wanted = is_protected(platform.configuration, stack)
            # What holds nothing is deleted before it is made again.
            if not state or state.protected is wanted or state.status == HOLDS_NOTHING:
                continue
            cloudformation.update_termination_protection(
                StackName=stack_name(platform.outline.app_name, stack.id),
                EnableTerminationProtection=wanted,
            )
            console.say(
                f"{stack.id} {'is' if wanted else 'is no longer'} protected against deletion."
            )
