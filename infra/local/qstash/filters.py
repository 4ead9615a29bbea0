"""Filters of the list and bulk endpoints, turned into SQL conditions over a message `m`.

A repeated parameter and a comma list are the same: any of the values. Different parameters must all match.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.qstash.directives import parse_whole
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.messages import label_pattern

#: Every spelling of a parameter to the name that the rest of this module uses.
_ALIASES = {"callerIP": "callerIp", "urlGroup": "topicName", "queue": "queueName", "messageIds": "messageId"}
_COLUMNS = {
    "messageId": "m.id",
    "url": "m.url",
    "topicName": "m.topic",
    "queueName": "m.queue",
    "scheduleId": "m.schedule_id",
    "host": "m.host",
    "path": "m.path",
    "callerIp": "m.caller_ip",
    "flowControlKey": "m.flow_key",
}
#: Their values may hold commas, so that only repeating the parameter gives several.
_VERBATIM = {"url", "path"}
_PAGING = ("count", "cursor", "order")

MESSAGE_FILTERS = frozenset({"messageId", "url", "topicName", "queueName", "scheduleId", "label", "callerIp"}) | {
    "flowControlKey",
    "fromDate",
    "toDate",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A part of a `where` clause with its values."""

    sql: str
    values: tuple[object, ...] = ()

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(f"{self.sql} and {other.sql}", self.values + other.values)


EVERYTHING = Condition("1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a list or bulk request selects."""

    condition: Condition
    #: None when the request does not bound it.
    count: int | None
    cursor: str | None
    latest_first: bool
    #: Values of `dlqIds`; they and `messageIds` stand alone, other filters are then ignored.
    dlq_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterRules:
    """What one endpoint accepts."""

    names: Collection[str]
    #: Column of the time that `fromDate` and `toDate` bound, in milliseconds and inclusive.
    time: str
    most: int
    latest_first: bool = False
    #: Condition of a filter that only this endpoint knows.
    own: Callable[[str, list[str]], Condition] | None = None


def parse_selection(pairs: Sequence[tuple[str, str]], rules: FilterRules) -> Selection:
    """Return what the query `pairs` select. Raises `InvalidRequestError` naming a parameter that is unknown or bad."""
    values: dict[str, list[str]] = {}
    for given, text in pairs:
        name = _ALIASES.get(given, given)
        if name == "qstash_token":
            continue
        if name not in rules.names and name not in _PAGING:
            raise InvalidRequestError(f"unknown filter {given!r}")
        parts = [text] if name in _VERBATIM else [part.strip() for part in text.split(",")]
        values.setdefault(name, []).extend(part for part in parts if part)
    paging = {name: values.pop(name, [""])[-1] for name in _PAGING}
    for given in {given for given, _ in pairs} & {"messageIds", "dlqIds"}:
        # Ids stand alone.
        name = _ALIASES.get(given, given)
        values = {name: values[name]}
    for name, found in values.items():
        if not found:  # the caller's list came out empty, and must not widen to everything
            raise InvalidRequestError(f"{name} is empty; leave it out to select everything")
    dlq_ids = tuple(values.pop("dlqIds", ()))
    condition = EVERYTHING
    for name, found in values.items():
        condition &= _condition(name, found, rules=rules)
    return Selection(
        condition=condition,
        count=parse_whole(paging["count"], "count", least=1, most=rules.most) if paging["count"] else None,
        cursor=paging["cursor"] or None,
        latest_first=_latest_first(paging["order"], rules),
        dlq_ids=dlq_ids,
    )


def _condition(name: str, found: list[str], *, rules: FilterRules) -> Condition:
    if name in _COLUMNS:
        return any_of(_COLUMNS[name], found)
    if name == "label":
        looked_for = " or ".join("instr(m.labels, ?)" for _ in found)
        return Condition(f"({looked_for})", tuple(label_pattern(label) for label in found))
    if name in ("fromDate", "toDate"):
        comparison = ">=" if name == "fromDate" else "<="
        return Condition(f"{rules.time} {comparison} ?", (parse_whole(found[-1], name, most=2**63 - 1),))
    if rules.own is None:
        raise InvalidRequestError(f"unknown filter {name!r}")
    return rules.own(name, found)


def any_of(column: str, values: Iterable[Any]) -> Condition:
    """Return the condition that `column` is one of `values`."""
    listed = tuple(values)
    return Condition(f"{column} in ({', '.join('?' * len(listed))})", listed)


def _latest_first(text: str, rules: FilterRules) -> bool:
    if not text:
        return rules.latest_first
    if text not in ("earliestFirst", "latestFirst"):
        raise InvalidRequestError(f"invalid order {text!r}; write earliestFirst or latestFirst")
    return text == "latestFirst"


def parse_cursor(cursor: str) -> int:
    """Return the sequence number in a cursor of shape `<ms>-<seq>`. Raises `InvalidRequestError`."""
    time, _, seq = cursor.partition("-")
    if not (time.isdecimal() and seq.isdecimal()):
        raise InvalidRequestError(f"invalid cursor {cursor!r}; pass one that an earlier answer gave")
    return int(seq)
