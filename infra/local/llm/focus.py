"""Choosing the part of a result that a question asks about."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from infra.local.llm.days import days_named, first_date, weekday_of
from infra.local.llm.words import fold, subjects_of, words_of

Row = dict[str, Any]

#: What names a row, best first.
TITLE_KEYS = ("name", "title", "label", "weekday", "date", "time", "start", "id")
#: Words that ask for a key of a result.
_ASKS_FOR = {
    "appointments": r"agendament\w*|atendiment\w*|appointments?|bookings?",
    "cancelled": r"cancel\w*",
    "conversations": r"convers\w*|mensag\w*|messages?",
    "new_contacts": r"nov[oa]s?|new",
    "next": r"proxim\w*|agenda|vem|next|upcoming",
    "no_show": r"falt\w*|shows?",
    "revenue": r"fatur\w*|receit\w*|receb\w*|vend\w*|ganh\w*|entrou|revenue|earn\w*|make|made|sell|sold",
}
#: About this very moment, although no day is named.
_NOW = re.compile(r"\b(?:abert[oa]s?|are you (?:guys )?open)\b")


@dataclass(frozen=True)
class Focus:
    """A question, ready to be compared with a result."""

    question: str
    today: date | None

    def knowing(self, value: Row) -> "Focus":
        """Return the focus with the date that a result tells."""
        told = first_date(str(value.get("now") or value.get("date") or ""))
        return Focus(self.question, told or self.today)

    def days(self) -> list[date | int]:
        """Return the days that the question names; whether it is open is a question about today."""
        named = days_named(self.question, self.today)
        asks_now = not named and self.today is not None and _NOW.search(fold(self.question))
        return [self.today] if asks_now and self.today else named

    def part(self, value: Row) -> Row:
        """Return the keys that the question asks for, nested ones lifted; all when it asks for the whole."""
        nested = {name: part for inner in value.values() if isinstance(inner, dict) for name, part in inner.items()}
        asked = {key: part for key, part in {**nested, **value}.items() if self._asks_for(key)}
        # "próximos atendimentos" is about what comes next, not about all appointments.
        if "next" in asked:
            asked.pop("appointments", None)
        return asked or value

    def _asks_for(self, key: str) -> bool:
        words = words_of(self.question)
        return key in _ASKS_FOR and any(re.fullmatch(_ASKS_FOR[key], word) for word in words)

    def rows(self, rows: list[Row]) -> list[Row]:
        """Return the rows that the question names, none when it names none of them."""
        title = title_key(rows)
        if title is None:
            return []
        if title in {"weekday", "date"}:
            return [row for row in rows if self._is_named_day(str(row[title]))]
        titles = [str(row[title]) for row in rows]
        spoken = self._spoken(titles)
        asked = set(subjects_of(self.question))
        scores = [len(asked & set(subjects_of(text))) for text in titles]
        best = max(scores, default=0)
        return [
            row
            for row, text, score in zip(rows, titles, scores, strict=True)
            if (text in spoken if spoken else best and score == best)
        ]

    def _spoken(self, titles: list[str]) -> list[str]:
        """Return the titles that the question says word for word; "banho e tosa" is not also "banho"."""
        question = f" {' '.join(words_of(self.question))} "
        said = {text: f" {' '.join(words_of(text))} " for text in titles if words_of(text)}
        found = {text: phrase for text, phrase in said.items() if phrase in question}
        return [
            text for text, phrase in found.items() if not any(phrase in other != phrase for other in found.values())
        ]

    def _is_named_day(self, text: str) -> bool:
        weekday, day = weekday_of(text), first_date(text)
        return any(
            named in {weekday, day} if isinstance(named, int) else named == day or named.weekday() == weekday
            for named in self.days()
        )


def title_key(rows: list[Row]) -> str | None:
    """Return the key whose value names each row."""
    return next((key for key in TITLE_KEYS if all(row.get(key) for row in rows)), None)
