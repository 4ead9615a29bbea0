"""Durations as QStash writes them: `10s`, `1d10h30m`."""

import re

from infra.local.qstash.errors import InvalidRequestError

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WHOLE = re.compile(r"(?:\d+[dhms])+")
_PART = re.compile(r"(\d+)([dhms])")


def parse_duration(text: str, field: str, *, bare_seconds: bool = False) -> int:
    """Return the seconds of `text`; `field` names the source in the error.

    `bare_seconds` also takes a plain whole number, as flow control periods do.
    Raises `InvalidRequestError`.
    """
    value = text.strip()
    if value == "0" or (bare_seconds and value.isascii() and value.isdigit()):
        return int(value)
    if not _WHOLE.fullmatch(value):
        raise InvalidRequestError(
            f"invalid duration in {field}: {text!r}; write numbers with the units s, m, h or d, such as 1d10h30m"
        )
    return sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(value))
