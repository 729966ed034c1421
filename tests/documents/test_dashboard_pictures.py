"""The pictures of dashboards are those of the templates."""

from __future__ import annotations

import pytest

from tests.documents.dashboard_pictures import PICTURES, SHOWN, body, picture


@pytest.mark.parametrize(("name", "stack"), SHOWN.items())
def test_a_picture_is_drawn_from_its_dashboard(name: str, stack: str) -> None:
    assert (PICTURES / f"{name}.svg").read_text() == picture(body(stack))
