"""What the commands that look at a platform, and that deploy it, must be allowed.

`*` stands alone where an action takes no resource, or asks for all of them.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mwaa.permissions.drift import OF_FUNCTIONS, drift_actions
from mwaa.permissions.statement import Location, Statement

AUDIENCE = "sts.amazonaws.com"
"""Whom the tokens of jobs are for, by which they act as roles."""
BOOTSTRAP_ROLES = ("deploy-role", "file-publishing-role")
"""The roles of the CDK's bootstrap as which its command line deploys. That of lookups can read
nearly all of an account, and nothing is looked up.
https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
"""
LOOK_AT_ALL = (
    "airflow:ListEnvironments",
    "cloudformation:BatchDescribeTypeConfigurations",
    "cloudformation:DescribeStackDriftDetectionStatus",
    "cloudformation:DescribeStacks",
    "cloudformation:ListStacks",
    "ec2:DescribeAddresses",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeNatGateways",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroupRules",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeTransitGatewayVpcAttachments",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "servicequotas:GetServiceQuota",
)
READ_STACKS = (
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResourceDrifts",
    "cloudformation:DescribeStackResources",
    "cloudformation:DetectStackDrift",
    "cloudformation:DetectStackResourceDrift",
    "cloudformation:GetTemplate",
    "cloudformation:ListChangeSets",
    "cloudformation:ListStackResources",
)
READ_BUCKETS = (
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:ListBucket",
)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A platform to look at and to deploy: where it is, and what its names begin with.

    - `stacks`: the beginning of the names of its stacks, such as mwaa-platform-.
    - `parameters`: the folder of its parameters in Systems Manager, such as /mwaa-platform.
    - `qualifier`: that of the bootstrap by which it is deployed.
    """

    location: Location
    stacks: str
    parameters: str
    qualifier: str

    @property
    def reading(self) -> Sequence[Statement]:
        """What `doctor`, `plan`, `status` and `explain` read; no secret, and no log.

        But Airflow lets a Viewer read DAGs' code, logs of tasks and XComs.
        """
        at = self.location
        return (
            Statement(
                sid="LookAtAll",
                purpose="find what is deployed, and what it rests on",
                actions=LOOK_AT_ALL,
                resources=("*",),
            ),
            Statement(
                sid="ReadStacks",
                purpose="read templates, events and drift of the platform's stacks",
                actions=READ_STACKS,
                resources=(self._stack_arns,),
            ),
            *self._comparing,
            Statement(
                sid="ReadEnvironments",
                purpose="read the state of environments",
                actions=("airflow:GetEnvironment",),
                resources=(at.arn("airflow", "environment/*"),),
            ),
            Statement(
                sid="AskAirflow",
                purpose="ask Airflow for its health, as Viewer",
                actions=("airflow:InvokeRestApi",),
                resources=(at.arn("airflow", "role/*/Viewer"),),
            ),
            Statement(
                sid="ReadCertificates",
                purpose="see whether certificates are issued, and for which hosts",
                actions=("acm:DescribeCertificate",),
                resources=(at.arn("acm", "certificate/*"),),
            ),
            Statement(
                sid="ReadZones",
                purpose="see whether hosted zones are those of the hosts",
                actions=("route53:GetHostedZone",),
                resources=(f"arn:{at.partition}:route53:::hostedzone/*",),
            ),
            Statement(
                sid="ReadTopics",
                purpose="see whether alarms can send, and whether somebody hears them",
                actions=("sns:GetTopicAttributes",),
                resources=(at.arn("sns", "*"),),
            ),
            Statement(
                sid="JudgeRoles",
                purpose="see what execution roles that exist may do",
                actions=("iam:GetRole", "iam:SimulatePrincipalPolicy"),
                resources=(at.iam_arn("role/*"),),
            ),
            Statement(
                sid="ReadBoundaries",
                purpose="see what permissions boundaries allow",
                actions=("iam:GetPolicy", "iam:GetPolicyVersion"),
                resources=(at.iam_arn("policy/*"), f"arn:{at.partition}:iam::aws:policy/*"),
            ),
            Statement(
                sid="ReadKeys",
                purpose="see whether keys that exist are usable",
                actions=("kms:DescribeKey", "kms:GetKeyPolicy"),
                resources=(at.arn("kms", "key/*"),),
            ),
            Statement(
                sid="ReadBuckets",
                purpose="see whether buckets that exist are as MWAA needs them",
                actions=READ_BUCKETS,
                resources=(f"arn:{at.partition}:s3:::*",),
                condition={"StringEquals": {"aws:ResourceAccount": at.account}},
            ),
            Statement(
                sid="ReadBootstrap",
                purpose="read the version of the bootstrap",
                actions=("ssm:GetParameter",),
                resources=(at.arn("ssm", f"parameter/cdk-bootstrap/{self.qualifier}/version"),),
            ),
        )

    @property
    def _comparing(self) -> Sequence[Statement]:
        """What CloudFormation reads as whoever asks it for drift."""
        actions = drift_actions()
        of_functions = [each for each in actions if each.startswith(OF_FUNCTIONS)]
        return (
            Statement(
                sid="CompareStacks",
                purpose="have CloudFormation compare resources with their templates",
                actions=[each for each in actions if each not in of_functions],
                resources=("*",),
                # Where an action takes no resource, a request has no such account.
                condition={"StringEqualsIfExists": {"aws:ResourceAccount": self.location.account}},
            ),
            Statement(
                sid="CompareFunctions",
                purpose="have CloudFormation compare the platform's functions",
                actions=of_functions,
                resources=(self.location.arn("lambda", f"function:{self.stacks}*"),),
            ),
        )

    @property
    def deploying(self) -> Sequence[Statement]:
        """What `deploy` does beyond reading: it makes nothing itself, but its parameters."""
        at = self.location
        return (
            Statement(
                sid="ActAsBootstrap",
                purpose="deploy by the roles of the bootstrap",
                actions=("sts:AssumeRole",),
                resources=self.bootstrap_roles,
            ),
            Statement(
                sid="KeepParameters",
                purpose="hold the lock of a deployment, and what the next run must know",
                actions=("ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter"),
                resources=(at.arn("ssm", f"parameter{self.parameters}/*"),),
            ),
            self.protecting,
        )

    @property
    def protecting(self) -> Statement:
        """What `protect` does beyond reading, and `deploy` where a creation failed."""
        return Statement(
            sid="EndProtection",
            purpose="protect stacks as the file says, and make one again whose creation failed",
            actions=("cloudformation:UpdateTerminationProtection",),
            resources=(self._stack_arns,),
        )

    @property
    def bootstrap_roles(self) -> Sequence[str]:
        """The ARNs of the bootstrap's roles as which the CDK's command line deploys."""
        at = self.location
        return [
            at.iam_arn(f"role/cdk-{self.qualifier}-{role}-{at.account}-{at.region}")
            for role in BOOTSTRAP_ROLES
        ]

    @property
    def _stack_arns(self) -> str:
        return self.location.arn("cloudformation", f"stack/{self.stacks}*")
