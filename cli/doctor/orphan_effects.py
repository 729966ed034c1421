"""What stacks that left the configuration still do."""

from __future__ import annotations

from config.stack_names import Kind

# In the order in which they can be removed: hosts depend on the load balancer that serves them and
# forward to environments, and all of these depend on the network. The table of grants is kept.
EFFECTS = {
    Kind.PIPELINE: "still deploys each commit of its branch",
    Kind.ALARMS: "still watches that environment, and pages",
    Kind.UI: "still forwards people who sign in under its host to that web server",
    Kind.QUICK_START: (
        "still lets everybody who signs in into its environment, under its fixed role"
    ),
    Kind.WAY: "still joins that VPC to the load balancer's, and lets this one in",
    Kind.GATE: "still runs a load balancer, which serves nothing",
    Kind.SSO: "still lets people in as the table of grants says",
    Kind.ENVIRONMENT: "still runs its environment, which costs what it did",
    Kind.TOPIC: "still has its topic and a key, which costs what it did",
    Kind.NETWORK: "still runs a VPC with its NAT gateways, which cost what they did",
    Kind.DEPLOYERS: "still lets jobs of its repository look at the platform, and deploy it",
}
"""What an orphaned stack of each kind still does."""
