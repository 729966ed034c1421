"""Metrics of CloudWatch as data, whose dimensions a stack fills in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Statistic = Literal["Average", "Maximum", "Minimum", "SampleCount", "Sum"]

OWN_NAMESPACE = "MwaaPlatform"
"""Namespace of the metrics in the authenticator's log, and of those that filters count."""


class Subject(StrEnum):
    """What a metric is about: the value of a dimension that only a stack knows.

    Load balancers and target groups are named by the end of their ARN, as CloudWatch has them:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    """

    ENVIRONMENT = "environment"
    LOAD_BALANCER = "load balancer"
    TARGET_GROUP = "target group"
    FUNCTION = "function"
    PLATFORM = "platform"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric, and the statistic that is looked at.

    A dimension's value is a text, or the subject that stands for one. `of_environment` says that
    the namespace has the environment's name behind it: what a filter counts over lines of text can
    have no dimension.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html
    """

    namespace: str
    name: str
    statistic: Statistic
    dimensions: Mapping[str, str] = field(default_factory=dict)
    of_environment: bool = False

    def namespace_of(self, subjects: Mapping[Subject, str]) -> str:
        """The namespace, of one environment where it has the environment's name."""
        if not self.of_environment:
            return self.namespace
        return f"{self.namespace}/{subjects[Subject.ENVIRONMENT]}"

    def dimensions_of(self, subjects: Mapping[Subject, str]) -> Mapping[str, str]:
        """The dimensions with their values."""
        return {
            name: subjects[value] if isinstance(value, Subject) else value
            for name, value in self.dimensions.items()
        }
