"""Days, times and spans of time as people write them, from local values."""

from datetime import date, datetime
from typing import Any

from shared.assistants.texts.catalog import Texts

_MINUTES_AN_HOUR = 60


def format_day(day: date, texts: Texts, *, today: date) -> str:
    """Return a day such as "sexta-feira, 27 de novembro"; with its year when that is not the year of `today`."""
    words = texts.calendar
    pattern = words.day if day.year == today.year else words.day_of_year
    return pattern.format(weekday=weekday_of(day, texts), day=day.day, month=words.months[day.month - 1], year=day.year)


def format_moment(local: datetime, texts: Texts, *, today: date) -> str:
    """Return a moment such as "sexta-feira, 27 de novembro, às 14:00". `local` is in the business's time zone."""
    return texts.calendar.moment.format(day=format_day(local.date(), texts, today=today), time=f"{local:%H:%M}")


def weekday_of(day: date, texts: Texts) -> str:
    """Return the name of a day in its week."""
    return texts.conversation.weekdays[day.weekday()]


def format_minutes(count: int, texts: Texts) -> str:
    """Return a span of time as people say it: `45 min`, `1 hora`, `2h30`."""
    words = texts.calendar
    hours, minutes = divmod(count, _MINUTES_AN_HOUR)
    if not hours:
        return words.minutes.format(count=minutes)
    if minutes:
        return words.hours_and_minutes.format(hours=hours, minutes=minutes)
    return words.one_hour if hours == 1 else words.hours.format(count=hours)


def as_data(local: datetime, texts: Texts) -> dict[str, Any]:
    """Return a moment as the models are told of it: `{"date", "weekday", "time"}`."""
    return {
        "date": local.date().isoformat(),
        "weekday": weekday_of(local.date(), texts),
        "time": f"{local:%H:%M}",
    }
