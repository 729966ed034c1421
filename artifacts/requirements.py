"""The requirements.txt of an environment: the platform's lines and the team's, merged.

MWAA only logs a failed installation and starts Airflow without the packages, so lines that are
certain to fail are rejected here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from artifacts.archive import content_of
from artifacts.held_versions import Constraints, choose, pinned
from artifacts.image_python import MarkerError, applies
from artifacts.requirement_checks import Checks, is_installed
from artifacts.requirement_hashes import check_hash, wants_hashes
from artifacts.requirement_lines import Line, Options, read_file, read_lines, split_options
from artifacts.requirement_paths import URL, VARIABLE, Shipped
from artifacts.wheels import INSTALLED_WHEELS, WHEELS_REMEDY, Wheel, wheels_for, wheels_named
from mwaa.constraints import installed
from mwaa.versions import OPENLINEAGE_PROVIDER, AirflowVersion

NOTHING = "# Nothing beyond what MWAA brings.\n"

PATH = re.compile(r"(file:|[./~])\S*|[^\s:@]*(/[^\s:@]*|\.(whl|zip|tar\.gz|tar\.bz2|tgz))")
"""What pip takes for a file of its machine, or looks up in vain as a package."""
# Packages that the provider requires and MWAA's image lacks.
PROVIDER_DEPENDENCIES = ("openlineage-integration-common", "openlineage-python", "openlineage-sql")


@dataclass(frozen=True, kw_only=True)
class MergedRequirements:
    """The content of a requirements.txt, and what is to be said of the team's lines."""

    content: str
    warnings: Sequence[str]


def merged_requirements(
    *,
    version: AirflowVersion,
    ours: Sequence[str] = (),
    team: Path | None = None,
    wheels: Path | None = None,
    plugins: Path | None = None,
    has_startup_script: bool = False,
) -> MergedRequirements:
    """The content: the constraint line first, as MWAA requires, then our lines and the team's.

    `plugins` is what the team ships with them. Constraints are the image's: by Apache's URL where
    that says the same, otherwise by the file that `shipped_constraints` puts into plugins.zip; with
    OpenMetadata's client they are a file of its own there. With a folder of `wheels`, or
    `--no-index` of the team's, packages are installed from wheels alone, and no URL is named.
    Without any line there are no constraints either: without access to the internet pip would try
    for minutes to fetch them. The team's comments are kept, and duplicate lines dropped.

    Raises ConflictError for a line of the team's that contradicts ours or cannot work on MWAA, and
    for an incompatible wheel; OSError and UnicodeDecodeError for a file that cannot be read.
    """
    shipped = Shipped(plugins=plugins, has_startup_script=has_startup_script)
    lines = [(line, *split_options(line)) for line in (read_file(team) if team else ())]
    merge = _Merge(version=version, ours=ours, lines=lines, wheels=wheels, shipped=shipped)
    return MergedRequirements(content=merge.content(), warnings=tuple(shipped.warnings))


def build_requirements(
    *,
    version: AirflowVersion,
    ours: Sequence[str] = (),
    team: Path | None = None,
    wheels: Path | None = None,
    plugins: Path | None = None,
    has_startup_script: bool = False,
    directory: Path,
) -> Path:
    """Writes requirements-<hash>.txt: `merged_requirements`, whose errors it raises."""
    merged = merged_requirements(
        version=version,
        ours=ours,
        team=team,
        wheels=wheels,
        plugins=plugins,
        has_startup_script=has_startup_script,
    )
    content = merged.content.encode()
    path = directory / f"requirements-{hashlib.sha256(content).hexdigest()[:16]}.txt"
    path.write_bytes(content)
    return path


@dataclass(frozen=True, kw_only=True)
class _Merge:
    """One merge: what `merged_requirements` is given, with the team's lines read."""

    version: AirflowVersion
    ours: Sequence[str]
    lines: Sequence[tuple[Line, str, Options]]
    wheels: Path | None
    shipped: Shipped

    def content(self) -> str:
        own, checks = self._our_requirements, self.checks
        for requirement in own.values():
            checks.check_wheel(str(requirement), requirement)
        if OPENLINEAGE_PROVIDER in own:
            for name in PROVIDER_DEPENDENCIES:
                checks.check_wheel(name, Requirement(name))
        lines = [*map(str, own.values()), *self._team_lines()]
        return "\n".join([*self._first_lines(), *lines]).rstrip() + "\n" if lines else NOTHING

    @cached_property
    def constraints(self) -> Constraints:
        return choose(
            version=self.version,
            ours=[canonicalize_name(Requirement(each).name) for each in self.ours],
            lines=[(line, options) for line, _, options in self.lines],
            is_isolated=self._is_isolated,
            shipped=self.shipped,
        )

    @cached_property
    def _our_requirements(self) -> Mapping[str, Requirement]:
        lines = [*self.ours]
        if not self.constraints.pins_ours:
            return {canonicalize_name(each.name): each for each in map(Requirement, lines)}
        if OPENLINEAGE_PROVIDER in lines:
            lines += PROVIDER_DEPENDENCIES
        return pinned(lines, self.version, self.constraints)

    @cached_property
    def checks(self) -> Checks:
        wheels, place = self._wheels
        own = self._our_requirements
        needed = {
            name: (each.specifier, "which lineage needs")
            for name, each in own.items()
            if each.specifier
        }
        return Checks(
            ours=own,
            held={**self.constraints.held, **needed},
            wheels=wheels,
            wheels_from=place,
            # Wheels hold what is asked for by name, since an image may lose it; what a team packs
            # itself need not.
            installed={} if self.wheels else installed(self.version.version),
            wheels_remedy=WHEELS_REMEDY
            if self.wheels
            else "Put its wheel into Plugins, or take --no-index out.",
        )

    @cached_property
    def _is_isolated(self) -> bool:
        """Whether nothing comes from the internet."""
        return self.wheels is not None or (
            any(options.no_index for *_, options in self.lines)
            and not any(URL.match(each) for each in self._find_links)
        )

    @cached_property
    def _find_links(self) -> Sequence[str]:
        return [each for *_, options in self.lines for each in options.find_links]

    @cached_property
    def _wheels(self) -> tuple[Sequence[Wheel] | None, str]:
        """The wheels that alone are installed from, None where any may be; and where they are."""
        found = wheels_for(self.version, self.wheels) if self.wheels else []
        if not any(options.no_index for *_, options in self.lines):
            return (found if self.wheels else None), str(self.wheels)
        names = [name for folder in self._find_links for name in self.shipped.files_in(folder)]
        others = any(not each.startswith("/usr/local/airflow/plugins") for each in self._find_links)
        if others or self.shipped.members is None:
            return None, ""
        return [*found, *wheels_named(self.version, names)], "Plugins that --find-links names"

    def _first_lines(self) -> Iterator[str]:
        if self.constraints.named:
            yield f'--constraint "{self.constraints.named}"'
        if self.wheels is not None:
            yield "--no-index"
            yield f"--find-links {INSTALLED_WHEELS}"

    def _team_lines(self) -> Iterator[str]:
        seen = {*self._our_requirements}
        for line, wanted, options in self.lines:
            if not line.statement:
                yield line.text
            elif options.constraints and line not in self.constraints.kept:
                continue
            elif (key := self._key(line, wanted, options)) not in seen:
                seen.add(key)
                yield line.text

    def _key(self, line: Line, wanted: str, options: Options) -> str:
        """By which duplicates are found: the requirement, or its name where ours includes it."""
        if not wanted:
            self._check_options(line, options)
            return line.statement
        if (options.hashes or options.require_hashes) and self._our_requirements:
            raise line.refused(
                f"has a hash, so pip would want one for {', '.join(self._our_requirements)} too.",
                "Remove the hash.",
            )
        requirement = self._requirement(line, wanted)
        if requirement is None:
            self._check_hash(line, wanted, options, None)
            return line.statement
        try:
            if applies(requirement.marker, self.version):
                self.checks.check(line, requirement)
                self._check_hash(line, wanted, options, requirement)
        except MarkerError as error:
            raise line.refused(
                f"has a marker that pip cannot evaluate: {error}.", "Correct what follows the ;."
            ) from None
        name = canonicalize_name(requirement.name)
        adds_nothing = name in self._our_requirements and not requirement.extras
        return name if adds_nothing else str(requirement)

    @cached_property
    def _wants_hashes(self) -> bool:
        return wants_hashes(each for *_, each in self.lines)

    def _check_hash(
        self, line: Line, wanted: str, options: Options, requirement: Requirement | None
    ) -> None:
        # Beside lines of ours no line may have one.
        if not self._our_requirements and self._wants_hashes:
            kept = bool(requirement and is_installed(requirement, installed(self.version.version)))
            check_hash(line, wanted, options, requirement, kept)

    def _requirement(self, line: Line, wanted: str) -> Requirement | None:
        """The requirement of a line; None for a file or URL without a name.

        Raises ConflictError for a line that pip does not read, or cannot find on MWAA.
        """
        path = re.sub(r"\[[^]]*\]$", "", wanted)
        if PATH.fullmatch(path):
            self.shipped.find(path, line)
            return None
        try:
            requirement = Requirement(wanted)
        except (InvalidRequirement, RecursionError):
            if URL.match(wanted) or VARIABLE.search(wanted):
                self._refuse_url(line)
                return None
            raise line.refused(
                "is not a requirement that pip reads.",
                "Write it as name==version, or as name alone.",
            ) from None
        if requirement.url and not URL.match(requirement.url):
            self.shipped.find(requirement.url, line)
        return requirement

    def _check_options(self, line: Line, options: Options) -> None:
        for each in options.requirements:
            self._check_nested(line, each)
        for each in options.editables:
            self._check_hash(line, each, options, None)
        for each in (*options.editables, *options.find_links):
            if URL.match(each):
                self._refuse_url(line)
            else:
                self.shipped.find(each, line)
        if options.indexes:
            self._refuse_url(line)
        if options.require_hashes and self._our_requirements:
            raise line.refused(
                f"would have pip want a hash for {', '.join(self._our_requirements)} too.",
                "Take it out.",
            )

    def _refuse_url(self, line: Line) -> None:
        if self.wheels is not None:
            raise self.checks.not_in_wheels(str(line))

    def _check_nested(self, line: Line, path: str) -> None:
        """Checks the lines of another file that is shipped too."""
        if URL.match(path):
            raise line.refused("names another file, which is not shipped.", "Put its lines here.")
        member = self.shipped.find(path, line)
        if not member:
            return
        text = content_of(member).decode("utf-8-sig")
        for nested in read_lines(text, member.origin):
            if nested.statement:
                wanted, options = split_options(nested)
                if options.constraints or options.requirements:
                    raise nested.refused(
                        f"names a file, in one that {line} names.", "Put its lines there."
                    )
                self._key(nested, wanted, options)
