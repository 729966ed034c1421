"""Partial views of a configuration: the valid fields of each section, whatever else is wrong in it.

A misspelt key in one environment must not hide that its CIDR range overlaps another's, so rules
read these views. They are derived from the model: each field is validated by itself, and a section
that has only the valid ones answers with the model's own fields and properties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from config.alb import Alb
from config.environments import ExistingEnvironment
from config.existing import Existing
from config.given_vpc import GivenSubnet, GivenVpc
from config.grants import Grant
from config.lineage.catalogue import Catalogue, HttpCatalogue
from config.lineage.inheritance import CATALOGUES, place_in_environment
from config.lineage.settings import PROVIDERS, LineageSettings
from config.local_files import FOLDER
from config.model import FACTS, AnyEnvironment, is_existing
from config.network import CustomerVpc
from config.new_environment import NewEnvironment
from config.oidc import Oidc
from config.pipeline import Pipeline
from config.quick_start import QuickStart, is_used
from config.section import Section
from config.ui_gate import UiGate
from errors import Place
from mwaa.regions import Target

S = TypeVar("S", bound=Section)
S_co = TypeVar("S_co", bound=Section, covariant=True)
T = TypeVar("T")

Indexed = Mapping[int, T]
"""Entries of a list in the file, by their position."""


@dataclass(frozen=True, kw_only=True)
class Partial(Generic[S_co]):
    """One section: `keys` that the file gives, valid or not, and the section of valid fields."""

    raw: Mapping[str, Any]
    keys: frozenset[str]
    _section: S_co

    def gives(self, key: str) -> bool:
        """Whether the file has this key, valid or not."""
        return key in self.keys

    def get(self, read: Callable[[S_co], T]) -> T | None:
        """A field or property of the section; None where it depends on what is not valid."""
        try:
            return read(self._section)
        except AttributeError:
            return None


def partial(model: type[S], raw: Any, *, folder: Path = Path()) -> Partial[S]:
    """The valid fields of a section; a key without a value counts as not given.

    Relative paths start from `folder`.
    """
    given = raw if isinstance(raw, dict) else {}
    filled = {key: value for key, value in given.items() if value is not None and value != ""}
    values = dict(_valid_fields(model, filled, {FOLDER: folder}))
    section = model.model_construct(**{**dict.fromkeys(model.model_fields), **values})
    for name in model.model_fields.keys() - values.keys():
        del section.__dict__[name]
    return Partial(raw=given, keys=frozenset(filled), _section=section)


@dataclass(frozen=True, kw_only=True)
class PartialFile:
    """All sections of a file: `own` as it is written, `raw` with what environments inherit.

    Relative paths start from `folder`. `with_wheels` is False for the command that fetches them.
    `target` is where the file is deployed, None where that is not known.
    """

    own: Mapping[str, Any]
    raw: Mapping[str, Any]
    oidc: Partial[Oidc]
    alb: Partial[Alb]
    customer_vpc: Partial[CustomerVpc]
    quick_start: Partial[QuickStart] | None
    ui_gate: Partial[UiGate] | None
    pipeline: Partial[Pipeline] | None
    environments: Indexed[Partial[AnyEnvironment]]
    new: Indexed[Partial[NewEnvironment]]
    existing: Indexed[Partial[ExistingEnvironment]]
    grants: Indexed[Partial[Grant]]
    folder: Path
    with_wheels: bool
    target: Target | None

    @classmethod
    def of(
        cls,
        raw: Mapping[str, Any],
        *,
        own: Mapping[str, Any],
        folder: Path,
        with_wheels: bool,
        target: Target | None = None,
    ) -> Self:
        """The sections of a file; relative paths start from `folder`."""
        entries = _objects(raw.get("MwaaEnvironments"))
        new: dict[int, Partial[NewEnvironment]] = {
            index: partial(NewEnvironment, entry, folder=folder)
            for index, entry in entries.items()
            if not is_existing(entry)
        }
        existing: dict[int, Partial[ExistingEnvironment]] = {
            index: partial(ExistingEnvironment, entry, folder=folder)
            for index, entry in entries.items()
            if is_existing(entry)
        }
        quick_start, ui_gate = raw.get("QuickStart"), raw.get("UiGate")
        pipeline = raw.get("Pipeline")
        return cls(
            own=own,
            raw=raw,
            oidc=partial(Oidc, raw.get("Oidc")),
            alb=partial(Alb, raw.get("Alb")),
            customer_vpc=partial(CustomerVpc, raw.get("CustomerVpc")),
            quick_start=partial(QuickStart, quick_start) if is_used(quick_start) else None,
            ui_gate=None if ui_gate is None else partial(UiGate, ui_gate),
            pipeline=None if pipeline is None else partial(Pipeline, pipeline),
            environments={i: new[i] if i in new else existing[i] for i in entries},
            new=new,
            existing=existing,
            grants={i: partial(Grant, each) for i, each in _objects(raw.get("Grants")).items()},
            folder=folder,
            with_wheels=with_wheels,
            target=target,
        )

    def lineage_place(self, index: int, steps: Place) -> Place:
        """The place in the file of a mistake in the lineage of the environment at `index`.

        It is in the environment's entry, which is to be changed, even if the value is inherited.
        """
        at: Place = ("MwaaEnvironments", index)
        entry, defaults = self.own["MwaaEnvironments"][index], self.own.get("Lineage")
        match place_in_environment(steps, entry, defaults, at=at):
            case None | ("Lineage", "Catalogues", *_):
                return (*at, "Lineage")
            case ("Lineage", *_) as inherited:
                return (*at, *inherited)
            case place:
                return place

    @property
    def home(self) -> Target | None:
        """Where the file is deployed; otherwise the Region that its client's secret must be in."""
        if self.target:
            return self.target
        secret = self.oidc.get(lambda each: each.client_secret_arn)
        return Target(region=secret.split(":")[3]) if secret else None

    @property
    def given_vpcs(self) -> Mapping[Place, Partial[GivenVpc]]:
        """The existing VPCs of new environments, by their places."""
        return {
            ("MwaaEnvironments", index, "Vpc"): vpc
            for index, each in self.new.items()
            if (vpc := partial_vpc(each))
        }

    @property
    def has_alb(self) -> bool:
        """Whether the section `Alb` is an object."""
        return isinstance(self.raw.get("Alb"), dict)

    @property
    def has_portal(self) -> bool:
        """Whether `MwaaEnvironments` is anything but empty."""
        return bool(self.raw.get("MwaaEnvironments", []) != [])

    @property
    def has_grants(self) -> bool:
        """Whether `Grants` is anything but empty."""
        return bool(self.raw.get("Grants"))


def partial_facts(environment: Partial[AnyEnvironment]) -> Partial[Existing] | None:
    """The facts about an existing environment, if they are an object."""
    raw = environment.raw.get(FACTS)
    return partial(Existing, raw) if isinstance(raw, dict) else None


def partial_lineage(
    environment: Partial[AnyEnvironment],
) -> tuple[Partial[LineageSettings], list[Partial[Catalogue]]]:
    """The lineage of an environment and its catalogues."""
    lineage = partial(LineageSettings, environment.raw.get("Lineage"))
    catalogues = _objects(lineage.raw.get(CATALOGUES)).values()
    return lineage, [
        partial(PROVIDERS.get(str(each.get("Provider")), HttpCatalogue), each)
        for each in catalogues
    ]


def partial_vpc(environment: Partial[NewEnvironment]) -> Partial[GivenVpc] | None:
    """The existing VPC that an entry names, if it is an object."""
    raw = environment.raw.get("Vpc")
    return partial(GivenVpc, raw) if isinstance(raw, dict) else None


def partial_subnets(vpc: Partial[GivenVpc]) -> Indexed[Partial[GivenSubnet]]:
    """The subnets of an existing VPC, by their position."""
    return {i: partial(GivenSubnet, each) for i, each in _objects(vpc.raw.get("Subnets")).items()}


def known_version(environment: Partial[AnyEnvironment]) -> str | None:
    """The Airflow version, which may have ended for a new environment."""
    version = environment.get(lambda each: each.airflow_version)
    existing = partial(ExistingEnvironment, environment.raw)
    return version or existing.get(lambda each: each.airflow_version)


@cache
def _adapter(model: type[Section], name: str) -> TypeAdapter[Any]:
    """Validator of one field, without those that depend on others."""
    field = model.model_fields[name]
    annotation: Any = field.annotation
    for constraint in field.metadata:
        annotation = Annotated[annotation, constraint]
    return TypeAdapter(annotation)


def _valid_fields(
    model: type[Section], given: Mapping[str, Any], context: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        if field.alias in given:
            try:
                yield (
                    name,
                    _adapter(model, name).validate_python(
                        given[str(field.alias)], context=dict(context)
                    ),
                )
            except ValidationError:
                continue
        elif _has_fixed_default(field):
            yield name, field.get_default(call_default_factory=True, validated_data={})


def _has_fixed_default(field: FieldInfo) -> bool:
    return not (field.is_required() or field.default_factory_takes_validated_data)


def _objects(value: Any) -> Indexed[dict[str, Any]]:
    entries: list[Any] = value if isinstance(value, list) else []
    return {index: entry for index, entry in enumerate(entries) if isinstance(entry, dict)}
