"""Birthdays as people tell them: with the year or without."""

import re
from datetime import date

#: Stands in a birth date for a year that nobody said. It has a 29 February, and nobody who lives was born in it.
UNKNOWN_YEAR = 1904

_BIRTHDAY = re.compile(r"(?:(?P<year>\d{4})-|--)?(?P<month>\d{2})-(?P<day>\d{2})")


def parse_birthday(text: str, *, today: date) -> date:
    """Return the date of "YYYY-MM-DD", "MM-DD" or ISO 8601's "--MM-DD"; the latter are in `UNKNOWN_YEAR`.

    Raises `ValueError` for a text of another form, a day that is none, and a date on which nobody was born who lives at
    `today`, the business's own day.
    """
    parts = _BIRTHDAY.fullmatch(text)
    if parts is None:
        raise ValueError("a birthday is YYYY-MM-DD, or MM-DD without the year")
    year = int(parts["year"] or UNKNOWN_YEAR)
    born = date(year, int(parts["month"]), int(parts["day"]))
    if parts["year"] and not (year > UNKNOWN_YEAR and born <= today):
        raise ValueError("a birthday lies in the past, and not more than a lifetime ago")
    return born


def birthday_in_words(born: date | None) -> str | None:
    """Return a birth date as it was told: "YYYY-MM-DD", or "MM-DD" when the year is not known."""
    if born is None:
        return None
    return f"{born:%m-%d}" if born.year == UNKNOWN_YEAR else born.isoformat()
