"""What Airflow itself has loaded. Runs in a task, so it sees what every task's process sees."""

from __future__ import annotations

import importlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mwaa_platform_preflight.findings import Finding
from mwaa_platform_preflight.targets import ENVIRONMENT, transports

SETTINGS_FILE = "mwaa_platform_lineage.json"
PLUGIN = "mwaa_platform_lineage"
PROVIDER_SINCE = (2, 7)
DEPLOY = (
    "Deploy it: ./mwaa-platform deploy. For an environment that exists, "
    f"./mwaa-platform lineage build {ENVIRONMENT} -o <folder>."
)
REQUIREMENTS_LOG = (
    "Look at the requirements_install log streams of the web server and the workers: a package "
    "that cannot be installed is said there alone."
)

Numbers = tuple[int, ...]
# openlineage-python: from 1.4 a token provider is asked for each event, 1.21 has composite. Before
# the provider (Airflow 2.5 and 2.6) the plugin's own transport adds the token.
CLIENT_SINCE: Numbers = (1, 4)
CLIENT_SINCE_WITHOUT_PROVIDER: Numbers = (0, 20)
CLIENT_SINCE_BY_TYPE: Mapping[str, Numbers] = {"composite": (1, 21)}
SENDS_NOTHING = {"console", "noop"}


class NoSettingsError(Exception):
    """The plugin's settings are not in this environment."""


def read_settings() -> Mapping[str, Any]:
    """The plugin's settings file. Raises NoSettingsError."""
    from airflow.configuration import conf  # noqa: PLC0415

    path = Path(conf.get("core", "plugins_folder"), SETTINGS_FILE)
    try:
        settings: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NoSettingsError(f"{path}: {type(error).__name__}") from None
    return settings


def check_airflow(
    settings: Mapping[str, Any], *, catalogue: str | None = None
) -> Iterator[Finding]:
    """Whether Airflow has all that it takes to send lineage, and sends it where it should.

    With a `catalogue`, authentication is looked at for that one alone.
    """
    _load_plugins()
    yield check_plugin()
    if settings.get("transport"):
        yield from check_packages(settings)
        yield check_listener()
        yield from check_transports(settings, catalogue=catalogue)
        yield check_namespace(settings)
    for entry in settings["catalogues"]:
        if "backend" in entry:
            yield from check_backend(entry)


def _load_plugins() -> None:
    from airflow import plugins_manager  # noqa: PLC0415

    plugins_manager.ensure_plugins_loaded()


def check_plugin() -> Finding:
    """Whether the plugin of plugins.zip has run in this process."""
    from airflow import plugins_manager  # noqa: PLC0415

    subject = "Plugin"
    found = {each.get("name") for each in plugins_manager.get_plugin_info({"name"})}
    if PLUGIN in found:
        return Finding(subject, note=f"{PLUGIN} is loaded")
    if hasattr(plugins_manager, "get_import_errors"):  # Airflow 3.2 and later
        errors = plugins_manager.get_import_errors()
    else:
        errors = plugins_manager.import_errors
    said = next((text for source, text in errors.items() if PLUGIN in source), None)
    return Finding(
        subject,
        f"{PLUGIN} of plugins.zip is not loaded" + (f": {said}" if said else "."),
        DEPLOY,
    )


def check_packages(settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether what sends events is installed, and new enough."""
    has_provider = _numbers(settings["airflow"])[:2] >= PROVIDER_SINCE
    package = "apache-airflow-providers-openlineage" if has_provider else "openlineage-airflow"
    found = _installed(package)
    if found is None:
        yield Finding("Package", f"{package} is not installed.", REQUIREMENTS_LOG)
        return
    yield Finding("Package", note=f"{package} {found}")
    least = CLIENT_SINCE if has_provider else CLIENT_SINCE_WITHOUT_PROVIDER
    least = max(least, CLIENT_SINCE_BY_TYPE.get(settings["transport"]["type"], least))
    client = _installed("openlineage-python")
    if client is None or _numbers(client) < least:
        wanted = ".".join(map(str, least))
        yield Finding(
            "Client",
            f"openlineage-python is {client or 'not installed'}; what is configured needs "
            f"{wanted}.",
            "Take a pin of your own out of Requirements, or upgrade Airflow.",
        )
    else:
        yield Finding("Client", note=f"openlineage-python {client}")


def check_listener() -> Finding:
    """Whether Airflow has a listener that sends its events."""
    subject = "Listener"
    if _disabled():
        return Finding(
            subject,
            "Lineage is turned off in Airflow (openlineage.disabled or OPENLINEAGE_DISABLED).",
            "Take that option or variable out.",
        )
    try:
        from airflow.sdk.listener import get_listener_manager  # noqa: PLC0415 - since 3.2
    except ImportError:
        from airflow.listeners.listener import get_listener_manager  # noqa: PLC0415

    for listener in get_listener_manager().pm.get_plugins():
        module = str(getattr(listener, "__module__", None) or getattr(listener, "__name__", ""))
        if module.startswith(("airflow.providers.openlineage", "openlineage.airflow")):
            return Finding(subject, note=module)
    return Finding(
        subject,
        "Airflow has no listener that sends events, though the package is there.",
        "Look at the scheduler's log for an error of OpenLineage's plugin.",
    )


def check_transports(
    settings: Mapping[str, Any], *, catalogue: str | None = None
) -> Iterator[Finding]:
    """Whether the client has really built what is configured."""
    configured = list(transports(settings["transport"]))
    try:
        built = list(_leaves(_adapter().get_or_create_openlineage_client().transport))
    except Exception as error:  # noqa: BLE001 - whatever a setting makes of the client
        yield Finding(
            "Transport",
            f"The client cannot make its transport: {type(error).__name__}. {error}",
            "Deploy again. An option or variable of OpenLineage of your own may be in the way.",
        )
        return
    kinds = [str(getattr(each, "kind", "")) for each in built]
    idle = sorted(SENDS_NOTHING & set(kinds))
    if idle or len(built) != len(configured):
        yield Finding(
            "Transport",
            f"Airflow sends by {', '.join(kinds) or 'nothing'}, so no catalogue gets its events."
            if idle
            else f"Airflow sends to {len(built)} of {len(configured)} catalogues.",
            "Take options and variables of OpenLineage of your own out; then deploy.",
        )
        return
    yield Finding("Transport", note=", ".join(kinds))
    for transport, wanted in zip(built, configured, strict=True):
        if "auth" in wanted and catalogue in {None, wanted["auth"].get("secret")}:
            yield check_authentication(transport, wanted)


def check_authentication(transport: Any, configured: Mapping[str, Any]) -> Finding:
    """Whether the class that gives the token was loaded; clients up to 1.37 do without a word."""
    catalogue = str(configured["auth"].get("secret", ""))
    subject = f"Authentication of {catalogue}"
    wanted = configured["auth"].get("type")
    config = transport.config
    if wanted is None:  # the plugin's own transport, whose session adds the token
        wanted = str(configured["type"])
        loaded = _path(type(transport))
        well = loaded == wanted and getattr(config.session, "auth", None) is not None
    else:
        loaded = _path(type(config.auth))
        well = loaded == wanted
    if well:
        return Finding(subject, note=loaded)
    return Finding(
        subject,
        f"Airflow has loaded {loaded} instead of {wanted}: events go out without a token.",
        f"{DEPLOY} Restart the environment's workers if that does not help.",
    )


def check_namespace(settings: Mapping[str, Any]) -> Finding:
    """Whether events carry the connection's name."""
    subject, wanted = "Connection", settings["namespace"]
    try:
        found = importlib.import_module("airflow.providers.openlineage.conf").namespace()
    except ImportError:  # openlineage-airflow, and the provider before 1.7
        found = getattr(importlib.import_module(_adapter().__module__), "_DAG_NAMESPACE")  # noqa: B009
    if found == wanted:
        return Finding(subject, note=found)
    return Finding(
        subject,
        f"Events carry the name {found!r}, not {wanted!r}.",
        "Take openlineage.namespace or OPENLINEAGE_NAMESPACE out.",
    )


def check_backend(entry: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether Airflow 2 has OpenMetadata's lineage backend."""
    catalogue = entry["id"]
    found = _installed("openmetadata-ingestion")
    if found is None:
        wrong = "openmetadata-ingestion is not installed."
        yield Finding("Package", wrong, REQUIREMENTS_LOG, catalogue=catalogue)
        return
    yield Finding("Package", note=f"openmetadata-ingestion {found}", catalogue=catalogue)
    try:
        from airflow.lineage import get_backend  # noqa: PLC0415

        backend = get_backend()
    except Exception as error:  # noqa: BLE001 - whatever the import of a backend raises
        yield Finding(
            "Backend",
            f"It cannot be loaded: {type(error).__name__}. {error}",
            REQUIREMENTS_LOG,
            catalogue=catalogue,
        )
        return
    loaded = _path(type(backend)) if backend else "none"
    if loaded.startswith("mwaa_platform_openmetadata."):
        yield Finding("Backend", note=loaded, catalogue=catalogue)
    else:
        yield Finding(
            "Backend",
            f"Airflow's lineage backend is {loaded}, not that of the plugin.",
            "The option lineage.backend must be mwaa_platform_openmetadata.LineageBackend: deploy, "
            "or set it in the environment that exists.",
            catalogue=catalogue,
        )


def secret_arn(identifier: str) -> str | None:
    """The ARN of a catalogue's secret, as the plugin finds it."""
    return os.environ.get(f"AIRFLOW__MWAA_PLATFORM__LINEAGE_SECRET_{identifier.upper()}")


def _adapter() -> Any:
    try:
        module = importlib.import_module("airflow.providers.openlineage.plugins.adapter")
    except ImportError:
        module = importlib.import_module("openlineage.airflow.adapter")
    return module.OpenLineageAdapter()


def _disabled() -> bool:
    if os.environ.get("OPENLINEAGE_DISABLED", "").lower().strip() == "true":
        return True
    try:
        conf = importlib.import_module("airflow.providers.openlineage.conf")
    except ImportError:
        return False
    # Older providers look at it in their plugin alone.
    return bool(conf.is_disabled()) if hasattr(conf, "is_disabled") else False


def _leaves(transport: Any) -> Iterator[Any]:
    inner = getattr(transport, "transports", None)
    if inner is None:
        yield transport
        return
    for each in inner:
        yield from _leaves(each)


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> Numbers:
    return tuple(int(each) for each in re.findall(r"\d+", text)[:3])


def _path(of: type) -> str:
    return f"{of.__module__}.{of.__qualname__}"
