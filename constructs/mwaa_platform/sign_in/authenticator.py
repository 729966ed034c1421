"""Authenticator: the Lambda function behind the load balancer that creates web login tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import aws_cdk as cdk
import jsii
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from mwaa.monitoring.sign_in import AUTHENTICATOR_SECONDS
from mwaa_platform.python_function import PythonFunction
from mwaa_platform.retention import AUDIT_LOGS
from mwaa_platform.sign_in.access_policy import AccessPolicy
from mwaa_platform.sign_in.authenticator_bundle import AuthenticatorBundle
from mwaa_platform.sign_in.managed_policies import add_managed_policies
from mwaa_platform.sign_in.team_decision import TeamDecision
from mwaa_platform.sign_in.web_login_roles import WebLoginRoles


@dataclass(frozen=True, kw_only=True)
class PortalEnvironment:
    """Environment of the portal; None for what the configuration leaves out.

    `ui_host` is the host name under which a load balancer serves its web server; `gated` says that
    people sign in there too, before they reach it.
    """

    name: str
    description: str | None = None
    airflow_version: str | None = None
    access_mode: str | None = None
    ui_host: str | None = None
    gated: bool = False


@dataclass(frozen=True, kw_only=True)
class TokenTrust:
    """What the authenticator requires of a token of the load balancer, and reads from it.

    `public_key_endpoint` is the URL below which the signing keys are; `groups_claim` the claim with
    a person's groups; `end_session_endpoint` the provider's, None where it has none. `group_paths`:
    groups are paths, and named without the first slash; `groups_as_text`: the claim may be a text
    with several names; `require_verified_email`: the claim `email_verified` must be sent.
    """

    load_balancer_arn: str
    issuer: str
    client_id: str
    public_key_endpoint: str
    session_cookie_name: str
    groups_claim: str = "groups"
    end_session_endpoint: str | None = None
    group_paths: bool = False
    groups_as_text: bool = False
    require_verified_email: bool = True


def public_key_endpoint(region: str, url_suffix: str) -> str:
    """URL at which load balancers of the Region publish their signing keys.

    `url_suffix` is that of the partition: China's services have names of their own, and its key
    endpoint is not documented apart.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
    """
    if not cdk.Token.is_unresolved(region) and region.startswith("us-gov-"):
        return f"https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}"
    return f"https://public-keys.auth.elb.{region}.{url_suffix}"


class Authenticator(Construct):
    """Function, the web login roles that only it can assume, and its target group."""

    target_group: elbv2.ApplicationTargetGroup
    log_group: logs.ILogGroup
    function_name: str

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        platform: str,
        name_prefix: str,
        environments: Sequence[PortalEnvironment],
        access_policy: AccessPolicy,
        token_trust: TokenTrust,
        portal_host: str | None = None,
        reserved_concurrency: int | None = None,
    ) -> None:
        """Adds the authenticator.

        - `platform`: value of the metrics' dimension Platform.
        - `name_prefix`: begins the names of the target group and the web login roles.
        - `environments`: all environments that it can give access to.
        - `access_policy`: decides who may open which of them.
        - `token_trust`: the load balancer and the client whose tokens it accepts.
        - `portal_host`: the one host name that it answers; every host name by default.
        - `reserved_concurrency`: of the function; none by default.
        """
        super().__init__(scope, construct_id)
        target_group_name = f"{name_prefix}-authn"
        target_group_prefix = _target_group_prefix(self, target_group_name)
        authenticator = _function(self, environments, access_policy.decision, reserved_concurrency)
        self.log_group = authenticator.log_group
        self.function_name = authenticator.function.function_name
        names = [environment.name for environment in environments]
        roles = _grant_permissions(self, authenticator.role, names, access_policy, name_prefix)
        # Of an environment that is added the code knows at once, so its permissions come before.
        authenticator.function.node.add_dependency(*_policies_in(self))
        for variable, value in {
            **_token_variables(token_trust),
            **access_policy.variables,
            "PLATFORM": platform,
            "TARGET_GROUP_PREFIX": target_group_prefix,
            "WEB_LOGIN_ROLE_ARNS": roles.arns_as_json,
            **({"PORTAL_HOST": portal_host} if portal_host else {}),
        }.items():
            authenticator.function.add_environment(variable, value)
        self.target_group = _target_group(
            self,
            target_group_name,
            function_arn=authenticator.function.function_arn,
            invoked_by=f"{target_group_prefix}*",
        )
        _query_definition(self, name_prefix, self.log_group)


def _target_group_prefix(scope: Construct, name: str) -> str:
    """Beginning of the ARN of a target group of this name."""
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
    # The function can be registered only once the load balancer may invoke it.
    target_group.node.add_dependency(permission)
    return target_group


@jsii.implements(elbv2.IApplicationLoadBalancerTarget)
class _LambdaTarget:
    """Target without the permission that the CDK's own adds, for every load balancer of AWS."""

    def __init__(self, function_arn: str) -> None:
        self._function_arn = function_arn

    def attach_to_application_target_group(
        self, _target_group: elbv2.IApplicationTargetGroup
    ) -> elbv2.LoadBalancerTargetProps:
        return elbv2.LoadBalancerTargetProps(
            target_type=elbv2.TargetType.LAMBDA, target_json={"id": self._function_arn}
        )


def _function(
    scope: Construct,
    environments: Sequence[PortalEnvironment],
    decision: TeamDecision | None,
    reserved_concurrency: int | None,
) -> PythonFunction:
    bundle = AuthenticatorBundle(
        [asdict(environment) for environment in environments], decision.module if decision else None
    )
    with bundle.raising_bundling_error():
        return PythonFunction(
            scope,
            "Handler",
            code=bundle.code,
            handler="authenticator.handler.handle",
            description="Checks sign-ins and mints tokens for Airflow's web servers.",
            memory_size=256,
            timeout=cdk.Duration.seconds(AUTHENTICATOR_SECONDS),
            reserved_concurrency=reserved_concurrency,
            log_retention=AUDIT_LOGS,
        )


def _grant_permissions(
    scope: Construct,
    role: iam.IRole,
    names: Sequence[str],
    access_policy: AccessPolicy,
    name_prefix: str,
) -> WebLoginRoles:
    """Adds the web login roles, and the permissions of the function's own role."""
    web_login_roles = WebLoginRoles(
        scope,
        "WebLogin",
        name_prefix=name_prefix,
        trusted=role,
        environment_names=names,
        airflow_roles=access_policy.airflow_roles,
    )
    web_login_roles.grant_assume(role)
    environment_arn = "arn:${AWS::Partition}:airflow:${AWS::Region}:${AWS::AccountId}:environment/"
    add_managed_policies(
        scope,
        "Environments",
        role=role,
        action="airflow:GetEnvironment",
        arns=[f"{environment_arn}{name}" for name in names],
    )
    access_policy.grant_read(scope, role)
    return web_login_roles


def _policies_in(scope: Construct) -> list[IConstruct]:
    return [
        each for each in scope.node.find_all() if isinstance(each, iam.Policy | iam.ManagedPolicy)
    ]


def _query_definition(scope: Construct, name_prefix: str, log_group: logs.ILogGroup) -> None:
    logs.QueryDefinition(
        scope,
        "WhoOpenedWhat",
        query_definition_name=f"{name_prefix}/who opened what",
        log_groups=[log_group],
        query_string=logs.QueryString(
            fields=[
                "@timestamp",
                "who",
                "environment",
                "role",
                "because",
                "client",
                "airflow_identity",
                "reference",
            ],
            filter_statements=['event = "sign-in"', 'decision = "allow"'],
            sort="@timestamp desc",
            limit=1000,
        ),
    )


def _token_variables(token_trust: TokenTrust) -> dict[str, str]:
    variables = {
        "ALB_ARN": token_trust.load_balancer_arn,
        "OIDC_ISSUER": token_trust.issuer,
        "OIDC_CLIENT_ID": token_trust.client_id,
        "OIDC_GROUPS_CLAIM": token_trust.groups_claim,
        "PUBLIC_KEY_ENDPOINT": token_trust.public_key_endpoint,
        "SESSION_COOKIE_NAME": token_trust.session_cookie_name,
    }
    if token_trust.end_session_endpoint:
        variables["OIDC_END_SESSION_ENDPOINT"] = token_trust.end_session_endpoint
    if token_trust.group_paths:
        variables["OIDC_GROUP_PATHS"] = "true"
    if token_trust.groups_as_text:
        variables["OIDC_GROUPS_AS_TEXT"] = "true"
    if not token_trust.require_verified_email:
        variables["OIDC_REQUIRE_VERIFIED_EMAIL"] = "false"
    return variables
