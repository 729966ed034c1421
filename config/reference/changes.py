"""docs/changes.md: what a change of each key does, generated from the update policies.

`python -m config.reference` writes it.
"""

from __future__ import annotations

from pathlib import Path

from config.reference.page import TITLES
from config.section import Section, update_policy
from config.update_policy import Effect, Interrupts, UpdatePolicy

FILE = Path(__file__).parents[2] / "docs" / "changes.md"

INTRODUCTION = """\
# What a change does

A change of a key has one of these effects:

{effects}

If you remove a key, its default applies, which is a change like any other. This page is \
generated from the configuration's model (`.venv/bin/python -m config.reference`). A test changes \
every key, and changes it back, and compares the templates with CloudFormation's own schemas \
(`tests/templates/test_update_policies.py`); statements about AWS are from its documentation. \
[Changes that were tried](changes-tried.md) lists those that were deployed to a running platform.

## By effect
"""

EFFECTS = {
    Effect.FREE: "nothing is interrupted",
    Effect.IN_PLACE: "a resource is changed, and is interrupted in the meantime",
    Effect.REPLACEMENT: "a new resource is created; the old one is lost, or kept for you to delete",
    Effect.REFUSED: "the deployment fails and is rolled back; the page says what to do instead",
    Effect.BY_KEY: "a section whose keys have their own effects",
}


def render() -> str:
    """The whole page."""
    effects = "\n".join(f"- **{effect}**: {meaning}." for effect, meaning in EFFECTS.items())
    policies = [*map(_policy, _in_order()), *(_table(section) for section in _sections())]
    return "\n".join([INTRODUCTION.format(effects=effects), *policies])


def heading(policy: UpdatePolicy) -> str:
    """The heading of a policy: what people call it."""
    name = policy.name.replace("_", " ").capitalize()
    return name if policy.value.effect.capitalize() in name else f"{name} ({policy.value.effect})"


def link(policy: UpdatePolicy, *, page: str = "") -> str:
    """The link to a policy on this page; from another one with its path there."""
    if policy.value.effect is Effect.BY_KEY:
        return str(Effect.BY_KEY)
    title = heading(policy)
    anchor = title.lower().replace(" ", "-").translate(str.maketrans("", "", "()"))
    return f"[{title}]({page}#{anchor})"


def _in_order() -> list[UpdatePolicy]:
    described = [each for each in UpdatePolicy if each.value.effect is not Effect.BY_KEY]
    return sorted(described, key=lambda each: list(EFFECTS).index(each.value.effect))


def _policy(policy: UpdatePolicy) -> str:
    says = policy.value
    interrupts = "" if says.interrupts is Interrupts.NOTHING else f" Interrupts {says.interrupts}."
    way_round = f"\n\nInstead, or before: {says.way_round}" if says.way_round else ""
    takes = f"Takes {says.duration}.{interrupts}"
    return f"### {heading(policy)}\n\n{says.text}{way_round}\n\n{takes}\n"


def _sections() -> list[type[Section]]:
    return [section for section in TITLES if section.model_fields]


def _table(section: type[Section]) -> str:
    rows = [
        f"| `{field.alias}` | {link(update_policy(section, str(field.alias)))} |"
        for field in section.model_fields.values()
    ]
    head = ["| Key | Effect of a change |", "|---|---|"]
    return "\n".join([f"## {_title(section)}", "", *head, *rows, ""])


def _title(section: type[Section]) -> str:
    twice = list(TITLES.values()).count(TITLES[section]) > 1
    return f"{TITLES[section]} ({section.__name__})" if twice else TITLES[section]
