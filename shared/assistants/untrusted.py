"""Making other people's words safe to put beside instructions.

Nothing here decides whether a text is malicious. It only makes sure that it stays what it is: data, of bounded length,
inside its fence.
"""

import json
import unicodedata
from collections.abc import Mapping

_JOINERS = frozenset({"\u200c", "\u200d"})  # families of emoji and some scripts are written with them
# Control, format, surrogate and private use. Unassigned stays: this Python may be older than the customer's emoji.
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co"})
ELLIPSIS = "…"


def clean_line(text: str, *, limit: int) -> str:
    """Return `text` as one line of at most `limit` characters, without control or invisible characters."""
    return _cut(" ".join(_visible(text).split()), limit)


def clean_text(text: str, *, limit: int) -> str:
    """Return `text` with its line breaks, of at most `limit` characters, without control or invisible characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _cut("\n".join(_visible(line).rstrip() for line in lines).strip(), limit)


def fenced(data: Mapping[str, str | None]) -> str:
    """Return `data` as JSON that cannot hold a tag, between the tags `<data>` and `</data>`."""
    body = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<data>\n{body}\n</data>"


def _visible(text: str) -> str:
    return "".join(
        " " if character.isspace() else character for character in text if character.isspace() or _is_visible(character)
    )


def _is_visible(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in _DROPPED


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS
