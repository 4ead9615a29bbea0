"""Filling a tool's arguments from what the user wrote, by the JSON schema."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from infra.local.llm.days import date_named
from infra.local.llm.subjects import person_named, thing_named
from infra.local.llm.tools import Tool, plain
from infra.local.llm.words import fold, stem, words_of

_MAX_TEXT = 300
_TIME = re.compile(r"\b(\d{1,2})(?::(\d\d)|h(\d\d)?\b|\s*(am|pm)\b)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_NUMBER_WORDS = (
    *(("one",), ("two", "dois", "duas"), ("three", "tres"), ("four", "quatro"), ("five", "cinco"), ("six", "seis")),
    *(("seven", "sete"), ("eight", "oito"), ("nine", "nove"), ("ten", "dez")),
)
_NOON = 12


@dataclass(frozen=True)
class Filled:
    """The arguments of a call, and the required ones that the text does not hold."""

    arguments: dict[str, Any]
    missing: tuple[str, ...]


def fill(tool: Tool, question: str, today: date | None) -> Filled:
    """Return the arguments that a question gives to a tool; optional ones only when the text holds them."""
    found = {name: _value(name, schema, question, today) for name, schema in tool.properties.items()}
    given = {name: value for name, value in found.items() if value is not None}
    optional_names = {
        name for name in given if name not in tool.required and _is_free_text(name, tool.properties[name])
    }
    kept = {name: value for name, value in given.items() if name not in optional_names}
    return Filled(kept, tuple(name for name in tool.required if name not in kept))


def _value(name: str, schema: dict[str, Any], question: str, today: date | None) -> Any:
    if schema.get("enum"):
        return _choice(schema["enum"], question)
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if "integer" in kinds or "number" in kinds:
        return _number(question, whole="integer" in kinds)
    if "boolean" in kinds:
        return _yes_or_no(question)
    if "array" in kinds:
        item = _value(name, plain(schema.get("items")) or {"type": "string"}, question, today)
        return None if item is None else [item]
    return _text(name, schema, question, today) if "string" in kinds else None


def _text(name: str, schema: dict[str, Any], question: str, today: date | None) -> str | None:
    about = set(words_of(f"{name} {schema.get('description', '')}"))
    if schema.get("format") == "date" or about & {"date", "data", "dia", "day"}:
        day = date_named(question, today)
        return day.isoformat() if day else None
    if schema.get("format") == "time" or about & {"time", "hora", "horario"}:
        return _time(question)
    if about & {"reason", "motivo", "message", "mensagem", "text", "texto", "note", "observacao"}:
        return question.strip()[:_MAX_TEXT]
    if about & {"service", "servico", "product", "produto"}:
        return thing_named(question) or person_named(question)
    return person_named(question)


def _is_free_text(name: str, schema: dict[str, Any]) -> bool:
    """Whether any text would do, so that filling it without being asked to would be a guess."""
    about = set(words_of(f"{name} {schema.get('description', '')}"))
    dated = schema.get("format") or about & {"date", "data", "dia", "day", "time", "hora", "horario"}
    return schema.get("type") == "string" and not schema.get("enum") and not dated


def _choice(options: list[Any], question: str) -> Any:
    said = {stem(word) for word in words_of(question)}
    for option in options:
        if {stem(word) for word in words_of(str(option))} <= said:
            return option
    return options[0] if len(options) == 1 else None


def _yes_or_no(question: str) -> bool | None:
    said = set(words_of(question))
    if said & {"nao", "no", "not"}:
        return False
    return True if said & {"sim", "yes"} else None


def _number(question: str, *, whole: bool) -> int | float | None:
    digits = _NUMBER.search(question)
    if digits:
        value = float(digits[0].replace(",", "."))
        return int(value) if whole else value
    said = words_of(question)
    return next((n for n, names in enumerate(_NUMBER_WORDS, start=1) if any(name in said for name in names)), None)


def _time(question: str) -> str | None:
    match = _TIME.search(fold(question))
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2] or match[3] or 0)
    if match[4]:
        hour = hour % _NOON + (_NOON if match[4] == "pm" else 0)
    return f"{hour:02d}:{minute:02d}" if hour <= 23 and minute <= 59 else None
