"""Connections that are right, and those that Airflow refuses or takes for something else.

tests/integration gives them to real Airflow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

POSTGRES = {"conn_type": "postgres", "host": "db", "login": "ada", "password": "p/w"}

RIGHT: Mapping[str, Mapping[str, Any]] = {
    "postgres://ada:p%2Fw@db:5432/main": {**POSTGRES, "port": 5432, "schema": "main"},
    "postgresql://ada:p@w@db": {**POSTGRES, "password": "p@w"},
    "google-cloud-platform://?project=one": {
        "conn_type": "google_cloud_platform",
        "extra": {"project": "one"},
    },
    "aws://?region_name=eu-west-1&role_arn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr": {
        "conn_type": "aws",
        "extra": {"region_name": "eu-west-1", "role_arn": "arn:aws:iam::1:role/r"},
    },
    "aws://?__extra__=%7B%22a%22%3A+%7B%22b%22%3A+1%7D%7D": {
        "conn_type": "aws",
        "extra": {"a": {"b": 1}},
    },
    "http://https://api.example.com:8443/": {
        "conn_type": "http",
        "host": "https://api.example.com",
        "port": 8443,
    },
    "smtp://mail?sender=ada@example.com": {
        "conn_type": "smtp",
        "host": "mail",
        "extra": {"sender": "ada@example.com"},
    },
    '{"conn_type": "postgres", "host": "db", "login": "ada", "password": "p/w", "port": "5432"}': {
        **POSTGRES,
        "port": 5432,
    },
    '{"conn_type": "aws", "extra": {"region_name": "eu-west-1"}, "port": null}': {
        "conn_type": "aws",
        "extra": {"region_name": "eu-west-1"},
    },
    '{"conn_type": "aws", "extra": "{\\"a\\": 1}", "description": "of the team"}': {
        "conn_type": "aws",
        "extra": {"a": 1},
    },
}
"""Texts and what Airflow makes of them, as far as it is not empty."""


class Wrong(NamedTuple):
    """A text, a part of the message about it, and what whoever wrote it means."""

    text: str
    said: str
    meant: Mapping[str, Any]


WRONG = (
    Wrong("postgres//db", "neither a URI nor a JSON object", {"conn_type": "postgres"}),
    Wrong(
        "google_cloud_platform://?project=one",
        "has no underscore",
        {"conn_type": "google_cloud_platform"},
    ),
    Wrong("postgres://ada:p/w@db", "no number of a port", POSTGRES),
    Wrong("postgres://ada:7/w@db", "not percent-encoded", {**POSTGRES, "password": "7/w"}),
    Wrong("postgres://ada:7?w@db", "not percent-encoded", {**POSTGRES, "password": "7?w"}),
    Wrong("postgres://ada:7#w@db", "not percent-encoded", {**POSTGRES, "password": "7#w"}),
    Wrong("postgres://ada:p w@db\n", "has no spaces", {**POSTGRES, "password": "p w\n"}),
    Wrong("postgres://ada:p%2Fw@db:port", "no number of a port", POSTGRES),
    Wrong("postgres://ada:p%2Fw@db:99999", "no number of a port", POSTGRES),
    Wrong("http://http://db", "has a :// of its own", {"conn_type": "http", "host": "http://db"}),
    Wrong("http://a:p@https://db", "has a :// of its own", {"conn_type": "http", "login": "a"}),
    Wrong("aws://?__extra__=no", "extra is no JSON object", {"extra": "no"}),
    Wrong("{", "no JSON, line 1", {"conn_type": "any"}),
    Wrong('{"host": "db"}', "has no conn_type", {"conn_type": "postgres", "host": "db"}),
    Wrong('{"conn_type": " aws"}', "has no conn_type", {"conn_type": "aws"}),
    Wrong('{"conn_type": "postgres", "user": "ada"}', "Did you mean login?", {"login": "ada"}),
    Wrong('{"conn_type": "postgres", "hots": "db"}', "Did you mean host?", {"host": "db"}),
    Wrong('{"conn_type": "aws", "conn_id": "x"}', "no connection has", {"conn_type": "aws"}),
    Wrong('{"conn_type": "aws", "uri": "aws://"}', "no connection has", {"conn_type": "aws"}),
    Wrong('{"conn_type": "aws", "password": 12}', "password is no text", {"password": "12"}),
    Wrong('{"conn_type": "aws", "port": "x"}', "port is no number", {"port": "x"}),
    Wrong('{"conn_type": "aws", "port": [1]}', "port is no number", {"port": 1}),
    Wrong('{"conn_type": "aws", "extra": "no"}', "extra is no JSON object", {"extra": "no"}),
)
