"""Package indexes on loopback."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.loopback import Request, Response, Server, serving


@dataclass(frozen=True, kw_only=True)
class PackageIndex:
    """A running index, and the files that it was asked for."""

    url: str
    taken: list[str]

    def settings(self, cache: Path) -> Mapping[str, str]:
        """Variables with which pip and uv use it alone, and with which uv would check no hash."""
        return {
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_FIND_LINKS": "",
            "PIP_INDEX_URL": self.url,
            "PIP_NO_CACHE_DIR": "1",
            "UV_CACHE_DIR": str(cache),
            "UV_DEFAULT_INDEX": self.url,
            "UV_NO_CONFIG": "1",
            "UV_NO_VERIFY_HASHES": "1",
            "NO_PROXY": "127.0.0.1",
        }


@contextmanager
def package_index(files: Mapping[str, bytes]) -> Iterator[PackageIndex]:
    """Serves wheels and source distributions by their names."""
    taken: list[str] = []

    def answer(request: Request) -> Response:
        place, name = request.path.strip("/").split("/")
        if place == "files":
            taken.append(name)
            return Response(200, files[name])
        found = [each for each in files if each.startswith(f"{name.replace('-', '_')}-")]
        page = "".join(f'<a href="/files/{each}">{each}</a>' for each in found)
        return Response(200, page.encode(), {"Content-Type": "text/html"})

    with serving(Server(answer)) as server:
        yield PackageIndex(url=f"{server.url}/simple/", taken=taken)


def tampered_index(lock: Path) -> AbstractContextManager[PackageIndex]:
    """Serves every package of a lock in its version, as a wheel of other content."""
    pins = re.findall(r"^([^\s=]+)==(\S+)", lock.read_text(), re.MULTILINE)
    return package_index(
        {
            f"{name.replace('-', '_')}-{version}-py3-none-any.whl": wheel(name, version)
            for name, version in pins
        }
    )


def wheel(name: str, version: str) -> bytes:
    """A wheel with one module, which says that it was tampered with."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    content = {
        f"{module}/__init__.py": "TAMPERED = True\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*content, f"{info}/RECORD"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in {**content, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    return buffer.getvalue()
