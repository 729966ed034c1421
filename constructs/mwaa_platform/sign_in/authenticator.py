"""The function that decides who enters which environment, as a target of the load balancer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import aws_cdk as cdk
import jsii
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from mwaa_platform.python_function import PythonFunction
from mwaa_platform.retention import AUDIT_LOGS
from mwaa_platform.sign_in.authenticator_bundle import AuthenticatorBundle
from mwaa_platform.sign_in.decisions import Decision
from mwaa_platform.sign_in.policy_chunks import allow_on_many
from mwaa_platform.sign_in.web_login_roles import WebLoginRoles

METRICS = "MwaaPlatform"
"""The namespace of the metrics that the authenticator writes into its log."""


@dataclass(frozen=True, kw_only=True)
class ListedEnvironment:
    """An environment that people may enter, and what the portal says about it.

    `ui_host` is the host under which the load balancer itself serves its web server, and
    `ui_session_cookie` the name of the load balancer's session cookie there.
    """

    name: str
    description: str | None = None
    airflow_version: str | None = None
    access_mode: str | None = None
    ui_host: str | None = None
    ui_session_cookie: str | None = None


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """How the authenticator knows a sign-in of this load balancer from anybody else's."""

    load_balancer_arn: str
    issuer: str
    client_id: str
    public_key_endpoint: str
    session_cookie_name: str
    groups_claim: str = "groups"
    end_session_endpoint: str | None = None


def public_key_endpoint(region: str) -> str:
    """Where load balancers of the Region publish the keys that they sign with.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
    """
    if not cdk.Token.is_unresolved(region) and region.startswith("us-gov-"):
        return f"https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}"
    return f"https://public-keys.auth.elb.{region}.amazonaws.com"


class Authenticator(Construct):
    """The function, the web login roles that only it takes on, and its target group."""

    target_group: elbv2.ApplicationTargetGroup
    log_group: logs.ILogGroup

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        platform: str,
        name_prefix: str,
        environments: Sequence[ListedEnvironment],
        decision: Decision,
        signed_in: SignedIn,
        portal_host: str | None = None,
    ) -> None:
        """`platform` is the dimension of its metrics. `name_prefix` begins the names of the target
        group and the web login roles. `portal_host` is the portal's, where it is known.
        """
        super().__init__(scope, construct_id)
        self._platform = platform
        target_group_name = f"{name_prefix}-authn"
        target_group_prefix = _target_group_prefix(self, target_group_name)
        authenticator = _function(self, environments)
        self.log_group = authenticator.log_group
        names = [environment.name for environment in environments]
        logins = _permit(self, authenticator.role, names, decision, name_prefix)
        for variable, value in {
            **_who_signed_in(signed_in),
            **decision.variables,
            "PLATFORM": platform,
            "TARGET_GROUP_PREFIX": target_group_prefix,
            "WEB_LOGIN_ROLE_ARNS": logins.arns_as_json,
            **({"PORTAL_HOST": portal_host} if portal_host else {}),
        }.items():
            authenticator.function.add_environment(variable, value)
        self.target_group = _target_group(
            self,
            target_group_name,
            function_arn=authenticator.function.function_arn,
            invoked_by=f"{target_group_prefix}*",
        )
        _save_query(self, name_prefix, self.log_group)

    def metric_sign_ins(
        self, *, environment: str | None = None, role: str | None = None
    ) -> cloudwatch.Metric:
        """People let into an environment: of all, or of one environment under one role."""
        return self._metric("SignIns", environment, role)

    def metric_denials(
        self, *, environment: str | None = None, role: str | None = None
    ) -> cloudwatch.Metric:
        """Requests that were refused: of all, or for one environment under one role."""
        return self._metric("Denials", environment, role)

    def metric_failures(
        self, *, environment: str | None = None, role: str | None = None
    ) -> cloudwatch.Metric:
        """Requests that could not be decided: of all, or for one environment under one role."""
        return self._metric("Failures", environment, role)

    def _metric(self, name: str, environment: str | None, role: str | None) -> cloudwatch.Metric:
        dimensions = {"Platform": self._platform}
        if environment and role:
            dimensions |= {"Environment": environment, "Role": role}
        elif environment or role:
            raise ValueError("Metrics are kept by environment and role together, or by neither")
        return cloudwatch.Metric(
            namespace=METRICS, metric_name=name, dimensions_map=dimensions, statistic="Sum"
        )


def _target_group_prefix(scope: Construct, name: str) -> str:
    """What the ARN of a target group of this name begins with."""
    return cdk.Stack.of(scope).format_arn(
        service="elasticloadbalancing", resource="targetgroup", resource_name=f"{name}/"
    )


def _target_group(
    scope: Construct, name: str, *, function_arn: str, invoked_by: str
) -> elbv2.ApplicationTargetGroup:
    permission = lambda_.CfnPermission(
        scope,
        "Invocation",
        action="lambda:InvokeFunction",
        function_name=function_arn,
        principal="elasticloadbalancing.amazonaws.com",
        source_arn=invoked_by,
    )
    target_group = elbv2.ApplicationTargetGroup(
        scope,
        "TargetGroup",
        target_group_name=name,
        target_type=elbv2.TargetType.LAMBDA,
        multi_value_headers_enabled=True,
        targets=[_LambdaTarget(function_arn)],
    )
    # Registering the function is refused before the load balancer may invoke it.
    target_group.node.add_dependency(permission)
    return target_group


@jsii.implements(elbv2.IApplicationLoadBalancerTarget)
class _LambdaTarget:
    """The CDK's own target would let every load balancer of every account invoke the function."""

    def __init__(self, function_arn: str) -> None:
        self._function_arn = function_arn

    def attach_to_application_target_group(
        self, _target_group: elbv2.IApplicationTargetGroup
    ) -> elbv2.LoadBalancerTargetProps:
        return elbv2.LoadBalancerTargetProps(
            target_type=elbv2.TargetType.LAMBDA, target_json={"id": self._function_arn}
        )


def _function(scope: Construct, environments: Sequence[ListedEnvironment]) -> PythonFunction:
    bundle = AuthenticatorBundle([asdict(environment) for environment in environments])
    with bundle.failing_plainly():
        return PythonFunction(
            scope,
            "Handler",
            code=bundle.code,
            handler="authenticator.handler.handle",
            description="Checks sign-ins and mints tokens for Airflow's web servers.",
            memory_size=256,
            timeout=cdk.Duration.seconds(15),
            log_retention=AUDIT_LOGS,
        )


def _permit(
    scope: Construct,
    role: iam.IRole,
    names: Sequence[str],
    decision: Decision,
    name_prefix: str,
) -> WebLoginRoles:
    """Let the function decide, look at the environments, and take the web login roles on."""
    logins = WebLoginRoles(
        scope,
        "WebLogin",
        name_prefix=name_prefix,
        trusted=role,
        environment_names=names,
        airflow_roles=decision.airflow_roles,
    )
    logins.grant_assume(role)
    _allow_to_look_at(scope, role, names)
    decision.grant(role)
    return logins


def _save_query(scope: Construct, name_prefix: str, log_group: logs.ILogGroup) -> None:
    logs.QueryDefinition(
        scope,
        "WhoOpenedWhat",
        query_definition_name=f"{name_prefix}/who opened what",
        log_groups=[log_group],
        query_string=logs.QueryString(
            fields=["@timestamp", "who", "environment", "role", "airflow_identity", "reference"],
            filter_statements=['event = "sign-in"', 'decision = "allow"'],
            sort="@timestamp desc",
            limit=1000,
        ),
    )


def _allow_to_look_at(scope: Construct, role: iam.IRole, names: Sequence[str]) -> None:
    prefix = "arn:${AWS::Partition}:airflow:${AWS::Region}:${AWS::AccountId}:environment/"
    allow_on_many(
        scope,
        "Environments",
        role=role,
        action="airflow:GetEnvironment",
        arns=[f"{prefix}{name}" for name in names],
    )


def _who_signed_in(signed_in: SignedIn) -> dict[str, str]:
    variables = {
        "ALB_ARN": signed_in.load_balancer_arn,
        "OIDC_ISSUER": signed_in.issuer,
        "OIDC_CLIENT_ID": signed_in.client_id,
        "OIDC_GROUPS_CLAIM": signed_in.groups_claim,
        "PUBLIC_KEY_ENDPOINT": signed_in.public_key_endpoint,
        "SESSION_COOKIE_NAME": signed_in.session_cookie_name,
    }
    if signed_in.end_session_endpoint:
        variables["OIDC_END_SESSION_ENDPOINT"] = signed_in.end_session_endpoint
    return variables
