"""What catalogues have in common that are asked over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ValidationInfo, field_validator

from artifacts.catalogues import NO_AUTHENTICATION
from config.lineage.addresses import BaseUrl, is_private, travels_in_clear
from config.types import Change, Matches, Section, WholeSecretArn, reject, setting

TokenField = Annotated[
    str,
    # Short: it is shipped in plugins.zip, and people paste tokens where they read "token".
    Matches(
        r"[A-Za-z_][A-Za-z0-9_.-]{0,31}",
        "the name of a field, such as token; the token itself belongs in the secret",
    ),
]


class HttpCatalogue(Section):
    """A catalogue at an address, entered by a token."""

    provider: str = setting("The data catalogue.", change=Change.DISRUPTIVE)
    url: BaseUrl = setting(
        "Address of the catalogue; a path must end in a slash.", change=Change.DISRUPTIVE
    )
    token_secret_arn: WholeSecretArn | None = setting(
        "ARN of an existing secret with the token, encrypted with the AWS managed key "
        "`aws/secretsmanager`.",
        change=Change.DISRUPTIVE,
        default=None,
        otherwise="an empty secret in the environment's stack, for you to fill; **required** for "
        "an existing environment",
    )
    token_field: TokenField | None = setting(
        "The field of that secret that holds the token, where the secret is a JSON object.",
        change=Change.DISRUPTIVE,
        default=None,
        otherwise="the whole text, or the field `token` of a JSON object",
    )

    @property
    def needs_token(self) -> bool:
        """Whether it is entered by a token."""
        return True

    @field_validator("url")
    @classmethod
    def _hides_the_token(cls, url: str) -> str:
        if "authentication" not in cls.model_fields:
            refuse_token_in_clear(url)
        return url


class CatalogueWithChoice(HttpCatalogue):
    """A catalogue that may also be entered without a token.

    Each declares `authentication` itself, behind the keys that have a say in it.
    """

    if TYPE_CHECKING:
        authentication: str

    @property
    def needs_token(self) -> bool:
        """Whether it is entered by a token."""
        return self.authentication != NO_AUTHENTICATION

    @field_validator("authentication", check_fields=False)
    @classmethod
    def _fits_the_token(cls, authentication: str, info: ValidationInfo) -> str:
        if authentication != NO_AUTHENTICATION:
            refuse_token_in_clear(info.data.get("url"))
            return authentication
        given = [_key(name) for name in ("token_secret_arn", "token_field") if info.data.get(name)]
        if given:
            reject(
                f"Without authentication nothing reads {' and '.join(given)}.",
                "Take it out, or choose how the token is shown.",
            )
        return authentication


def refuse_token_in_clear(url: str | None) -> None:
    """Refuse to send a token where anybody on its way could read it."""
    if url and travels_in_clear(url) and not is_private(url):
        reject(
            "Over http:// to a public host anybody on the way could read the token.",
            "Take https://.",
        )


def _key(name: str) -> Any:
    return HttpCatalogue.model_fields[name].alias
