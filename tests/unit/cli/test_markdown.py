"""Markdown in which texts from elsewhere mean nothing, and errors and reports as Markdown."""

from __future__ import annotations

import html
import re

import pytest
from markdown_it import MarkdownIt

from cli.markdown import block, code, error_as_markdown, escaped
from cli.report import start_report
from errors import Finding, InputError, Level, PlatformError


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@everyone", "@\N{ZERO WIDTH NON-JOINER}everyone"),
        ("![a](https://evil.example)", "\\!\\[a\\](`https://evil.example`)"),
        ("<img src=x>", "&lt;img src=x&gt;"),
        ("one\n# two", "one \\# two"),
        ("`code`", "`code`"),
        ("`open <name>` and @a", "`open <name>` and @\N{ZERO WIDTH NON-JOINER}a"),
        (
            "see https://evil.example/a_b, or www.evil.example.",
            "see `https://evil.example/a_b`, or `www.evil.example`.",
        ),
        ("a ` b", "a \\` b"),
        ("``a` https://b.example", "\\``a` `https://b.example`"),
        ("#1 and GH-1", "\\#\N{ZERO WIDTH NON-JOINER}1 and GH-\N{ZERO WIDTH NON-JOINER}1"),
        ("docs/a.md#an-entry", "docs/a.md\\#an-entry"),
    ],
)
def test_names_are_names_alone(text: str, shown: str) -> None:
    assert escaped(text) == shown


HOSTILE = (
    "[a](https://evil.example)",
    "![a](https://evil.example/a.png)",
    "[a]: https://evil.example",
    "<https://evil.example>",
    "HTTPS://evil.example",
    "<a href='https://evil.example'>a</a>",
    "<!-- mwaa-platform: plan -->",
    "` <img src=x> `` <b> `",
    "`` [a](https://evil.example) ` [b](https://evil.example) ``",
    "\\` [a](//evil.example) \\`",
    "\\[a](//evil.example)",
    "www.evil.example/@team",
    "@team #12 a/b#12 GH-12",
    "`@team` @team",
    "@team",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", ["- **{0}** {0}", "{0}", "**{0}**"])
def test_nothing_from_elsewhere_becomes_a_link_an_element_or_a_mention(
    text: str, form: str
) -> None:
    rendered = MarkdownIt("commonmark").render(form.format(escaped(text)))
    assert set(re.findall(r"</?(\w+)", rendered)) <= {"p", "ul", "li", "strong", "code"}
    # GitHub looks for these in the text that is left, and not in code.
    left = html.unescape(re.sub(r"<code>.*?</code>|<[^>]*>", "", rendered))
    assert not re.search(r"://\w|\bwww\.|@\w|#\d|GH-\d", left, re.IGNORECASE)


def test_code_and_blocks_end_where_they_should() -> None:
    assert code("aws x") == "`aws x`"
    assert code("a ``b`` \n c") == "``` a ``b``   c ```"
    assert block("a\n````\nb") == "`````text\na\n````\nb\n`````"
    assert block("\x1b[31m" + "b" * 50, longest=10) == "```text\n…bbbbbbbbbb\n```"


def test_an_error_has_every_mistake_of_a_file() -> None:
    wrong = Finding(place=("Alb",), message="Not @this.", remedy="Correct it.")
    said = error_as_markdown("A plan", "Not made", InputError("cdk.context.json", [wrong, wrong]))
    assert said.startswith("### A plan\n\n**Not made: 2 mistakes in cdk.context.json.**\n")
    assert said.count("- **Alb** Not @\N{ZERO WIDTH NON-JOINER}this.\n  - do: Correct it.") == 2


def test_an_error_has_the_output_of_a_program_as_it_is() -> None:
    error = PlatformError("It ended.", place="app.py", remedy="The end says:\n  <b>\n  @a")
    said = error_as_markdown("A plan", "Not made", error)
    assert (
        "**Not made: It ended.**\n\n- where: app.py\n\nThe end says:\n\n```text\n  <b>\n  @a\n```"
        in said
    )


def test_a_report_names_what_is_wrong_and_what_was_not_tried(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = start_report("platform", "in AWS", as_json=False, as_markdown=True)
    report.heading("Stacks")
    report.add(Finding(level=Level.OK, subject="Sso"))
    report.heading("analytics")
    report.add(
        Finding(subject="<b>", message="It broke.", detail="x", commands=("aws `x`",), code="a")
    )
    report.add(Finding(level=Level.SKIPPED, subject="Lineage"))
    assert not report.conclude()
    assert capsys.readouterr().out == (
        "### platform in AWS\n\n**1 of 2 checks failed.**\n\n**analytics**\n\n"
        "- **&lt;b&gt;** It broke.\n  - where: x\n  - `` aws `x` ``\n"
        "  - see: `docs/doctor.md#a`\n\n"
        "Not tried: Lineage.\n"
    )


def test_a_report_of_nothing_wrong_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    report = start_report("platform", "in AWS", as_json=False, as_markdown=True)
    report.add(Finding(level=Level.OK, subject="Sso"))
    assert report.conclude()
    assert capsys.readouterr().out == "### platform in AWS\n\n**All is well.**\n"
