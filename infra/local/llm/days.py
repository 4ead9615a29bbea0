"""Days, as people name them and as results hold them."""

import re
from datetime import date, timedelta

from infra.local.llm.language import Language
from infra.local.llm.words import fold, words_of

#: Monday first; the first name of each language is the one to show.
_NAMES = {
    "pt": ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_SHORT = ("segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ISO_DATE = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_BRAZILIAN_DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/(\d{4}))?\b")


def weekday_of(text: str) -> int | None:
    """Return the weekday (Monday is 0) that a whole text names, in either language."""
    folded = fold(text).strip()
    for index in range(7):
        if folded in {fold(_NAMES["pt"][index]), _SHORT[index], _NAMES["en"][index].lower()}:
            return index
    return None


def weekday_name(index: int, language: Language) -> str:
    """Return the name of a weekday."""
    return _NAMES[language][index]


def first_date(text: str) -> date | None:
    """Return the first ISO date of a text that is a day of the calendar."""
    for year, month, day in _ISO_DATE.findall(text):
        found = _day(int(year), int(month), int(day))
        if found is not None:
            return found
    return None


def days_named(text: str, today: date | None) -> list[date | int]:
    """Return the days that a text names: a date where it is certain, else a weekday (Monday is 0)."""
    folded = fold(text)
    named: list[date | int] = [found for match in _BRAZILIAN_DATE.finditer(text) if (found := _brazilian(match, today))]
    named += [found] if (found := first_date(text)) else []
    if today is not None:
        named += [today + timedelta(days=distance) for distance in _distances(folded)]
    return named + [index for word in words_of(text) if (index := weekday_of(word)) is not None]


def date_named(text: str, today: date | None) -> date | None:
    """Return the first day that a text names as a date; a weekday is its next one after `today`."""
    for day in days_named(text, today):
        if isinstance(day, date):
            return day
        if today is not None:
            return today + timedelta(days=(day - today.weekday() - 1) % 7 + 1)
    return None


def shown_date(day: date, language: Language) -> str:
    """Return a date as people write it."""
    if language == "pt":
        return day.strftime("%d/%m/%Y")
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"


def _distances(folded: str) -> list[int]:
    found = []
    if re.search(r"\b(hoje|agora|today|now)\b", folded):
        found.append(0)
    after_tomorrow = re.search(r"\b(depois de amanha|day after tomorrow)\b", folded)
    if after_tomorrow:
        found.append(2)
    elif re.search(r"\b(amanha|tomorrow)\b", folded):
        found.append(1)
    return found


def _brazilian(match: re.Match[str], today: date | None) -> date | None:
    year = int(match[3]) if match[3] else today.year if today else None
    if year is None:
        return None
    found = _day(year, int(match[2]), int(match[1]))
    past = found is not None and today is not None and found < today and match[3] is None
    return _day(year + 1, int(match[2]), int(match[1])) if past else found


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
