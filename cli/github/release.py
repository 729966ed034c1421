"""`github release`: a release of GitHub for a tag, with its section of CHANGELOG.md."""

from __future__ import annotations

import console
from cli.github.api import repository
from cli.github.commands import Release
from cli.version import version
from errors import PlatformError
from local.layout import ROOT

CHANGELOG = "CHANGELOG.md"


def release(options: Release) -> None:
    """Makes the release; raises PlatformError for a tag that is not this version's.

    https://docs.github.com/en/rest/releases/releases#create-a-release
    """
    content = notes(options.tag)
    with repository() as where:
        made = {"tag_name": options.tag, "name": options.tag, "body": content}
        where.write("POST", "releases", made)
    console.say(f"{options.tag} was released.")


def notes(tag: str) -> str:
    """What CHANGELOG.md says of this version; raises PlatformError for another version's tag."""
    if tag != f"v{version()}":
        raise PlatformError(
            f"The tag is {console.printable(tag)}, and the version is {version()}.",
            place="pyproject.toml: version",
            remedy=f"Tag the commit v{version()}, or change the version first.",
        )
    sections = (ROOT / CHANGELOG).read_text().split("\n## ")[1:]
    for each in sections:
        heading, _, content = each.partition("\n")
        if heading.split()[0] == version():
            return content.strip()
    raise PlatformError(
        f"There is no section for version {version()}.",
        place=CHANGELOG,
        remedy=f'Add the heading "## {version()}", and what changed below it.',
    )
