"""Choosing the part of a result that a question asks about."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from infra.local.llm.days import days_named, first_date, weekday_of
from infra.local.llm.words import subjects_of, words_of

Row = dict[str, Any]

#: What names a row, best first.
TITLE_KEYS = ("name", "title", "label", "weekday", "date", "time", "start", "id")
#: Beginnings of the words that ask for a key of a result.
_ASKS_FOR = {
    "appointments": ("agendament", "atendiment", "appointment", "booking"),
    "cancelled": ("cancel",),
    "conversations": ("convers", "mensag", "messag"),
    "new_contacts": ("novo", "nova", "new"),
    "next": ("proxim", "agenda", "next", "upcoming"),
    "no_show": ("falt", "noshow", "show"),
    "revenue": ("fatur", "receita", "vend", "ganh", "revenue", "earn", "make", "made", "sell", "sold"),
}


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
        """Return the days that the question names."""
        return days_named(self.question, self.today)

    def part(self, value: Row) -> Row:
        """Return the keys that the question asks for, nested ones lifted; all when it asks for the whole."""
        nested = {name: part for inner in value.values() if isinstance(inner, dict) for name, part in inner.items()}
        asked = {key: part for key, part in {**nested, **value}.items() if self._asks_for(key)}
        # "próximos atendimentos" is about what comes next, not about all appointments.
        if "next" in asked:
            asked.pop("appointments", None)
        return asked or value

    def _asks_for(self, key: str) -> bool:
        return any(word.startswith(_ASKS_FOR.get(key, ())) for word in words_of(self.question))

    def rows(self, rows: list[Row]) -> list[Row]:
        """Return the rows that the question names, none when it names none of them."""
        title = title_key(rows)
        if title is None:
            return []
        if title in {"weekday", "date"}:
            return [row for row in rows if self._is_named_day(str(row[title]))]
        asked = set(subjects_of(self.question))
        titles = [set(subjects_of(str(row[title]))) for row in rows]
        # "banho" is the row "Banho" when there is one, and every row with that word when there is none.
        whole = [len(words) if words and words <= asked else 0 for words in titles]
        scores = whole if any(whole) else [len(words & asked) for words in titles]
        best = max(scores, default=0)
        return [row for row, score in zip(rows, scores, strict=True) if best and score == best]

    def _is_named_day(self, text: str) -> bool:
        weekday, day = weekday_of(text), first_date(text)
        return any(
            named in {weekday, day} if isinstance(named, int) else named == day or named.weekday() == weekday
            for named in self.days()
        )


def title_key(rows: list[Row]) -> str | None:
    """Return the key whose value names each row."""
    return next((key for key in TITLE_KEYS if all(row.get(key) for row in rows)), None)
