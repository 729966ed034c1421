"""The prices of an estimate: the file that has them, and the Region that they are for."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.model import Configuration
from errors import Finding, InputError, PlatformError
from mwaa.prices import Prices, read_prices


def load_prices(path: Path, *, region: str) -> Prices:
    """The prices of a Region.

    Raises InputError with every mistake in the file, PlatformError where it cannot be read.
    """
    try:
        file = read_prices(path)
    except OSError as error:
        raise PlatformError(
            f"The prices cannot be read: {error.strerror}.",
            place=str(path),
            remedy="Name another file with --prices, or leave that out.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        finding = Finding(subject="TOML", message=f"It is no TOML: {error}.")
        raise InputError(path, [finding]) from None
    except ValidationError as error:
        raise InputError(path, [_finding(each) for each in error.errors()]) from None
    return Prices(file=file, region=region)


def region_of(configuration: Configuration) -> str:
    """The Region of the client's secret, which must be that of the deployment."""
    return configuration.oidc.client_secret_arn.split(":")[3]


def _finding(details: ErrorDetails) -> Finding:
    place = tuple(step for step in details["loc"] if step != "[key]")
    message = details["msg"].removeprefix("Value error, ")
    if not place:
        subject, _, message = message.partition(": ")
        return Finding(subject=subject, message=f"{message[:1].upper()}{message[1:]}.")
    return Finding(place=place, message=f"{message}.")
