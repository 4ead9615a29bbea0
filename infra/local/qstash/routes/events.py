"""The log: `/v2/events` as the SDKs ask for it and `/v2/logs` as the documents do."""

from starlette.responses import JSONResponse, Response

from infra.local.qstash.calls import Call
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.filters import (
    MESSAGE_FILTERS,
    Condition,
    FilterRules,
    Selection,
    any_of,
    parse_cursor,
    parse_selection,
)
from infra.local.qstash.journal import Transaction
from infra.local.qstash.router import Route
from infra.local.qstash.values import EventState
from infra.local.qstash.views import View, event_view

_IN_PROGRESS = (EventState.ACTIVE, EventState.RETRY, EventState.ERROR)
_DEFAULT_COUNT = 1000


def _state(name: str, found: list[str]) -> Condition:
    states: list[str] = []
    for text in found:
        word = "CANCELED" if text == "CANCELLED" else text
        if word == "IN_PROGRESS":
            states.extend(_IN_PROGRESS)
        elif word in EventState.__members__:
            states.append(word)
        else:
            raise InvalidRequestError(f"invalid {name} {text!r}; choose IN_PROGRESS or one of {', '.join(EventState)}")
    return any_of("e.state", states)


_RULES = FilterRules(
    names=MESSAGE_FILTERS | {"state", "host", "path"}, time="e.time", most=1000, latest_first=True, own=_state
)


async def _list(call: Call) -> Response:
    selection = parse_selection(call.query, _RULES)
    events, cursor = await call.broker.run(lambda tx: _page(tx, selection))
    key = "logs" if call.raw_path.endswith("/logs") else "events"
    return JSONResponse({key: events} | ({"cursor": cursor} if cursor else {}))


def _page(tx: Transaction, selection: Selection) -> tuple[list[View], str | None]:
    """Return one page and the cursor of the next; None after the last."""
    count = selection.count or _DEFAULT_COUNT
    condition = selection.condition
    if selection.cursor is not None:
        comparison = "<" if selection.latest_first else ">"
        condition &= Condition(f"e.seq {comparison} ?", (parse_cursor(selection.cursor),))
    rows = tx.execute(
        "select e.seq as event_seq, e.time as event_time, e.state as event_state, e.detail, m.*"  # noqa: S608 - values are bound
        " from events e join messages m on m.seq = e.message_seq"
        f" where {condition.sql} order by e.seq {'desc' if selection.latest_first else 'asc'} limit ?",
        (*condition.values, count + 1),
    ).fetchall()
    page = rows[:count]
    cursor = f"{page[-1]['event_time']}-{page[-1]['event_seq']}" if len(rows) > count else None
    return [event_view(row) for row in page], cursor


ROUTES = [
    Route("GET", "/v2/events", _list),
    Route("GET", "/v2/logs", _list),
]
