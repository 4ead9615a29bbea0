"""Telling results of certain shapes the way people do: free times, agendas, figures, refusals, deeds done at once.

A shape is known by its keys, whichever tool it came from. Every day, time and amount is the result's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from infra.local.llm.days import first_date, shown_date, weekday_name
from infra.local.llm.focus import Focus, Row
from infra.local.llm.language import Language
from infra.local.llm.results_texts import ERRORS, REASONS
from infra.local.llm.texts import joined, label, say
from infra.local.llm.words import subjects_of

_MOST_TIMES = 12
_MOST_CLIENTS = 5
_MOST_CHOICES = 10


@dataclass(frozen=True)
class Teller:
    """Tells results in one language, with the question in mind."""

    language: Language
    focus: Focus

    def told(self, value: Row) -> str | None:
        """Return the sentences for a result of a known shape, None for any other."""
        shape = next((tell for key, tell in self._shapes().items() if key in value), None)
        return shape(value) if shape else None

    def _shapes(self) -> dict[str, Callable[[Row], str | None]]:
        return {
            "error": self._refusal,
            "proposed": lambda _: self._say("please check"),
            "unavailable": self._unavailable,
            "outcome": lambda _: self._say("certainly"),
            "remembered": self._remembered,
            "asked": lambda _: self._say("question asked"),
            "confirmed": self._presence,
            "no_longer_waiting_for": lambda _: self._say("waiting no longer"),
            "assistant_paused": lambda value: self._say("paused" if value["assistant_paused"] else "resumed"),
            "answers_now": self._answering,
            "compared_with": self._figures,
            "client_since": self._history,
            "days": self._days,
            "appointments": self._appointments,
            "entries": self._entries,
            "waiting_for": self._waiting,
        }

    def _say(self, name: str, /, **values: str) -> str:
        return say(name, self.language, **values)

    def _pick(self, pair: tuple[str, str]) -> str:
        return pair[self.language == "en"]

    def _refusal(self, value: Row) -> str | None:
        known = ERRORS.get(str(value["error"]))
        if not value["error"]:
            return None
        choices = value.get("choices")
        if known is None and not choices:
            return self._say("failed")
        lead = self._pick(known) if known else self._say("failed")
        return f"{lead}\n{self._choices(choices)}" if isinstance(choices, list) and choices else lead

    def _choices(self, choices: list[Any]) -> str:
        rows = [row for row in choices if isinstance(row, dict)][:_MOST_CHOICES]
        if rows:
            lines = [f"{row.get('number', place)}. {self._entry(row)}" for place, row in enumerate(rows, start=1)]
            return "\n".join([*lines, self._say("which one")])
        names = [str(choice) for choice in choices][:_MOST_CHOICES]
        return self._say("which", names=joined(names, self.language))

    def _entry(self, row: Row) -> str:
        """Return one line for an appointment or a person."""
        if row.get("date"):
            when = self._moment(row)
            fields = [row.get("service"), row.get("for_whom") or row.get("for"), row.get("price")]
            return " · ".join([f"*{when}*", *(str(field) for field in fields if field)])
        name, phone = row.get("name") or self._say("nobody"), row.get("phone")
        return f"{name} ({phone})" if phone else str(name)

    def _unavailable(self, value: Row) -> str:
        reason = REASONS.get(str(value["unavailable"]))
        why = self._pick(reason) if reason else str(value["unavailable"]).replace("_", " ")
        alternatives = [self._moment(row) for row in value.get("alternatives") or []]
        told = self._say("not free", why=why)
        if not alternatives:
            return f"{told} {self._say('waiting list')}"
        return f"{told} {self._say('alternatives', times=joined(alternatives, self.language))}"

    def _remembered(self, value: Row) -> str:
        known = value["remembered"]
        name = known.get("name") if isinstance(known, dict) and "kind" not in known else None
        return self._say("noted for", name=str(name)) if name else self._say("noted")

    def _presence(self, value: Row) -> str | None:
        if "service" not in value:
            return None
        return self._say("presence", service=str(value["service"]), when=self._moment(value))

    def _waiting(self, value: Row) -> str | None:
        if not isinstance(value["waiting_for"], str):
            return None
        return self._say("waiting for", service=value["waiting_for"])

    def _answering(self, value: Row) -> str | None:
        if value["answers_now"] not in {"a_person", "the_assistant"}:
            return None
        name = str(value.get("name") or value.get("phone") or self._say("nobody"))
        return self._say(str(value["answers_now"]), name=name)

    def _entries(self, value: Row) -> str | None:
        """Return the answer whose question shares the most words with what was asked."""
        rows = [row for row in value["entries"] if isinstance(row, dict) and row.get("answer")]
        if not rows:
            return None
        asked = set(subjects_of(self.focus.question))
        best = max(rows, key=lambda row: len(asked & set(subjects_of(str(row.get("question", ""))))))
        return str(best["answer"])

    def _days(self, value: Row) -> str | None:
        days = value["days"]
        if not isinstance(days, list) or not all(isinstance(day, dict) for day in days):
            return None
        if any("appointments" in day for day in days):
            return "\n".join(self._agenda_day(day) for day in days)
        return self._free_days(value, [day for day in days if day.get("times")])

    def _free_days(self, value: Row, days: list[Row]) -> str:
        if not days:
            return self._nothing_free(value)
        price = f" ({value['price']})" if value.get("price") else ""
        service = value.get("service")
        lead = self._say("free times for", service=str(service), price=price) if service else self._say("free times")
        lines = [self._free_day(day) for day in days]
        return "\n".join([lead, *lines, *([self._say("which time")] if "next_free" in value else [])])

    def _free_day(self, day: Row) -> str:
        shown = [str(time) for time in day["times"]]
        times = (
            joined(shown[:_MOST_TIMES], self.language)
            if len(shown) <= _MOST_TIMES
            else (", ".join(shown[:_MOST_TIMES]) + "…")
        )
        clients = [self._client(row) for row in (day.get("clients") or [])[:_MOST_CLIENTS]]
        line = f"• *{self._day(day)}*: {times}"
        return f"{line}\n  {self._say('could come')}: {joined(clients, self.language)}" if clients else line

    def _client(self, row: Row) -> str:
        service = f" ({row['service']})" if row.get("service") else ""
        return f"{row.get('name') or row.get('phone') or self._say('nobody')}{service}"

    def _nothing_free(self, value: Row) -> str:
        reasons = [value.get("reason"), *(day.get("reason") for day in value["days"])]
        reason = next((REASONS[str(each)] for each in reasons if str(each) in REASONS), None)
        told = self._say("none free", why=f" ({self._pick(reason)})" if reason else "")
        following = value.get("next_free")
        if isinstance(following, dict) and following.get("date"):
            return f"{told} {self._say('next free', when=self._moment(following))} {self._say('waiting list')}"
        return told

    def _agenda_day(self, day: Row) -> str:
        rows = [self._agenda_row(row) for row in day["appointments"]]
        rows += [self._blocked(row) for row in day.get("blocked") or []]
        return "\n".join([f"*{self._day(day)}*", *(rows or [f"• {self._say('nothing booked')}"])])

    def _agenda_row(self, row: Row) -> str:
        fields = [row.get("client") or row.get("contact"), row.get("service"), row.get("for"), row.get("price")]
        status = str(row.get("status") or "")
        shown = [str(field) for field in fields if field]
        marks = [label(status, self.language)] if status in {"no_show", "cancelled", "completed"} else []
        return f"• *{row.get('time')}*: {' · '.join([*shown, *marks])}"

    def _blocked(self, row: Row) -> str:
        told = self._say("blocked", start=str(row.get("from")), end=str(row.get("until")))
        return f"• {told}" + (f" · {row['reason']}" if row.get("reason") else "")

    def _appointments(self, value: Row) -> str | None:
        rows = value["appointments"]
        if not isinstance(rows, list):
            return None
        waiting = [str(row["service"]) for row in value.get("waiting_list") or [] if row.get("service")]
        lines = [f"{row.get('number', place)}. {self._entry(row)}" for place, row in enumerate(rows, start=1)]
        told = [self._say("your appointments"), *lines] if rows else [self._say("no appointments")]
        if waiting:
            told.append(self._say("waiting for", service=joined(waiting, self.language)))
        return "\n".join(told)

    def _history(self, value: Row) -> str:
        lines = [f"*{self._entry({'name': value.get('name'), 'phone': value.get('phone')})}*"]
        lines += [f"• {self._fact(key, value[key])}" for key in ("client_since", "birthday") if value.get(key)]
        lines += [f"• {row['name']}" for row in value.get("dependents") or [] if row.get("name")]
        for key in ("upcoming", "past"):
            rows = value.get(key) or []
            lines += [self._say(key), *(f"• {self._visit(row)}" for row in rows)] if rows else []
        if not value.get("upcoming") and not value.get("past"):
            lines.append(self._say("never came"))
        return "\n".join([*lines, *self._totals(value.get("totals"))])

    def _fact(self, key: str, value: Any) -> str:
        day = first_date(str(value))
        return f"{label(key, self.language)}: {shown_date(day, self.language) if day else value}"

    def _visit(self, row: Row) -> str:
        status = str(row.get("status") or "")
        mark = f" · {label(status, self.language, count=1)}" if status in {"no_show", "cancelled"} else ""
        return f"{self._entry(row)}{mark}"

    def _totals(self, totals: Any) -> list[str]:
        if not isinstance(totals, dict):
            return []
        parts = [f"{label(key, self.language)}: {self._figure(value)}" for key, value in totals.items()]
        return [self._say("totals", totals=", ".join(parts))]

    def _figures(self, value: Row) -> str:
        asked = self.focus.part({key: part for key, part in value.items() if key not in _FRAME})
        lines = []
        for key, part in asked.items():
            if _is_pair(part):
                lines.append(f"*{self._title(key)}:* {self._pair(part)}")
            elif isinstance(part, dict):
                counts = [f"• {label(name, self.language)}: {self._pair(pair)}" for name, pair in part.items()]
                lines += [f"*{self._title(key)}:*", *counts]
        return "\n".join(lines)

    def _pair(self, pair: Any) -> str:
        if not _is_pair(pair):
            return str(pair)
        now, before = (self._figure(pair.get(name)) for name in ("now", "before"))
        return f"{now} ({self._say('before', before=before)})"

    def _figure(self, value: Any) -> str:
        return self._say("no figure") if value is None else str(value)

    def _title(self, key: str) -> str:
        title = label(key, self.language)
        return title[:1].upper() + title[1:]

    def _day(self, row: Row) -> str:
        day = first_date(str(row.get("date", "")))
        if day is None:
            return str(row.get("date") or "")
        return f"{weekday_name(day.weekday(), self.language)}, {self._date(day)}"

    def _date(self, day: date) -> str:
        today = self.focus.today
        return (
            day.strftime("%d/%m")
            if self.language == "pt" and today and today.year == day.year
            else (shown_date(day, self.language))
        )

    def _moment(self, row: Row) -> str:
        time = row.get("time")
        return f"{self._day(row)}{self._say('at')}{time}" if time else self._day(row)


#: Keys of figures that say of which days they are.
_FRAME = frozenset({"period", "from", "compared_with", "currency"})


def _is_pair(value: Any) -> bool:
    return isinstance(value, dict) and "now" in value and "before" in value
