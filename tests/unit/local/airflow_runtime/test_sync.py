"""Mirroring of the bucket's DAGs: added, changed and deleted files, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local.airflow_runtime.sync import Mirror
from tests.unit.local.airflow_runtime.fake_s3 import NAME, Bucket


@pytest.fixture
def mirror(bucket: Bucket, tmp_path: Path) -> Mirror:
    folder = tmp_path / "dags"
    folder.mkdir()
    return Mirror(bucket.client(), f"s3://{NAME}/dags/", folder)


def files(mirror: Mirror) -> dict[str, bytes]:
    return {
        str(path.relative_to(mirror.folder)): path.read_bytes()
        for path in mirror.folder.rglob("*")
        if path.is_file()
    }


def test_folder_follows_the_bucket(bucket: Bucket, mirror: Mirror) -> None:
    bucket.objects = {
        "dags/one.py": b"1",
        "dags/sub/two words.py": b"2",
        "dags/three.py": b"3",
        "dags/sub/": b"",
        "requirements.txt": b"not a DAG",
    }
    mirror.update()
    assert files(mirror) == {"one.py": b"1", "sub/two words.py": b"2", "three.py": b"3"}

    bucket.objects |= {"dags/one.py": b"changed"}
    del bucket.objects["dags/three.py"]
    bucket.downloads.clear()
    mirror.update()
    assert files(mirror) == {"one.py": b"changed", "sub/two words.py": b"2"}
    assert bucket.downloads == ["dags/one.py"]


def test_file_that_went_missing_here_comes_back(bucket: Bucket, mirror: Mirror) -> None:
    bucket.objects = {"dags/one.py": b"1"}
    mirror.update()
    (mirror.folder / "one.py").unlink()
    mirror.update()
    assert files(mirror) == {"one.py": b"1"}


def test_no_key_leads_out_of_the_folder(bucket: Bucket, mirror: Mirror, tmp_path: Path) -> None:
    bucket.objects = {"dags/../escaped.py": b"x", "dags//etc/escaped.py": b"x"}
    mirror.update()
    assert files(mirror) == {}
    assert not (tmp_path / "escaped.py").exists()


def test_files_stay_while_the_bucket_cannot_be_read(bucket: Bucket, mirror: Mirror) -> None:
    bucket.objects = {"dags/one.py": b"1"}
    mirror.update()
    bucket.down = True
    with pytest.raises(ClientError):
        mirror.update()
    assert files(mirror) == {"one.py": b"1"}
