"""Opening hours as operators type them: `mon-fri=09:00-12:00,13:00-18:00`, `sun=closed`; the quiet hours of a night."""

import re
from collections.abc import Sequence
from itertools import pairwise

#: As in the database, Monday first.
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

CLOSED = "closed"
NOT_STATED = "unknown"
NO_NIGHT = "none"

Hours = dict[str, list[tuple[str, str]] | None]

_INTERVAL = re.compile(r"(?P<start>([01]\d|2[0-3]):[0-5]\d)-(?P<end>([01]\d|2[0-3]):[0-5]\d|24:00)")
_NIGHT = re.compile(r"(?P<start>([01]\d|2[0-3]):[0-5]\d|24:00)-(?P<end>([01]\d|2[0-3]):[0-5]\d)")


def parse_hours(typed: Sequence[str]) -> Hours:
    """Return each day's intervals: empty for `closed`, None for `unknown`, a later word for a day over an earlier one.

    An interval that ends at or before its start goes on into the next day. Raises `ValueError` naming the word that is
    wrong and how it should be.
    """
    hours: Hours = {}
    for word in typed:
        days, separator, times = word.partition("=")
        if not separator:
            raise ValueError(f"{word}: give a day and its times, such as mon=09:00-18:00")
        try:
            hours |= dict.fromkeys(_days(days.strip().lower()), _times(times.strip().lower()))
        except ValueError as error:
            raise ValueError(f"{word}: {error}") from None
    return hours


def hours_in_words(intervals: Sequence[Sequence[str]] | None) -> str:
    """Return a day's intervals as `parse_hours` reads them."""
    if intervals is None:
        return NOT_STATED
    return ",".join(f"{start}-{end}" for start, end in intervals) or CLOSED


def parse_quiet(typed: str) -> tuple[str, str]:
    """Return when a night begins and ends, such as 20:00 and 08:00; `none` is one without length, 24:00 and 00:00.

    Raises `ValueError` naming how it should be. A night passes midnight, or begins with it at 24:00.
    """
    text = typed.strip().lower()
    parts = _NIGHT.fullmatch("24:00-00:00" if text == NO_NIGHT else text)
    if parts is None or parts["start"] <= parts["end"]:
        raise ValueError(f"{typed}: a night is such as 20:00-08:00, over midnight, or {NO_NIGHT}")
    return parts["start"], parts["end"]


def _days(text: str) -> tuple[str, ...]:
    first, separator, last = text.partition("-")
    if first not in DAYS or (separator and last not in DAYS):
        raise ValueError(f"a day is one of {', '.join(DAYS)}, or a span such as mon-fri")
    if not separator:
        return (first,)
    start, end = DAYS.index(first), DAYS.index(last)
    if end < start:
        raise ValueError("a span of days begins before it ends, and the week with mon")
    return DAYS[start : end + 1]


def _times(text: str) -> list[tuple[str, str]] | None:
    if text == NOT_STATED:
        return None
    if text == CLOSED:
        return []
    intervals = [_interval(part.strip()) for part in text.split(",")]
    if any(end <= start for start, end in intervals[:-1]):
        raise ValueError("only the last interval of a day goes on into the next")
    if any(later[0] < earlier[1] for earlier, later in pairwise(intervals)):
        raise ValueError("intervals stand in their order and do not overlap")
    return intervals


def _interval(text: str) -> tuple[str, str]:
    parts = _INTERVAL.fullmatch(text)
    if parts is None:
        raise ValueError(f"times are such as 09:00-12:00,13:00-18:00, or {CLOSED}, or {NOT_STATED}")
    return parts["start"], parts["end"]
