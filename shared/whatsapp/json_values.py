"""Reading JSON whose shape nobody promises: each function takes anything and returns a clean value or nothing.

A gateway serialises WhatsApp's protocol buffers, so a 64-bit integer may come as a number, as a string, or as
`{"low", "high", "unsigned"}` (the `long` package of JavaScript).
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

_DIGITS = re.compile(r"-?\d{1,19}", re.ASCII)
_ID = re.compile(r"[\x21-\x7e]{1,255}")
_NAME_LENGTH = 120  #: WhatsApp's own limit is 25, a card's is longer
_TEXT_LENGTH = 65_536  #: WhatsApp's limit for one message
_EMOJI_JOINER = "\u200d"
_YEAR_3000 = 32_503_680_000


def members(value: object) -> Mapping[str, object]:
    """Return the members of a JSON object, none for anything else."""
    return value if isinstance(value, dict) else {}


def text_of(value: object, *, limit: int = _TEXT_LENGTH) -> str | None:
    """Return `value` as text cut to `limit` characters, `None` when it is none or blank.

    NUL and lone surrogates, legal in JSON but not in PostgreSQL and UTF-8, are taken away and replaced.
    """
    if not isinstance(value, str) or not value.strip():
        return None
    storable = value[:limit].replace("\0", "").encode("utf-8", "replace").decode()
    return storable if storable.strip() else None


def name_of(value: object) -> str | None:
    """Return a name on one line, without control characters."""
    text = " ".join((text_of(value) or "").split())
    shown = "".join(character for character in text if character.isprintable() or character == _EMOJI_JOINER)
    return shown[:_NAME_LENGTH].strip() or None


def id_of(value: object) -> str | None:
    """Return a provider's id: visible ASCII, up to 255 characters."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def integer_of(value: object) -> int | None:
    """Return a whole number from any of its wire shapes, `None` when it is none or does not fit 64 bits."""
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, float):
        number = int(value) if value.is_integer() else None
    elif isinstance(value, str):
        number = int(value) if _DIGITS.fullmatch(value) else None
    elif isinstance(value, dict):
        number = _long(value.get("low"), value.get("high"))
    return number if number is not None and -(2**63) <= number < 2**63 else None


def decimal_of(value: object) -> float | None:
    """Return a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def moment_of(value: object) -> datetime | None:
    """Return the UTC moment of a Unix time in seconds."""
    seconds = integer_of(value)
    if seconds is None or not 0 < seconds < _YEAR_3000:
        return None
    return datetime.fromtimestamp(seconds, tz=UTC)


def _long(low: object, high: object) -> int | None:
    """Join the halves; JavaScript gives the lower one as a signed number."""
    if isinstance(low, bool) or isinstance(high, bool) or not isinstance(low, int) or not isinstance(high, int):
        return None
    return high * 2**32 + low % 2**32
