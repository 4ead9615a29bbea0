"""Times of the day, as people name them."""

import re
from dataclasses import dataclass

from infra.local.llm.words import fold, words_of

_NOON = 12
_HOUR_WORDS = (
    *(("uma", "one"), ("duas", "dois", "two"), ("tres", "three"), ("quatro", "four"), ("cinco", "five")),
    *(("seis", "six"), ("sete", "seven"), ("oito", "eight"), ("nove", "nine"), ("dez", "ten")),
    *(("onze", "eleven"), ("doze", "twelve")),
)
_HOURS = {word: hour for hour, words in enumerate(_HOUR_WORDS, start=1) for word in words}
_HOUR_NAMES = "|".join(_HOURS)
_PREPOSITION = (
    r"(?:as|at|das|pelas|a partir das?|ate as?|ate|antes das|depois das|para as|pras|from|to|until|till|after|before)"
)
_PART = r"(?: (?:d[ae]|in the|at) (?P<{}>manha|tarde|noite|morning|afternoon|evening|night))?"
#: Over folded text, in one pass.
_NAMED = re.compile(
    r"\b(?:"
    r"(?P<noon>meio[- ]dia|noon|midday)(?P<noon_half> e meia)?"
    r"|(?P<hour>\d{1,2})"
    r"(?::(?P<minute>\d\d)(?:h(?:rs)?|\s?(?P<half_day>am|pm))?|\s?h(?P<minute_h>\d\d)?(?![a-z\d])|\s?(?:horas?"
    r"|hrs?|o'clock)|\s?(?P<half>am|pm))"
    r"(?P<and_half> e meia| e trinta)?" + _PART.format("part") + r"|"
    rf"{_PREPOSITION} (?:(?P<bare>\d{{1,2}})(?![\d/:-]|\s?(?:am|pm|h\d?\d?|horas?|hrs?)\b)|(?P<word>{_HOUR_NAMES}))"
    r"(?P<bare_half> e meia| e trinta)?"
    + _PART.format("bare_part")
    + r"(?! (?:de \w|dias?|reais|pessoas|days?|people|weeks?))"
    r")\b"
)
_AFTERNOON = frozenset({"tarde", "noite", "afternoon", "evening", "night"})
#: A bare "às 3" is in the afternoon: nobody is served at night.
_EARLIEST_BARE = 7
_BOUNDS = {"morning": ("00:00", "12:00"), "afternoon": ("12:00", "18:00"), "evening": ("18:00", "23:59")}
_UNTIL = frozenset({"ate", "antes", "until", "till", "before"})
_PARTS = {
    "morning": re.compile(r"(?<!boa )(?<!good )\b(?:manha|morning|manhazinha)\b"),
    "afternoon": re.compile(r"(?<!boa )(?<!good )(?<!mais )(?<!muito )(?<!tao )\b(?:tarde|tardinha|afternoon)\b"),
    "evening": re.compile(r"(?<!boa )(?<!good )\b(?:noite|noitinha|evening|tonight|at night)\b"),
}


@dataclass(frozen=True)
class Mention:
    """A place where a text names a time."""

    start: int
    end: int
    #: "HH:MM"
    time: str


def mentions_of(text: str) -> list[Mention]:
    """Return the places where a text names a time of the day, in order."""
    found = ((match, _time(match)) for match in _NAMED.finditer(fold(text)))
    return [Mention(match.start(), match.end(), time) for match, time in found if time]


def times_named(text: str) -> list[str]:
    """Return the times that a text names as "HH:MM", in order."""
    return [mention.time for mention in mentions_of(text)]


def part_of_day(text: str) -> str | None:
    """Return the part of the day that a text names: morning, afternoon or evening."""
    folded = fold(text)
    return next((part for part, pattern in _PARTS.items() if pattern.search(folded)), None)


def span_of(text: str) -> tuple[str | None, str | None]:
    """Return from when to when a text speaks of; None where it says nothing, "até as 12h" begins with the day."""
    named, part = times_named(text), part_of_day(text)
    if len(named) > 1:
        return named[0], named[1]
    if named:
        return ("00:00", named[0]) if _UNTIL & set(words_of(text)) else (named[0], None)
    return _BOUNDS[part] if part else (None, None)


def part_spans(text: str) -> list[tuple[int, int]]:
    """Return where a text names a part of the day."""
    folded = fold(text)
    return [match.span() for pattern in _PARTS.values() for match in pattern.finditer(folded)]


def _time(match: re.Match[str]) -> str | None:
    if match["noon"]:
        return "12:30" if match["noon_half"] else "12:00"
    bare = match["bare"] or match["word"]
    hour = _HOURS.get(bare or "") or int(match["hour"] or bare)
    half = match["and_half"] or match["bare_half"]
    minute = 30 if half else int(match["minute"] or match["minute_h"] or 0)
    return _clock(_of_day(hour, match), minute)


def _of_day(hour: int, match: re.Match[str]) -> int:
    half_day, part = match["half_day"] or match["half"], match["part"] or match["bare_part"]
    if half_day:
        return hour % _NOON + (_NOON if half_day == "pm" else 0)
    if part in _AFTERNOON and hour < _NOON:
        return hour + _NOON
    is_bare = match["bare"] or match["word"]
    return hour + _NOON if is_bare and not part and 0 < hour < _EARLIEST_BARE else hour


def _clock(hour: int, minute: int) -> str | None:
    return f"{hour:02d}:{minute:02d}" if hour <= 23 and minute <= 59 else None
