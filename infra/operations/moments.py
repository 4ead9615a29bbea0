"""Moments as an operator types them."""

import re
from datetime import UTC, datetime, timedelta

_AGO = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_since(text: str, *, now: datetime) -> datetime:
    """Return the moment that `text` names: an age such as `90m`, `24h` or `7d`, or an ISO 8601 date or time in UTC.

    Raises `ValueError` saying what may be written.
    """
    age = _AGO.fullmatch(text.strip())
    try:
        if age is not None:
            return now - timedelta(**{_UNITS[age[2]]: int(age[1])})
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise ValueError("write an age such as 24h or 7d, or a time such as 2026-01-20T12:00") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
