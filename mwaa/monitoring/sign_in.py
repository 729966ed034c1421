"""Metrics and alarms of signing in: load balancers, the authenticator, and hosts of environments.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from __future__ import annotations

from mwaa.monitoring.alarm import Alarm, Comparison, of_one
from mwaa.monitoring.metric import OWN_NAMESPACE, Metric, Statistic, Subject

LOAD_BALANCERS = "AWS/ApplicationELB"
FUNCTIONS = "AWS/Lambda"

AUTHENTICATOR_SECONDS = 15
"""Timeout of the authenticator."""
ENDPOINT_ADDRESSES = 2
"""Addresses of a web server: one in each of an environment's two subnets.

https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-vpe-access.html
"""


def load_balancer_metric(name: str, statistic: Statistic = "Sum") -> Metric:
    """A metric of a load balancer as a whole."""
    return Metric(
        namespace=LOAD_BALANCERS,
        name=name,
        statistic=statistic,
        dimensions={"LoadBalancer": Subject.LOAD_BALANCER},
    )


def target_metric(name: str, statistic: Statistic = "Sum") -> Metric:
    """A metric of a target group behind a load balancer."""
    return Metric(
        namespace=LOAD_BALANCERS,
        name=name,
        statistic=statistic,
        dimensions={
            "TargetGroup": Subject.TARGET_GROUP,
            "LoadBalancer": Subject.LOAD_BALANCER,
        },
    )


def function_metric(name: str, statistic: Statistic = "Sum") -> Metric:
    """A metric of a function."""
    return Metric(
        namespace=FUNCTIONS,
        name=name,
        statistic=statistic,
        dimensions={"FunctionName": Subject.FUNCTION},
    )


def audited_metric(name: str) -> Metric:
    """A metric in the authenticator's log: SignIns, Denials or Failures, of all environments."""
    return Metric(
        namespace=OWN_NAMESPACE,
        name=name,
        statistic="Sum",
        dimensions={"Platform": Subject.PLATFORM},
    )


def _sum(*ids: str) -> str:
    """Sum of metrics that are sent only when they are not 0."""
    return " + ".join(f"FILL({each}, 0)" for each in ids)


def _at_least(
    name: str,
    threshold: float,
    metric: Metric,
    *,
    means: str,
    unit: str,
    of: tuple[int, int],
    comparison: Comparison = "GreaterThanOrEqualToThreshold",
    most: float | None = None,
) -> Alarm:
    """An alarm that fires where `of` datapoints, the first of the second, reach the threshold."""
    datapoints, periods = of
    return Alarm(
        name=name,
        means=means,
        metrics=of_one(metric),
        comparison=comparison,
        threshold=threshold,
        unit=unit,
        most=most,
        evaluation_periods=periods,
        datapoints_to_alarm=datapoints,
    )


IN_5_MINUTES = "in 5 minutes"


def _breaks_off(name: str, *, means: str, of: tuple[int, int]) -> Alarm:
    """An alarm of a function whose runs fail."""
    return _at_least(
        name, 1, function_metric("Errors"), means=means, unit=f"runs {IN_5_MINUTES}", of=of
    )


ENTRANCE: tuple[Alarm, ...] = (
    _at_least(
        "load-balancer-5xx",
        5,
        # Of the others, 502, 503 and 504 are said of a target, 561 of the identity provider, 501
        # and 505 of a request. Targets and the provider have alarms of their own.
        load_balancer_metric("HTTPCode_ELB_500_Count"),
        means="The load balancer answers with errors of its own: people do not get in.",
        unit=f"answers {IN_5_MINUTES}",
        of=(2, 3),
    ),
    _at_least(
        "identity-provider-errors",
        3,
        load_balancer_metric("ELBAuthError"),
        means="The load balancer cannot ask the identity provider: new sign-ins fail.",
        unit=f"sign-ins {IN_5_MINUTES}",
        of=(2, 3),
    ),
    Alarm(
        name="sign-ins-refused",
        means="Nobody gets in: the identity provider refuses them, or answers what the load "
        "balancer cannot use.",
        # One person who is refused, or opens an old address of a sign-in, counts as well.
        metrics={
            "failed": load_balancer_metric("ELBAuthFailure"),
            "succeeded": load_balancer_metric("ELBAuthSuccess"),
        },
        expression="IF(FILL(succeeded, 0) == 0, FILL(failed, 0), 0)",
        comparison="GreaterThanOrEqualToThreshold",
        threshold=10,
        unit=f"sign-ins {IN_5_MINUTES} in which nobody got in",
        evaluation_periods=3,
        datapoints_to_alarm=2,
    ),
)
"""Of a load balancer that signs people in. What it counts as error, and what as failure:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
"""

AUTHENTICATOR: tuple[Alarm, ...] = (
    Alarm(
        name="authenticator-5xx",
        means="The load balancer gets no answer that it can use from the authenticator: people "
        "see an error in place of the portal.",
        metrics={
            "refused": target_metric("LambdaUserError"),
            "failed": target_metric("LambdaInternalError"),
            "answered": target_metric("HTTPCode_Target_5XX_Count"),
        },
        expression=_sum("refused", "failed", "answered"),
        comparison="GreaterThanOrEqualToThreshold",
        threshold=5,
        unit=f"answers {IN_5_MINUTES}",
        evaluation_periods=3,
        datapoints_to_alarm=2,
    ),
    _breaks_off(
        "authenticator-errors",
        means="The authenticator breaks off: people see an error in place of the portal.",
        of=(2, 3),
    ),
    _at_least(
        "authenticator-throttles",
        1,
        function_metric("Throttles"),
        means="Lambda turns requests to the authenticator away: people see an error, and try "
        "again.",
        unit=f"requests {IN_5_MINUTES}",
        of=(1, 1),
    ),
    _at_least(
        "authenticator-duration",
        AUTHENTICATOR_SECONDS * 800,
        function_metric("Duration", "Maximum"),
        means="The authenticator is close to its time-out: signing in is slow.",
        unit="milliseconds",
        comparison="GreaterThanThreshold",
        most=AUTHENTICATOR_SECONDS * 1000,
        of=(2, 3),
    ),
)
"""Of the authenticator behind a load balancer."""

AUDIT: tuple[Alarm, ...] = (
    _at_least(
        "sign-in-failures",
        5,
        audited_metric("Failures"),
        means="People who may sign in see an error page with a reference.",
        unit=f"requests {IN_5_MINUTES}",
        of=(2, 3),
    ),
    _at_least(
        "denials",
        50,
        audited_metric("Denials"),
        means="Far more people are refused than usual: grants are gone, or somebody is probing.",
        unit=f"requests {IN_5_MINUTES}",
        of=(1, 1),
    ),
)
"""Of the authenticator's log, which all authenticators of a platform share."""

GRANTS = _breaks_off(
    "grants-errors",
    means="The grants of the file did not reach the table: people keep their former access.",
    of=(1, 1),
)
HOST: tuple[Alarm, ...] = (
    _at_least(
        "host-unhealthy",
        1,
        # Nothing is counted before the first target is registered. From then on the group is never
        # empty, and a function that cannot look after it is what host-addresses is about.
        target_metric("UnHealthyHostCount", "Maximum"),
        means="The load balancer does not reach the environment's web server: its host name "
        "answers with an error.",
        unit="addresses",
        most=ENDPOINT_ADDRESSES,
        of=(2, 2),
    ),
    _at_least(
        "host-5xx",
        20,
        target_metric("HTTPCode_Target_5XX_Count"),
        means="Airflow's web server answers with errors: pages of Airflow fail under its host "
        "name.",
        unit=f"answers {IN_5_MINUTES}",
        of=(2, 3),
    ),
)
"""Of a web server behind a load balancer."""

HOST_ADDRESSES = _breaks_off(
    "host-addresses",
    means="The web server's addresses are no longer followed: when MWAA moves it, its host name "
    "answers with an error.",
    of=(3, 3),
)
HOST_RULE = _breaks_off(
    "host-rule",
    means="The rule that lets the load balancer in is no longer kept: when it goes, the host name "
    "answers with an error.",
    of=(3, 3),
)
