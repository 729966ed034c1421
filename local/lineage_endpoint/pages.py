"""The pages of the received events, and the graph as JSON for their script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from local.lineage_endpoint import times
from local.lineage_endpoint.airflow_links import WebServer, address
from local.lineage_endpoint.events import Events
from local.lineage_endpoint.graph import as_json, graph_of
from local.lineage_endpoint.runs import STATES, Run, matching, runs_of

FOLDER = Path(__file__).parent
FILES: Mapping[str, Path] = {
    "style.css": FOLDER / "style.css",
    "page.js": FOLDER / "page.js",
    "graph.js": FOLDER / "graph.js",
    "cytoscape.js": FOLDER / "node_modules/cytoscape/dist/cytoscape.min.js",
    "dagre.js": FOLDER / "node_modules/@dagrejs/dagre/dist/dagre.min.js",
    "idiomorph.js": FOLDER / "node_modules/idiomorph/dist/idiomorph.min.js",
}
SHOWN_RUNS = 100
FILTERS = ("namespace", "state", "job")
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def _templates() -> Environment:
    templates = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True)
    templates.filters |= {"duration": times.duration, "time": times.in_utc}
    return templates


@dataclass(frozen=True, kw_only=True)
class Pages:
    """The handlers of the pages.

    `web_servers` has that of each Airflow by its namespace; runs of others have no link.
    """

    events: Events
    web_servers: Mapping[str, WebServer]
    _templates: Environment = field(default_factory=_templates)

    async def show(self, request: Request) -> Response:
        """Graph and runs, as far as the query does not filter them out."""
        every, query = runs_of(self.events.oldest_first()), _query(request)
        found = matching(every, **query)
        return self._page(
            "page.html",
            runs=found[:SHOWN_RUNS],
            found=len(found),
            total=len(every),
            graph=graph_of(found),
            received=self.events.received,
            namespaces=sorted({run.namespace for run in every} - {""}),
            states=STATES,
            query=query,
        )

    async def draw(self, request: Request) -> Response:
        """The graph, or nothing where no event came since the number that the script has."""
        if request.query_params.get("since") == str(self.events.received):
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=SECURITY_HEADERS)
        graph = graph_of(matching(runs_of(self.events.oldest_first()), **_query(request)))
        links = {node.run.key: self._link(node.run) for node in graph.jobs if node.run}
        return _json(json.dumps({"received": self.events.received, **as_json(graph, links)}))

    async def read(self, _: Request) -> Response:
        """Every event in memory, as it was received."""
        return _json(f"[{','.join(each.line for each in self.events.oldest_first())}]")

    async def read_one(self, request: Request) -> Response:
        """One event, for people."""
        number = request.path_params["number"]
        if not (found := self.events.numbered(number)):
            raise HTTPException(404, f"Event {number} is not in memory.")
        received = json.loads(found.line)
        return self._page(
            "event.html",
            number=number,
            state=found.facts.state,
            received=received,
            run=next(each for each in runs_of(self.events.oldest_first()) if found in each.events),
            text=json.dumps(received["event"], indent=2, ensure_ascii=False),
        )

    async def file(self, request: Request) -> Response:
        """A style sheet or script."""
        path = FILES.get(request.path_params["name"])
        if not (path and path.exists()):
            raise HTTPException(404, "No such file.")
        return FileResponse(path, headers=SECURITY_HEADERS)

    def _link(self, run: Run) -> str:
        """The run's address in Airflow; empty where it has none."""
        web_server, airflow = self.web_servers.get(run.namespace), run.airflow
        return address(web_server, airflow) if web_server and airflow else ""

    def _page(self, template: str, **values: Any) -> Response:
        text = self._templates.get_template(template).render(link=self._link, **values)
        # Half a surrogate pair can stand in JSON, but in no page.
        content = text.encode(errors="replace")
        return Response(content, media_type="text/html", headers=SECURITY_HEADERS)


def _query(request: Request) -> dict[str, str]:
    return {key: request.query_params.get(key, "") for key in FILTERS}


def _json(text: str) -> Response:
    return Response(text, media_type="application/json", headers=SECURITY_HEADERS)
