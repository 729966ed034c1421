"""Secret text that a person types or pipes in, of which nothing is shown."""

from __future__ import annotations

import codecs
import getpass
import sys

from errors import PlatformError

TYPED = "what was typed or piped in"


def read_secret(prompt: str, most: int) -> str:
    """Returns what is typed at the prompt, or piped in; of that `most` bytes at most.

    Raises PlatformError for what is no text in UTF-8, which a pipe is read as in every locale.
    """
    try:
        if not sys.stdin.isatty():
            return _decoded(sys.stdin.buffer.read(most), most)
        typed = getpass.getpass(prompt)
        typed.encode()  # In the locale C other bytes become half characters.
    except EOFError:
        return ""
    except UnicodeError:
        raise PlatformError(
            "That is no text in UTF-8.",
            place=TYPED,
            remedy="Save it as UTF-8, and pass it on standard input.",
        ) from None
    return typed


def _decoded(content: bytes, most: int) -> str:
    """Returns it as text; where it may have been cut, without half a character at its end."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    return decoder.decode(content, final=len(content) < most)
