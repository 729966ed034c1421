"""Sketches of the file: what is well-formed of each entry, whatever else is wrong with it.

So a misspelt key in one environment does not hide that its range overlaps another's. A key that is
given and malformed reads as None and is still in `model_fields_set`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)
from pydantic.alias_generators import to_pascal

from config.airflow_version import KnownVersion
from config.environments import AccessMode
from config.grants import Email, Environments
from config.lineage.addresses import Address, destination
from config.lineage.providers import DomainId
from config.lineage.settings import LineageSettings
from config.local_files import FOLDER, LocalFile, LocalFolder, LocalPlugins, LocalScript
from config.model import is_existing
from config.network import CustomerVpc
from config.quick_start import is_used
from config.types import (
    Boolean,
    BucketArn,
    EnvironmentName,
    HostName,
    S3Path,
    Text,
    VpcCidr,
)
from mwaa.versions import DEFAULT_AIRFLOW_VERSION

T = TypeVar("T")


def _none_if_malformed(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:
        return None


Lenient = Annotated[T | None, WrapValidator(_none_if_malformed)]
Indexed = dict[int, T]


class _Sketch(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal, frozen=True)

    @classmethod
    def of(cls, section: Any, *, folder: Path = Path()) -> Self:
        """What a section gives; a key with nothing in it is not given.

        Relative paths start from `folder`.
        """
        given = section if isinstance(section, dict) else {}
        filled = {key: value for key, value in given.items() if value is not None and value != ""}
        return cls.model_validate(filled, context={FOLDER: folder})

    def gives(self, key: str) -> bool:
        """Whether the file has this key, well-formed or not."""
        return any(
            field.alias == key and name in self.model_fields_set
            for name, field in type(self).model_fields.items()
        )


class CatalogueSketch(_Sketch):
    """See `config.catalogues`."""

    provider: Lenient[str] = None
    url: Lenient[Address] = None
    domain_id: Lenient[DomainId] = None
    service_name: Lenient[Text] = None

    @property
    def place(self) -> str | None:
        """What tells one catalogue from others, if it is known."""
        return destination(self.url) if self.url else self.domain_id


class LineageSketch(_Sketch):
    """See `config.lineage`."""

    connection: Lenient[Text] = None
    catalogues: tuple[CatalogueSketch, ...] = ()

    @field_validator("catalogues", mode="before")
    @classmethod
    def _objects_alone(cls, catalogues: Any) -> tuple[CatalogueSketch, ...]:
        return tuple(CatalogueSketch.of(each) for each in _objects(catalogues).values())


class EnvironmentSketch(_Sketch):
    """See `config.environments` and `config.new_environment`."""

    name: Lenient[EnvironmentName] = None
    ui_host: Lenient[HostName] = None
    vpc_cidr: Lenient[VpcCidr] = Field(None, alias="VpcCIDR")
    web_server_access_mode: Lenient[AccessMode] = "PRIVATE_ONLY"
    airflow_version: Lenient[KnownVersion] = DEFAULT_AIRFLOW_VERSION
    lineage: Lenient[LineageSketch] = None
    lineage_settings: Lenient[LineageSettings] = Field(None, alias="Lineage")
    requirements: Lenient[LocalFile] = None
    requirements_s3_path: Any = None
    plugins: Lenient[LocalPlugins] = None
    startup_script: Lenient[LocalScript] = None
    dags: Lenient[LocalFolder] = None
    dags_s3_path: Lenient[S3Path] = "dags"
    source_bucket_arn: Lenient[BucketArn] = None
    wheels: Lenient[LocalFolder] = None

    @property
    def has_preflight(self) -> bool:
        """Whether a DAG of the platform's own is certainly shipped to it."""
        return bool(self.lineage_settings and self.lineage_settings.preflight)

    @property
    def is_private(self) -> bool:
        """Whether its web server is certainly reached from its VPC."""
        return self.web_server_access_mode in {"PRIVATE_ONLY", "PUBLIC_AND_PRIVATE"}


class GrantSketch(_Sketch):
    """See `config.grants`."""

    user: Lenient[Email] = None
    group: Lenient[Text] = None
    environments: Lenient[Environments] = None

    @property
    def principal(self) -> str | None:
        if self.user:
            return f"user:{self.user.casefold()}"
        return f"group:{self.group}" if self.group else None


class CustomerVpcSketch(_Sketch):
    """See `config.network`."""

    vpc_cidr: Lenient[VpcCidr] = Field(
        CustomerVpc.model_fields["vpc_cidr"].default, alias="VpcCIDR"
    )


class AlbSketch(_Sketch):
    """See `config.sign_in`; of most keys it matters only whether they are given."""

    internet_facing: Lenient[Boolean] = False
    domain_name: Lenient[HostName] = None
    hosted_zone_id: Any = None
    certificate_arn: Any = None
    allowed_cidrs: Any = None
    vpc_id: Any = None
    subnet_ids: Any = None
    vpc_cidr: Lenient[VpcCidr] = Field(None, alias="VpcCIDR")
    route_table_ids: Any = None


class QuickStartSketch(_Sketch):
    """See `config.quick_start`."""

    mwaa_environment_name: Lenient[EnvironmentName] = None
    security_group_id: Any = None


@dataclass(frozen=True)
class FileSketch:
    """The file; entries of its lists by their position."""

    alb: AlbSketch
    customer_vpc: CustomerVpcSketch
    quick_start: QuickStartSketch | None
    environments: Indexed[EnvironmentSketch]
    new: Indexed[EnvironmentSketch]
    grants: Indexed[GrantSketch]
    has_alb: bool
    has_portal: bool
    has_grants: bool

    @classmethod
    def of(cls, raw: dict[str, Any], *, folder: Path) -> Self:
        """Of the file's own sections, as they were read; relative paths start from `folder`."""
        entries = _objects(raw.get("MwaaEnvironments"))
        environments = {
            i: EnvironmentSketch.of(entry, folder=folder) for i, entry in entries.items()
        }
        quick_start = raw.get("QuickStart")
        return cls(
            alb=AlbSketch.of(raw.get("Alb")),
            customer_vpc=CustomerVpcSketch.of(raw.get("CustomerVpc")),
            quick_start=QuickStartSketch.of(quick_start) if is_used(quick_start) else None,
            environments=environments,
            new={i: each for i, each in environments.items() if not is_existing(entries[i])},
            grants={i: GrantSketch.of(entry) for i, entry in _objects(raw.get("Grants")).items()},
            has_alb=isinstance(raw.get("Alb"), dict),
            has_portal=raw.get("MwaaEnvironments", []) != [],
            has_grants=bool(raw.get("Grants")),
        )


def _objects(value: Any) -> Indexed[dict[str, Any]]:
    entries = value if isinstance(value, list) else []
    return {index: entry for index, entry in enumerate(entries) if isinstance(entry, dict)}
