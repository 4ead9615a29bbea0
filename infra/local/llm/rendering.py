"""Turning a tool's result into sentences; every figure in them comes from the result."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from infra.local.llm.days import first_date, shown_date, weekday_name, weekday_of
from infra.local.llm.focus import Focus, Row, title_key
from infra.local.llm.language import Language
from infra.local.llm.telling import Teller
from infra.local.llm.texts import OUTCOMES, joined, label, say

#: Keys that serve the reader of the JSON, not the reader of the answer.
_SILENT = frozenset({"timezone", "now", "id", "note", "closed_ahead"})
#: Values that need no name beside them.
_PLAIN = frozenset(
    {"contact", "date", "description", "duration_minutes", "intervals", "phone", "price", "service", "time"}
)
_DETAIL = "description"
_RANGE = re.compile(r"^(\d\d:\d\d)\s*-\s*(\d\d:\d\d)$")
_DATE_TIME = re.compile(r"^\d{4}-\d\d-\d\d[T ](\d\d:\d\d)")
_DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
_MAX_TEXT = 500


@dataclass(frozen=True)
class Renderer:
    """Writes results in one language, with the question in mind."""

    language: Language
    focus: Focus

    def result(self, value: Any) -> str:
        """Return the sentences for a whole result; nothing in it is said as such."""
        return self._sentences(value) or say("No data", self.language)

    def _sentences(self, value: Any) -> str:
        if value in (None, "", [], {}):
            return ""
        if isinstance(value, list):
            return self._rows(value) if _are_rows(value) else self._value("", value)
        if not isinstance(value, dict):
            return self._value("", value)
        told = Teller(self.language, self.focus).told(value)
        if told is not None:
            return told
        return Renderer(self.language, self.focus.knowing(value))._object(value)

    def _object(self, value: Row) -> str:
        outcomes = [key for key in value if key in OUTCOMES and isinstance(value[key], bool)]
        body = {key: part for key, part in value.items() if key not in _SILENT and key not in outcomes}
        # For how many days was asked is known to the one who asked.
        body = {key: part for key, part in body.items() if not _repeats(part, body) and key != "days"} or body
        if len(body) > 1 and all(part is None for part in body.values()):
            return say("No data", self.language)
        sentences = [self._outcome(key, bool(value[key])) for key in outcomes if self._is_asked_now(body)]
        alone = len(body) == 1
        parts = [self._part(key, part, alone=alone) for key, part in self.focus.part(body).items()]
        return "\n".join(part for part in sentences + parts if part)

    def _is_asked_now(self, body: Row) -> bool:
        """Whether the present matters: not when the question is about other days only."""
        days = self.focus.days()
        return not days or self.focus.today in days or not any(_are_rows(part) for part in body.values())

    def _outcome(self, key: str, value: bool) -> str:
        return OUTCOMES[key][not value][self.language == "en"]

    def _part(self, key: str, value: Any, *, alone: bool) -> str:
        if key == "date":
            return f"*{self._value(key, value)}*"
        title = label(key, self.language)
        heading = f"*{title[:1].upper()}{title[1:]}:*"
        if _are_rows(value):
            rows = self._rows(value)
            return rows if alone or title_key(value) == "weekday" else f"{heading}\n{rows}"
        if value == [] and alone:
            return say("No data", self.language)
        return f"{heading} {self._value(key, value)}"

    def _rows(self, rows: list[Row]) -> str:
        named = self.focus.rows(rows)
        lines = [self._row(row, rows) for row in named or rows]
        return lines[0] if len(lines) == 1 else "\n".join(f"• {line}" for line in lines)

    def _row(self, row: Row, rows: list[Row]) -> str:
        title = title_key(rows)
        fields = {key: value for key, value in row.items() if key not in {title, _DETAIL, *_SILENT}}
        shown = [self._field(key, value) for key, value in fields.items() if value is not None]
        shown += self._unknown([key for key, value in fields.items() if value is None])
        detail = self._value(_DETAIL, row[_DETAIL]) if row.get(_DETAIL) else ""
        text = " · ".join(part for part in shown if part)
        if title is not None:
            text = f"*{self._title(title, str(row[title]))}*" + (f": {text}" if text else "")
        return f"{text}\n  {detail}" if detail else text

    def _unknown(self, keys: list[str]) -> list[str]:
        names = joined([label(key, self.language) for key in keys], self.language)
        return [f"{names}: {say('no data', self.language)}"] if names else []

    def _title(self, key: str, text: str) -> str:
        index = weekday_of(text) if key == "weekday" else None
        if index is None:
            return self._value(key, text)
        name, today = weekday_name(index, self.language), self.focus.today
        near = [day for day in self.focus.days() if isinstance(day, date) and day.weekday() == index]
        if not near or today is None or (near[0] - today).days not in {0, 1}:
            return name[:1].upper() + name[1:]
        return f"{say('tomorrow' if near[0] > today else 'today', self.language)} ({name})"

    def _field(self, key: str, value: Any) -> str:
        if key in _PLAIN and value is not None:
            return self._value(key, value)
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{value} {label(key, self.language, count=value)}"
        return f"{label(key, self.language)}: {self._value(key, value)}"

    def _value(self, key: str, value: Any) -> str:
        if value is None or value == "":
            return say("no data", self.language)
        if isinstance(value, bool):
            return say("yes" if value else "no", self.language)
        if isinstance(value, dict):
            return joined(
                [self._field(name, part) for name, part in value.items() if name not in _SILENT], self.language
            )
        if isinstance(value, list):
            shown = joined([self._value(key, part) for part in value], self.language)
            return shown or say("closed" if key == "intervals" else "none", self.language)
        if key.endswith("_minutes"):
            return say("minutes", self.language, number=str(value))
        return self._text(str(value))

    def _text(self, text: str) -> str:
        hours = _RANGE.match(text)
        if hours:
            return f"{hours[1]}–{hours[2]}"
        moment, day = _DATE_TIME.match(text), first_date(text)
        if moment and day:
            return shown_date(day, self.language) + say("at", self.language) + moment[1]
        if _DATE.match(text) and day:
            return shown_date(day, self.language)
        return " ".join(text.split())[:_MAX_TEXT]


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _repeats(part: Any, body: Row) -> bool:
    """Whether a part is one of the rows of a list beside it, such as today's among the week's."""
    return isinstance(part, dict) and any(_are_rows(other) and part in other for other in body.values())
