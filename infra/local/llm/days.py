"""Days, as people name them and as results hold them."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from infra.local.llm.language import Language
from infra.local.llm.words import fold

#: Monday first; the first name of each language is the one to show.
_NAMES = {
    "pt": ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_SHORT = ("segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Beginnings of a month's names.
_MONTH_STARTS = (
    *(("jan",), ("fev", "feb"), ("mar",), ("abr", "apr"), ("mai", "may"), ("jun",), ("jul",), ("ago", "aug")),
    *(("set", "sep"), ("out", "oct"), ("nov",), ("dez", "dec")),
)
_ISO_DATE = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_MONTH = (
    r"(?:janeiro|fevereiro|marco|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro"
    r"|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|fev|apr|abr|jun|jul|aug|ago|sep|set|oct|out|nov|dec|dez)"
)
_WEEKDAY = (
    r"(?:segunda|terca|quarta|quinta|sexta)(?:[- ]feira)?s?|sabados?|domingos?"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
)
#: All ways to name a day, in one pass, so that no part of a text is read twice. Over folded text.
_NAMED = re.compile(
    r"\b(?:"
    r"(?P<iso>\d{4}-\d\d-\d\d)"
    r"|(?:dia )?(?P<day>\d{1,2})/(?P<month>\d{1,2})(?:/(?P<year>\d{4}|\d\d))?(?![\d/])"
    rf"|(?:dia )?(?P<day_of>\d{{1,2}})(?:o|st|nd|rd|th)? (?:de |of )?(?P<name>{_MONTH})"
    r"(?:(?: de|,)? (?P<year_of>\d{4}))?"
    rf"|(?P<name_first>{_MONTH})\.? (?P<day_after>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year_after>\d{{4}}))?(?![\d:h])"
    r"|(?:dias? (?P<number>\d{1,2})|the (?P<ordinal>\d{1,2})(?:st|nd|rd|th))(?![\d/])"
    r"|(?:daqui a|em|in) (?P<distance>\d{1,3}) (?:dias?|days?)"
    r"|(?P<after_tomorrow>depois de amanha|(?:the )?day after tomorrow)"
    r"|(?P<tomorrow>amanha|tomorrow)"
    r"|(?P<today>hoje|agora|today|now|tonight)"
    r"|(?P<yesterday>ontem|yesterday)"
    rf"|(?P<weekday>{_WEEKDAY})(?! (?:opcao|vez|via)\b)"
    r"(?P<later> (?:da |na )?(?:semana que vem|proxima semana)| next week)?"
    r"|(?P<weekend>fim de semana|final de semana|weekend)"
    r"|(?P<next_week>semana que vem|proxima semana|next week)"
    r"|(?P<month_end>(?:fim|final) do mes|end of the month)"
    r"|(?P<christmas>natal|christmas(?: day)?)"
    r")\b"
)
_LATER_THIS_CENTURY = 2000


@dataclass(frozen=True)
class Mention:
    """A place where a text names a day."""

    start: int
    end: int
    #: A date where it is certain, else a weekday (Monday is 0).
    day: date | int


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


def mentions_of(text: str, today: date | None) -> list[Mention]:
    """Return the places where a text names a day, in order; relative days need `today`."""
    found = []
    for match in _NAMED.finditer(fold(text)):
        found += [Mention(match.start(), match.end(), day) for day in _days(match, today)]
    return found


def spans_of(text: str) -> list[tuple[int, int]]:
    """Return where a text speaks of days, whether or not it can be told which."""
    return [match.span() for match in _NAMED.finditer(fold(text))]


def days_named(text: str, today: date | None) -> list[date | int]:
    """Return the days that a text names, in order: a date where it is certain, else a weekday (Monday is 0)."""
    return [mention.day for mention in mentions_of(text, today)]


def as_date(day: date | int, today: date | None, *, past: bool = False) -> date | None:
    """Return a day as a date; a weekday is its next one after `today`, or with `past` the last one before."""
    if isinstance(day, date):
        return day
    if today is None:
        return None
    if past:
        return today - timedelta(days=(today.weekday() - day - 1) % 7 + 1)
    return today + timedelta(days=(day - today.weekday() - 1) % 7 + 1)


def date_named(text: str, today: date | None) -> date | None:
    """Return the first day that a text names as a date; a weekday is its next one after `today`."""
    dates = (as_date(day, today) for day in days_named(text, today))
    return next((found for found in dates if found is not None), None)


def birth_date(text: str, today: date | None) -> date | None:
    """Return the first date of a text that names its year and is not in the future."""
    for match in _NAMED.finditer(fold(text)):
        dated = match["iso"] or match["year"] or match["year_of"] or match["year_after"]
        for day in _days(match, None) if dated else []:
            if isinstance(day, date) and (today is None or day <= today):
                return day
    return None


def shown_date(day: date, language: Language) -> str:
    """Return a date as people write it."""
    if language == "pt":
        return day.strftime("%d/%m/%Y")
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"


def _days(match: re.Match[str], today: date | None) -> list[date | int]:
    if match["weekday"]:
        return [_weekday(match, today)]
    if match["weekend"]:
        return [5, 6]
    found = _written(match, today) or _relative(match, today)
    return [] if found is None else [found]


def _weekday(match: re.Match[str], today: date | None) -> date | int:
    index = next(
        index for index in range(7) if match["weekday"].startswith((_SHORT[index], _NAMES["en"][index].lower()))
    )
    if not match["later"] or today is None:
        return index
    return today + timedelta(days=7 - today.weekday() + index)


def _written(match: re.Match[str], today: date | None) -> date | None:
    """Return a day that is written as a date."""
    if match["iso"]:
        return first_date(match["iso"])
    if match["day"]:
        return _dated(int(match["day"]), int(match["month"]), match["year"], today)
    name = match["name"] or match["name_first"]
    if name:
        month = next(index for index, starts in enumerate(_MONTH_STARTS, start=1) if name.startswith(starts))
        return _dated(int(match["day_of"] or match["day_after"]), month, match["year_of"] or match["year_after"], today)
    number = match["number"] or match["ordinal"]
    return _next_of_month(int(number), today) if number and today else None


def _relative(match: re.Match[str], today: date | None) -> date | None:
    """Return a day that is named by its distance from today."""
    if today is None:
        return None
    if match["month_end"]:
        return today.replace(day=calendar.monthrange(today.year, today.month)[1])
    if match["christmas"]:
        return _dated(25, 12, None, today)
    distances = {
        "today": 0,
        "tomorrow": 1,
        "after_tomorrow": 2,
        "yesterday": -1,
        "next_week": 7 - today.weekday(),
        "distance": int(match["distance"] or 0),
    }
    said = next((name for name in distances if match[name]), None)
    return today + timedelta(days=distances[said]) if said else None


def _dated(day: int, month: int, year: str | None, today: date | None) -> date | None:
    """Return a date; without its year the next one, and with its month and day changed round when only that fits."""
    if year is None and today is None:
        return None
    whole = int(year) if year else today.year if today else 0
    if year and len(year) == len("91"):
        pivot = today.year if today else _LATER_THIS_CENTURY
        whole += _LATER_THIS_CENTURY if _LATER_THIS_CENTURY + whole <= pivot + 1 else _LATER_THIS_CENTURY - 100
    found = _day(whole, month, day) or (_day(whole, day, month) if month > 12 else None)
    past = found is not None and year is None and today is not None and found < today
    return _day(found.year + 1, found.month, found.day) if past and found else found


def _next_of_month(day: int, today: date) -> date | None:
    """Return the next day of this number: in this month, or in the first one after that has it."""
    for later in range(3):
        month = today.month + later
        found = _day(today.year + (month - 1) // 12, (month - 1) % 12 + 1, day)
        if found is not None and found >= today:
            return found
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
