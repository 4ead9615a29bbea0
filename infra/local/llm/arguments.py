"""Filling a tool's arguments from what the user wrote, by the JSON schema."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from infra.local.llm import days, numbers, people, spans, times, treatments
from infra.local.llm.dictation import dictated, reworded
from infra.local.llm.numbers import number_in, option_in
from infra.local.llm.subjects import person_named, thing_named
from infra.local.llm.tools import Tool, plain
from infra.local.llm.words import words_of

_MAX_TEXT = 300
_MAX_DICTATED = 1000
_LONGEST_BARE_ANSWER = 5  # words
#: What the name of an argument says it is; its description decides only when the name does not.
_ROLES = (
    ("birthday", {"birthday", "birth", "nascimento", "aniversario"}),
    ("start", {"start", "inicio"}),
    ("end", {"end", "fim"}),
    ("date", {"date", "data", "dia", "day"}),
    ("time", {"time", "hora", "horario"}),
    ("service", {"service", "servico", "product", "produto"}),
    ("whom", {"whom", "dependent"}),
    ("appointment", {"appointment", "agendamento"}),
    ("contact", {"contact", "contato", "customer", "client", "cliente"}),
    ("text", {"text", "texto", "message", "mensagem"}),
    ("answer", {"answer", "resposta"}),
    ("question", {"question", "pergunta"}),
    ("reason", {"reason", "motivo", "note", "observacao"}),
    ("amount", {"amount", "valor", "cents"}),
    ("days", {"days", "dias"}),
    ("details", {"details", "detalhes"}),
)
_BIRTH = frozenset({"aniversario", "nasci", "nasceu", "birthday", "born"})
#: Any text would do for these, so filling them without being asked to would be a guess.
_GUESSED = frozenset({"", "query", "contact", "service", "question", "reason", "details"})


@dataclass(frozen=True)
class Filled:
    """The arguments of a call, and the required ones that the text does not hold."""

    arguments: dict[str, Any]
    missing: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Background:
    """What else is known when a question is read."""

    today: date | None = None
    #: What was said before in the same topic, newest first.
    topic: tuple[str, ...] = ()
    #: What was said before about anything, newest first: the service of a price is the one to book.
    older: tuple[str, ...] = ()
    #: The assistant's last text, which a short answer answers.
    last_reply: str = ""
    #: Roles of the arguments that the last text asked for.
    asked_for: frozenset[str] = frozenset()
    #: The question is about what has been.
    past: bool = False
    #: The question moves something: of two days or times the last one is meant.
    moves: bool = False


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """One argument to be read."""

    role: str
    name: str
    schema: dict[str, Any]
    tool: Tool
    known: Background
    #: Whether the argument names what a thing is moved to, as "new_date" does beside "date".
    is_new: bool = False
    has_new: bool = False
    names: tuple[str, ...] = field(default=())


def fill(tool: Tool, question: str, today: date | None, known: Background | None = None) -> Filled:
    """Return the arguments that a question gives to a tool; optional ones only when the text holds them."""
    known = replace(known or Background(), today=today)
    properties = tool.properties
    has_new = any(name.startswith(("new_", "novo_", "nova_")) for name in properties)
    found: dict[str, Any] = {}
    for name, schema in properties.items():
        reading = _Reading(
            role=_role(name, schema),
            name=name,
            schema=schema,
            tool=tool,
            known=known,
            is_new=name.startswith(("new_", "novo_", "nova_")),
            has_new=has_new,
            names=tuple(
                str(value) for key, value in found.items() if _role(key, properties[key]) in {"contact", "whom"}
            ),
        )
        value = _value(reading, question)
        if value is not None and (name in tool.required or not _is_guess(reading, question)):
            found[name] = value
    return Filled(found, tuple(name for name in tool.required if name not in found))


def role_of(tool: Tool, name: str) -> str:
    """Return what an argument of a tool is: "date", "service"; "" when nothing tells."""
    return _role(name, tool.properties.get(name, {}))


def _role(name: str, schema: dict[str, Any]) -> str:
    if name == "query":
        return "query"
    if schema.get("enum"):
        return "enum"
    for words in (words_of(name), words_of(str(schema.get("description", "")))):
        role = next((role for role, named in _ROLES if named & set(words)), None)
        if role:
            return role
        if schema.get("format") in {"date", "time"}:
            return str(schema["format"])
        if name in {"name", "nome"}:
            return "name"
    return ""


def _is_guess(reading: _Reading, question: str) -> bool:
    if reading.role == "service":
        # "open slots for a bath" names one in so many words.
        return treatments.service_named(question, reading.known.today, but_not=reading.names) is None
    return reading.schema.get("type") == "string" and reading.role in _GUESSED and not reading.schema.get("format")


def _value(reading: _Reading, question: str) -> Any:
    kind = reading.schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    if reading.role in _READERS:
        value = _first(reading, question, _READERS[reading.role])
        return _typed(value, kinds)
    if "integer" in kinds or "number" in kinds:
        return number_in(_head(question), whole="integer" in kinds)
    if "boolean" in kinds:
        return _yes_or_no(question)
    if "array" in kinds:
        item = plain(reading.schema.get("items")) or {"type": "string"}
        inner = _value(replace(reading, schema=item, role=_role(reading.name, item)), question)
        return None if inner is None else [inner]
    return person_named(question) if "string" in kinds else None


def _typed(value: Any, kinds: list[Any]) -> Any:
    if value is None or isinstance(value, str) is ("string" in kinds):
        return value
    if "string" in kinds:
        return str(value)
    try:
        return float(value) if "number" in kinds else int(float(value))
    except (TypeError, ValueError):
        return None


def _first(reading: _Reading, question: str, read: Callable[[_Reading, str], Any]) -> Any:
    """Return what the question gives, else what the topic gave, else what was said before about anything."""
    for text in (question, *reading.known.topic):
        value = read(reading, text)
        if value is not None:
            return value
    if reading.role == "contact":
        return _bare_contact(reading, question)
    if reading.role == "service":
        older = (treatments.service_named(text, reading.known.today) for text in reading.known.older)
        return next((found for found in older if found), None)
    if reading.role == "date" and not reading.is_new and reading.known.topic:
        return _only_day(reading.known.last_reply, reading.known.today)
    return None


def _only_day(reply: str, today: date | None) -> str | None:
    """Return the day that the assistant's last text is about, when it is about one."""
    named = {day for day in days.days_named(reply, today) if isinstance(day, date)}
    return named.pop().isoformat() if len(named) == 1 else None


def _date(reading: _Reading, text: str) -> str | None:
    known = reading.known
    named = days.days_named(_head(text), known.today)
    if reading.has_new and not reading.is_new:
        named = named[:-1]
    day = (named[-1] if known.moves and not (reading.has_new and not reading.is_new) else named[0]) if named else None
    found = None if day is None else days.as_date(day, known.today, past=known.past)
    return found.isoformat() if found else None


def _time(reading: _Reading, text: str) -> str | None:
    named = times.times_named(_head(text))
    if reading.has_new and not reading.is_new:
        named = named[:-1]
        return named[0] if named else None
    if not named:
        return None
    return named[-1] if reading.known.moves else named[0]


def _start(_: _Reading, text: str) -> str | None:
    return times.span_of(text)[0]


def _end(_: _Reading, text: str) -> str | None:
    return times.span_of(text)[1]


def _birthday(reading: _Reading, text: str) -> str | None:
    """Return a date of birth; without its year as "MM-DD", where the schema leaves room for that."""
    born = days.birth_date(text, reading.known.today)
    if born is not None:
        return born.isoformat()
    if reading.schema.get("format") == "date" or not _BIRTH & set(words_of(text)):
        return None
    named = (day for day in days.days_named(text, reading.known.today) if isinstance(day, date))
    return next((f"{day:%m-%d}" for day in named), None)


def _service(reading: _Reading, text: str) -> str | None:
    names = (*reading.names, *(name for name in (people.for_whom(text, None),) if name))
    said = treatments.service_named(_head(text), reading.known.today, but_not=names)
    if said is None and "service" in reading.known.asked_for:
        said = treatments.service_answered(text, reading.known.today, but_not=names)
    return said or thing_named(text)


def _whom(reading: _Reading, text: str) -> str | None:
    return people.for_whom(text, treatments.service_named(text, reading.known.today))


def _contact(_: _Reading, text: str) -> str | None:
    return people.customer_named(_head(text))


def _bare_contact(reading: _Reading, text: str) -> str | None:
    """Return the name that a few words hold, when a name was asked for or nothing else is wanted."""
    wanted = reading.tool.required == (reading.name,) or "contact" in reading.known.asked_for
    head = _head(text)
    return person_named(head) if wanted and len(head.split()) <= _LONGEST_BARE_ANSWER else None


def _name(reading: _Reading, text: str) -> str | None:
    words = set(words_of(reading.tool.name))
    if words & {"dependent", "pet"}:
        return people.dependent_named(text)
    return people.own_name(text) if words & {"remember", "customer"} else person_named(text)


def _query(reading: _Reading, text: str) -> str | None:
    about = set(words_of(f"{reading.tool.name}"))
    return _whole(reading, text) if about & {"knowledge", "faq", "conhecimento"} else person_named(text)


def _text(reading: _Reading, text: str) -> str | None:
    said = dictated(text)
    if said:
        return said.text[:_MAX_DICTATED]
    new = reworded(text)
    if new is None and reading.role in reading.known.asked_for and text not in reading.known.topic:
        new = text.strip()
    return new[:_MAX_DICTATED] if new else None


def _whole(_: _Reading, text: str) -> str | None:
    return text.strip()[:_MAX_TEXT] or None


def _reason(reading: _Reading, text: str) -> str | None:
    return _whole(reading, text)


def _amount(_: _Reading, text: str) -> str | None:
    return numbers.amount_in(_head(text))


def _days(_: _Reading, text: str) -> int | None:
    return numbers.days_in(text)


def _appointment(reading: _Reading, text: str) -> int | None:
    return numbers.choice_in(text, reading.known.today)


def _option(reading: _Reading, text: str) -> object | None:
    options = reading.schema["enum"]
    part = times.part_of_day(text)
    if part in options:
        return part
    head = _head(text)
    found = option_in(options, spans.without_when(head) if "any" in options else head)
    if found is None and reading.name in reading.tool.required:
        return next((option for option in ("today", "other") if option in options), None)
    return found


def _nothing(_: _Reading, __: str) -> None:
    return None


def _head(text: str) -> str:
    said = dictated(text)
    return said.head if said else text


def _yes_or_no(question: str) -> bool | None:
    said = set(words_of(question))
    if said & {"nao", "no", "not"}:
        return False
    return True if said & {"sim", "yes"} else None


_READERS: dict[str, Callable[[_Reading, str], Any]] = {
    "amount": _amount,
    "answer": _text,
    "appointment": _appointment,
    "birthday": _birthday,
    "contact": _contact,
    "date": _date,
    "days": _days,
    "details": _nothing,
    "end": _end,
    "enum": _option,
    "name": _name,
    "query": _query,
    "question": _whole,
    "reason": _reason,
    "service": _service,
    "start": _start,
    "text": _text,
    "time": _time,
    "whom": _whom,
}
