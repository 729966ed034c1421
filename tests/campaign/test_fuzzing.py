"""Every kept input, and some that differ from one a little; `python -m tests.campaign` has many."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.campaign import sign_in
from tests.campaign.inputs import kept, names
from tests.campaign.targets import TARGETS, check

EXAMPLES = 60
SPICE = (
    b"",
    b"\0",
    b"\xff",
    b"[" * 2000,
    b"9" * 400,
    b'"',
    b"{",
    b"\r\n",
    "\u212a".encode(),
    b"NaN",
)
"""What is put in place of a part: ends of texts, nesting, numbers, a letter that folds into k."""


def test_each_target_has_kept_inputs() -> None:
    assert names() == sorted(TARGETS)


@pytest.mark.parametrize("name", ["token", "claims", "host-and-path", "event"])
def test_what_may_open_does(name: str) -> None:
    """Else no input could break the promise of a token."""
    _, aws = sign_in._deployed(sign_in.DEFAULT_RULES)
    opened = []
    for file in kept(name):
        aws.minted.clear()
        check(name, file.read_bytes())
        opened += [file.name] * bool(aws.minted)
    assert 0 < len(opened) < len(kept(name))


@pytest.mark.parametrize("name", TARGETS)
def test_kept_inputs_break_no_promise(name: str) -> None:
    for file in kept(name):
        check(name, file.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_inputs_like_them_break_no_promise(name: str, data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(kept(name))).read_bytes()
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    part = data.draw(st.sampled_from(SPICE) | st.binary(max_size=12) | st.just(whole))
    check(name, whole[:start] + part + whole[end:])
