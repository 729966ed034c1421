"""Amazon DataZone and SageMaker as a data catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from packaging.version import Version
from pydantic import ValidationInfo, field_validator

from artifacts.lineage import DataZoneDomain, ResolvedCatalogue
from config.lineage.catalogue import Catalogue, Delivery, Incompatibility
from config.section import Matches, reject, setting
from config.types import KeyArn
from config.update_policy import FREE, RESTARTS

TRANSPORT = "mwaa_platform_datazone.DataZoneTransport"
OLDEST_AIRFLOW = Version("2.11.0")
REGION = r"[a-z]{2}(?:-[a-z]+)+-\d"

DomainId = Annotated[
    str,
    Matches(r"dzd[-_][A-Za-z0-9_-]{1,36}", "the id of a domain, which begins with dzd- or dzd_"),
]
Region = Annotated[str, Matches(REGION, "a Region, such as eu-central-1")]


class DataZone(Catalogue):
    """Amazon DataZone or SageMaker, entered by the environment's own role."""

    provider: Literal["DataZone"] = setting("Amazon DataZone or SageMaker.", update=RESTARTS)
    domain_id: DomainId = setting("Id of the domain.", update=RESTARTS)
    region: Region | None = setting(
        "The domain's Region.", update=RESTARTS, default=None, otherwise="the environment's"
    )
    kms_key_arn: KeyArn | None = setting(
        "ARN of the customer managed key of the domain. Its policy must let IAM policies of the "
        "environment's account grant its use.",
        update=FREE,
        default=None,
        otherwise="the domain has AWS's own key",
    )

    @field_validator("kms_key_arn")
    @classmethod
    def _check_region(cls, key_arn: str | None, info: ValidationInfo) -> str | None:
        """A key works in its own Region.

        https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html
        """
        region = info.data.get("region")
        if key_arn and region and key_arn.split(":")[3] != region:
            reject(
                f"The key is in {key_arn.split(':')[3]}, and the domain in {region}.",
                "Name the key of the domain, which is in the domain's Region.",
            )
        return key_arn

    @property
    def location(self) -> str:
        """The domain."""
        return self.domain_id

    def incompatibilities(self, version: Version) -> Iterator[Incompatibility]:
        """Reasons why this Airflow version cannot send to it."""
        if version < OLDEST_AIRFLOW:
            yield Incompatibility(
                "Provider",
                f"DataZone needs Airflow {OLDEST_AIRFLOW} or newer: the client of {version} cannot "
                "send to it.",
                "Take a newer AirflowVersion, or another catalogue.",
            )

    def resolve(self, catalogue_id: str, delivery: Delivery) -> ResolvedCatalogue:
        """The domain as one environment sends to it, by the role that Airflow runs under."""
        region = {"region": self.region} if self.region else {}
        return ResolvedCatalogue(
            id=catalogue_id,
            provider=self.provider,
            address=self.domain_id,
            settings={
                "domain_id": self.domain_id,
                "token": False,
                **region,
            },
            transport={
                "type": TRANSPORT,
                "domainId": self.domain_id,
                **region,
                "timeout": delivery.timeout_seconds,
            },
            domain=DataZoneDomain(
                domain_id=self.domain_id, region=self.region, key_arn=self.kms_key_arn
            ),
        )
