"""Filters of an environment's log groups, which count lines in a metric."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aws_cdk import aws_logs as logs
from constructs import Construct, IDependable

from mwaa.log_groups import log_group_names
from mwaa.monitoring.environment import LogFilter, counted_metric
from mwaa.monitoring.metric import Subject


def add_log_filters(
    scope: Construct,
    filters: Iterable[LogFilter],
    *,
    environment_name: str,
    log_groups: Sequence[IDependable],
) -> None:
    """Adds each filter to the log group of each component whose lines count.

    - `log_groups`: what must be there before.

    A line counts as 1. Without one there is no data, which costs nothing. Those of one log group
    are made one after the other: CloudWatch Logs may refuse two at once, and CloudFormation does
    not try again (a conflict in the handler's code).
    https://github.com/hashicorp/terraform-provider-aws/issues/7605
    https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-logs
    """
    names = log_group_names(environment_name)
    last: dict[str, logs.CfnMetricFilter] = {}
    for counted in filters:
        metric = counted_metric(counted.metric)
        for component in counted.components:
            each = logs.CfnMetricFilter(
                scope,
                f"{counted.metric}{component}",
                log_group_name=names[component],
                filter_pattern=counted.pattern,
                metric_transformations=[
                    logs.CfnMetricFilter.MetricTransformationProperty(
                        metric_namespace=metric.namespace_of(
                            {Subject.ENVIRONMENT: environment_name}
                        ),
                        metric_name=metric.name,
                        metric_value="1",
                    )
                ],
            )
            before = [last[component]] if component in last else []
            each.node.add_dependency(*log_groups, *before)
            last[component] = each
