"""The amounts of money and the times of day that a text names, in one form however they are written.

Reads Portuguese and English: R$ 1.234,50 and 1234.50 dollars, 9h, 9:00, 09h00, 9 às 18h, 2pm, meio-dia.
"""

import re
from collections.abc import Iterator

from shared.words import fold

_NUMBER = r"\d{1,9}(?:[.,]\d{1,3}){0,4}"  # bounded: a text of digits must not take seconds
_SYMBOL = r"(?:r\$|us\$|\$|€|£|brl|usd|eur|gbp)"
_UNIT = r"(?:reais|real|dolares|dollars?|euros?|pounds?|brl|usd|eur|gbp|pila|conto)\b"
_TO = r"\s?(?:a|e|ou|ate|to|and|or|-|–)\s?"
_THOUSAND = r"(?:\s?(?P<thousand>mil|k)\b)?"
_AMOUNTS = (
    re.compile(rf"{_SYMBOL}\s?(?P<value>{_NUMBER}){_THOUSAND}"),
    re.compile(rf"(?<![\d.,:])(?P<value>{_NUMBER}){_THOUSAND}\s?{_UNIT}"),
    re.compile(rf"(?<![\d.,:])(?P<value>{_NUMBER}){_TO}{_NUMBER}\s?{_UNIT}"),
)
#: What only a source may say: "R$ 35 a 50" and "80,00".
_LOOSE_AMOUNTS = (
    re.compile(rf"{_SYMBOL}\s?{_NUMBER}{_TO}(?P<value>{_NUMBER})"),
    re.compile(r"(?<![\d.,:])(?P<value>\d{1,9}(?:[.,]\d{3}){0,4}[.,]\d{2})(?![\d%:])"),
)
_FREE = re.compile(
    r"\b(?:de graca|gratis|gratuit[oa]s?|gratuitamente|sem custo|sem cobranca|por conta da casa"
    r"|free of charge|for free(?! \w)|for free today|no charge|no cost|complimentary|on the house)\b"
)
_DISCOUNT = re.compile(
    rf"({_NUMBER})\s?%\s?(?:de |em )?(?:desconto|discount|off)\b|\b(?:desconto|discount) (?:de|of) ({_NUMBER})\s?%"
)


def amounts(text: str) -> frozenset[int]:
    """Return the amounts of money that `text` names, in hundredths of whatever currency.

    What is free costs 0. A discount counts by its percentage, as a negative amount.
    """
    return _amounts(fold(text), _AMOUNTS)


def known_amounts(text: str) -> frozenset[int]:
    """Return every amount that `text` can be the source of, those without a currency beside them included."""
    return _amounts(fold(text), (*_AMOUNTS, *_LOOSE_AMOUNTS))


def _amounts(folded: str, patterns: tuple[re.Pattern[str], ...]) -> frozenset[int]:
    found = {_hundredths(match) for pattern in patterns for match in pattern.finditer(folded)}
    if _FREE.search(folded):
        found.add(0)
    return frozenset(found | {-_value(match[1] or match[2]) for match in _DISCOUNT.finditer(folded)})


def _hundredths(match: re.Match[str]) -> int:
    return _value(match["value"]) * (1000 if match.groupdict().get("thousand") else 1)


def _value(number: str) -> int:
    """Read "1.234,50", "1,234.50", "80,5" and "80" as hundredths: a last group of one or two digits are decimals."""
    groups = re.split(r"[.,]", number)
    if len(groups) > 1 and len(groups[-1]) <= 2:
        return int("".join(groups[:-1])) * 100 + int(groups[-1].ljust(2, "0"))
    return int("".join(groups)) * 100


_HALF_DAY = 12 * 60
DAY = 24 * 60
_HOUR = r"(?<![\d.,:$])(?:[01]?\d|2[0-4])"
_HALF = r"a\.?m\b|p\.?m\b|da manha\b|da tarde\b|da noite\b|da madrugada\b|in the (?:morning|afternoon|evening)\b"
_CLOCK = re.compile(rf"(?P<hour>{_HOUR}):(?P<minute>[0-5]\d)(?!\d)(?:\s?(?P<half>{_HALF}))?")
_H_CLOCK = re.compile(
    rf"(?P<hour>{_HOUR})\s?(?:h(?:s|rs?|oras?|ours?)?)(?P<minute>[0-5]\d)?(?:min)?\b(?:\s?(?P<half>{_HALF}))?"
)
_HALF_CLOCK = re.compile(rf"(?P<hour>{_HOUR})(?P<minute>)\s?(?P<half>{_HALF})")
#: "9 às 18h", "14 e 15h", "9-18h", "9 to 6pm": the first is a time because the second is.
_BEFORE_CLOCK = re.compile(
    rf"(?<!dia )(?<![/-])(?P<hour>{_HOUR})(?P<minute>)\s?(?:as|@s|a|e|ou|ate|to|until|and|or|-|–)\s?(?:as |@s |at )?"
    r"(?:[01]?\d|2[0-4])(?:\s?h(?:\d\d|oras?|s)?\b|:[0-5]\d|\s?[ap]\.?m\b)"
)
_BARE = re.compile(
    rf"(?:\bat|@s) (?P<hour>{_HOUR})(?P<minute>)(?!\w|[:/$%]|[.,]\d|\s?(?:h|[ap]\.?m|horas?|reais|minutos?"
    rf"|pessoas?|%)\b)"
)
_CLOCKS = (_CLOCK, _H_CLOCK, _HALF_CLOCK, _BEFORE_CLOCK, _BARE)
_ACCENTED_AT = re.compile(r"\b[àá]s?\b")  # "às 9" is a time, "as 9" may be "the nine"
_NAMED = (
    (re.compile(r"\bmeio[- ]?dia e meia\b"), _HALF_DAY + 30),
    (re.compile(r"\b(?:meio[- ]?dia(?! e meia)|noon|midday)\b"), _HALF_DAY),
    (re.compile(r"\b(?:meia[- ]?noite|midnight)\b"), 0),
)
_BEFORE_SPAN = re.compile(
    r"\b(?:dura\w*|lev\w+|demora\w*|cerca|aproximadamente|em|dentro|por|antecedencia|minim[oa]|maxim[oa]|ha"
    r"|faltam?|menos"
    r"|mais|sess\w+|apos|cada|takes?|lasts?|about|within|for|in|least|every)"
    r"(?: (?:de|cerca|ate|uns|umas|no|minimo|mais|menos|about|up|to|at|least|que))*[: ]*$"
)
_AFTER_SPAN = re.compile(
    r"\s?(?:de )?(?:antecedencia|antes|depois|duracao|por dia|uteis|corridas|de prazo|before|in advance|a day"
    r"|notice|later)"
)
_END = re.compile(r"\b(?:das?|de) [^.!?]{0,20}(?:@s|a|ate)\b|\b(?:termin|acab)|\b(?:from|until|ends?|finish\w*)\b")
_MINUTES = re.compile(r'"[a-z_]{0,20}minutes": ?(?P<key>\d{1,4})|\b(?P<word>\d{1,4}) ?min(?:utos?|utes?)?\b')


def clock_times(text: str) -> tuple[frozenset[int], ...]:
    """Return the times of day that `text` names, each as the minutes after midnight that it may mean.

    "3", "3h" and "3:00" may mean the afternoon; "03:00", "3 am" and "15h" mean what they say. Spans of time ("em 2h",
    "24h de antecedência") are left out.
    """
    found = _with_plain_accents(text)
    times = [_readings(match) for match in _matches(found) if match.re is not _H_CLOCK or not _is_span(match)]
    return (*times, *(frozenset({minute}) for minute in _named(found)))


def known_times(text: str) -> frozenset[int]:
    """Return what every time of day and every span in `text` may mean, as minutes after midnight."""
    found = _with_plain_accents(text)
    return known_spans(text).union(_named(found), *(_readings(match) for match in _matches(found)))


def known_spans(text: str) -> frozenset[int]:
    """Return the spans of time that `text` gives in minutes, as such: "duration_minutes": 90, "90 min"."""
    return frozenset(int(match["key"] or match["word"]) % DAY for match in _MINUTES.finditer(fold(text)))


def ends(sentence: str, known: frozenset[int], spans: frozenset[int]) -> frozenset[int]:
    """Return when that ends which starts at a known time of `sentence`, if it tells of an end: "das 9h30 às 11h"."""
    if not _END.search(_with_plain_accents(sentence)):
        return frozenset()
    starts = frozenset[int]().union(*clock_times(sentence)) & known
    return frozenset((start + span) % DAY for start in starts for span in spans)


def _with_plain_accents(text: str) -> str:
    return fold(_ACCENTED_AT.sub("@s", text.casefold()))


def _matches(text: str) -> Iterator[re.Match[str]]:
    for pattern in _CLOCKS:
        yield from pattern.finditer(text)


def _named(text: str) -> set[int]:
    return {minute for pattern, minute in _NAMED if pattern.search(text)}


def _is_span(match: re.Match[str]) -> bool:
    before, after = match.string[: match.start()], match.string[match.end() :]
    return _BEFORE_SPAN.search(before) is not None or _AFTER_SPAN.match(after) is not None


def _readings(match: re.Match[str]) -> frozenset[int]:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = (match.groupdict().get("half") or "").replace(".", "")
    at = (hour * 60 + minute) % DAY
    if half in ("pm", "da tarde", "da noite", "in the afternoon", "in the evening"):
        return frozenset({at if hour >= 12 else at + _HALF_DAY})
    if half:
        return frozenset({at % _HALF_DAY})
    may_be_afternoon = 1 <= hour < 12 and not match["hour"].startswith("0")
    return frozenset({at, at + _HALF_DAY} if may_be_afternoon else {at})
