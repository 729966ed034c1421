"""Errors of a request, and the messages that their pages show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """Page that says what happened and what to do; it contains nothing from the request."""

    status: int
    title: str
    text: str


NOT_SIGNED_IN = Message(
    403,
    "We could not confirm who you are",
    "Sign out, then sign in again. If that does not help, send the reference below to the team "
    "that runs this platform.",
)
NO_ADDRESS = Message(
    403,
    "Your e-mail address could not be used",
    "Your company's sign-in did not send a verified, plain e-mail address for you. Send the "
    "reference below to the team that runs this platform.",
)
NO_SUBJECT = Message(
    403,
    "Your sign-in could not be used",
    "Your company's sign-in did not send a plain identifier for you. Send the reference below to "
    "the team that runs this platform.",
)
INCOMPLETE_LINK = Message(
    400,
    "This link is not complete",
    "A link must name one environment and one role, spelt exactly. Choose both in the portal.",
)
NO_GRANT = Message(
    403,
    "You may not open this",
    "The environment does not exist, or you have no grant for it under this role. Ask the team "
    "that runs this platform for one, and send them the reference below.",
)
BLOCKED = Message(
    403,
    "Your access is blocked",
    "The team that runs this platform has blocked your account, whatever you were granted. If you "
    "think that this is a mistake, ask them, and send them the reference below.",
)
NOT_A_NAVIGATION = Message(
    403,
    "Open this link itself",
    "An environment opens from a link that you follow, not from inside another page.",
)
UNKNOWN_HOST = Message(
    400,
    "This address is not served here",
    "Open the portal under the address that the team that runs this platform gave you.",
)
NOT_FOUND = Message(404, "There is nothing here", "The portal lists what you can open.")
METHOD_NOT_ALLOWED = Message(
    405, "This address can only be read", "The portal lists what you can open."
)
UNAVAILABLE = Message(
    503,
    "This does not work at the moment",
    "Try again in half a minute. If it goes on, send the reference below to the team that runs "
    "this platform.",
)
FAULT = Message(
    500,
    "Something went wrong here",
    "Send the reference below to the team that runs this platform.",
)
SIGNED_OUT = Message(
    200,
    "You are signed out",
    "Airflow keeps a session of its own, for up to 12 hours, under the address of each environment "
    "that you opened: sign out there too.",
)


class RefusedError(Exception):
    """Refusal of a request: `message` is for the page, `reason` for the log alone."""

    def __init__(self, message: Message, reason: str) -> None:
        super().__init__(reason)
        self.message = message
        self.reason = reason


class UnavailableError(Exception):
    """Failure of a service that a request needs, or a malformed response of it."""
