"""Covering the parts of a text that have been understood, so that the rest can be read."""

import re
from collections.abc import Iterable
from datetime import date

from infra.local.llm import days, times
from infra.local.llm.words import fold

#: Stands where something was; it ends a phrase.
COVER = "|"


def covered(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text of the same length with the spans covered."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = COVER * (min(end, len(letters)) - start)
    return "".join(letters)


def without_when(text: str) -> str:
    """Return a text of the same length with its days, times and parts of the day covered."""
    spans = days.spans_of(text)
    spans += [(mention.start, mention.end) for mention in times.mentions_of(text)]
    return covered(text, [*spans, *times.part_spans(text)])


def names_when(text: str, today: date | None) -> bool:
    """Tell whether a text names a day, a time or a part of the day."""
    return bool(days.mentions_of(text, today) or times.mentions_of(text) or times.part_of_day(text))


def in_own_spelling(text: str, folded: str, start: int, end: int) -> str:
    """Return a part of a text that was found in its folded form."""
    # The folded text has the same length as the original except for rare letters; then the folded form must do.
    return (text if len(text) == len(folded) else folded)[start:end]


def quoted_in(text: str) -> str | None:
    """Return the first part of a text in quotation marks, without them."""
    match = _QUOTED.search(text)
    return match[1].strip() if match else None


_QUOTED = re.compile(r"[\"“'«]([^\"”'»]{2,500})[\"”'»]")


def folded_of(text: str) -> str:
    """Return the folded text when its places are those of the text, else the text in lower case."""
    folded = fold(text)
    return folded if len(folded) == len(text) else text.lower()
