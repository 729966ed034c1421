"""An OpenLineage transport to Amazon DataZone that gives up in time.

The client's own waits up to a minute for each of five attempts. Airflow ends that for the events of
tasks, but those of DAGs would queue up behind one another, and other catalogues' with them. Neither
can it be told another Region before openlineage-python 1.37.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from openlineage.client.serde import Serde
from openlineage.client.transport.transport import Config, Transport

from mwaa_platform_within import within

LARGEST_EVENT = 300_000
"""Bytes. Source: PostLineageEvent in the API reference of Amazon DataZone."""


@dataclass
class DataZoneConfig(Config):  # type: ignore[misc]
    """The domain, its Region where it is another one's, and the seconds for an attempt."""

    domain_id: str
    region: str | None
    timeout: float

    @classmethod
    def from_dict(cls, params: dict[str, Any]) -> DataZoneConfig:
        """Make it of what stands in the transport's JSON."""
        return cls(params["domainId"], params.get("region"), float(params["timeout"]))


class DataZoneTransport(Transport):  # type: ignore[misc]
    """Posts the events of runs, under the role of the environment."""

    kind = "mwaa_platform_datazone"
    config_class = DataZoneConfig

    def __init__(self, config: DataZoneConfig) -> None:
        self.config = config
        self._client: Any = None

    def emit(self, event: Any) -> None:
        """Send one event; DataZone takes those of runs alone.

        Raises what botocore raises, TimeoutError, and ValueError for an event that DataZone would
        refuse.
        """
        if not hasattr(event, "run"):
            return
        body = Serde.to_json(event).encode()
        if len(body) > LARGEST_EVENT:
            raise ValueError(
                f"An event of {len(body)} bytes is not sent: Amazon DataZone takes {LARGEST_EVENT}."
            )
        client, domain = self._connected(), self.config.domain_id
        within(
            self.config.timeout,
            lambda: client.post_lineage_event(domainIdentifier=domain, event=body),
            server="Amazon DataZone",
        )

    def close(self, timeout: float = -1) -> bool:  # noqa: ARG002 - the base class's parameter
        """Close the connections."""
        if self._client:
            self._client.close()
            self._client = None
        return True

    def _connected(self) -> Any:
        if not self._client:
            # Too dear for processes that send nothing.
            from botocore.config import Config as Settings  # noqa: PLC0415
            from botocore.session import get_session  # noqa: PLC0415

            half = self.config.timeout / 2
            self._client = get_session().create_client(
                "datazone",
                region_name=self.config.region,
                config=Settings(
                    connect_timeout=half, read_timeout=half, retries={"total_max_attempts": 1}
                ),
            )
        return self._client
