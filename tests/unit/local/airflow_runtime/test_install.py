"""Error message of a failed installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import PlatformError
from local.airflow_runtime.install import install


def test_requirement_that_contradicts_the_image_is_named(tmp_path: Path) -> None:
    """Needs the package index. The constraint is our lock, not what the unreachable URL has."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        '--constraint "https://unreachable.example.com/constraints.txt"\n'
        "apache-airflow-providers-openlineage==1.12.0\n"
    )
    with pytest.raises(PlatformError) as caught:
        install("2.10.3", requirements, tmp_path / "cache")
    assert caught.value.message == (
        "Airflow 2.10.3 could not be installed with the environment's requirements.txt."
    )
    assert "apache-airflow-providers-openlineage==1.12.0" in caught.value.remedy
    assert "apache-airflow-providers-openlineage==1.13.0" in caught.value.remedy
