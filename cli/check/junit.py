"""Findings as XML that continuous integrations show: a suite a section, a case a finding.

https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

import console
from errors import Finding, Level, PlatformError

NAME = "mwaa-platform check"


def write_junit(path: Path, sections: Mapping[str, Sequence[Finding]]) -> None:
    """Writes the file. Raises PlatformError where it cannot be written."""
    root = ElementTree.Element("testsuites", name=NAME)
    for heading, findings in sections.items():
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=console.printable(heading),
            tests=str(len(findings)),
            failures=str(sum(each.is_wrong for each in findings)),
            skipped=str(sum(each.level is Level.SKIPPED for each in findings)),
        )
        for finding in findings:
            _add_case(suite, heading, finding)
    try:
        ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise PlatformError(
            f"The file for JUnit could not be written: {error.strerror}.",
            place=str(path),
            remedy="Give --junit a file in a folder that is there.",
        ) from None


def _add_case(suite: ElementTree.Element, heading: str, finding: Finding) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=console.printable(heading),
        name=console.printable(finding.name),
    )
    message = console.printable(finding.message)
    if finding.is_wrong:
        failure = ElementTree.SubElement(case, "failure", message=message, type=finding.level.value)
        parts = (finding.message, finding.detail, finding.remedy)
        failure.text = console.printable("  ".join(part for part in parts if part))
    elif finding.level is Level.SKIPPED:
        ElementTree.SubElement(case, "skipped", message=message)
