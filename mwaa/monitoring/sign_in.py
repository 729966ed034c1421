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


def _sum(*ids: str, minus: tuple[str, ...] = ()) -> str:
    """Sum of metrics that are sent only when they are not 0."""
    plus, less = (
        " ".join(f"{sign} FILL({each}, 0)" for each in group)
        for sign, group in (
            ("+", ids),
            ("-", minus),
        )
    )
    return f"{plus} {less}".strip().removeprefix("+ ")


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

ENTRANCE: tuple[Alarm, ...] = (
    Alarm(
        name="load-balancer-5xx",
        means="The load balancer answers with errors of its own: people do not get in.",
        # 502, 503 and 504 are said of a target, and targets have alarms of their own.
        metrics={
            "all5xx": load_balancer_metric("HTTPCode_ELB_5XX_Count"),
            **{
                f"of{code}": load_balancer_metric(f"HTTPCode_ELB_{code}_Count")
                for code in (502, 503, 504)
            },
        },
        expression=_sum("all5xx", minus=("of502", "of503", "of504")),
        comparison="GreaterThanOrEqualToThreshold",
        threshold=5,
        unit=f"answers {IN_5_MINUTES}",
        evaluation_periods=3,
        datapoints_to_alarm=2,
    ),
    _at_least(
        "identity-provider-errors",
        3,
        load_balancer_metric("ELBAuthError"),
        means="The load balancer cannot ask the identity provider: new sign-ins fail.",
        unit=f"sign-ins {IN_5_MINUTES}",
        of=(2, 3),
    ),
)
"""Of a load balancer that signs people in."""

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
    _at_least(
        "authenticator-errors",
        1,
        function_metric("Errors"),
        means="The authenticator breaks off: people see an error in place of the portal.",
        unit=f"runs {IN_5_MINUTES}",
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

GRANTS = _at_least(
    "grants-errors",
    1,
    function_metric("Errors"),
    means="The grants of the file did not reach the table: people keep their former access.",
    unit=f"runs {IN_5_MINUTES}",
    of=(1, 1),
)
HOST: tuple[Alarm, ...] = (
    Alarm(
        name="host-unhealthy",
        means="The load balancer does not reach the environment's web server: its host name "
        "answers with an error.",
        metrics=of_one(target_metric("UnHealthyHostCount", "Maximum")),
        comparison="GreaterThanOrEqualToThreshold",
        threshold=1,
        unit="addresses",
        evaluation_periods=2,
        datapoints_to_alarm=2,
        missing="breaching",  # a target group without any target has no such metric
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

HOST_ADDRESSES = _at_least(
    "host-addresses",
    1,
    function_metric("Errors"),
    means="The web server's addresses are no longer followed: when MWAA moves it, its host name "
    "answers with an error.",
    unit=f"runs {IN_5_MINUTES}",
    of=(3, 3),
)
HOST_RULE = _at_least(
    "host-rule",
    1,
    function_metric("Errors"),
    means="The rule that lets the load balancer in is no longer kept: when it goes, the host name "
    "answers with an error.",
    unit=f"runs {IN_5_MINUTES}",
    of=(3, 3),
)
