"""The dead letter queue: list, get, delete and retry, one or many."""

from collections.abc import Callable

from starlette.responses import JSONResponse, Response

from infra.local.qstash import dead_letters
from infra.local.qstash.calls import Call
from infra.local.qstash.dead_letters import COLUMNS, DeadLetter
from infra.local.qstash.directives import given_options, parse_whole
from infra.local.qstash.errors import InvalidRequestError, NotFoundError
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
from infra.local.qstash.routes.bulk import listed_ids
from infra.local.qstash.views import dead_letter_view

_DEFAULT_COUNT = 100


def _response_status(name: str, found: list[str]) -> Condition:
    return any_of("d.response_status", [parse_whole(text, name, most=999) for text in found])


_RULES = FilterRules(
    names=MESSAGE_FILTERS | {"dlqIds", "responseStatus"}, time="d.time", most=100, own=_response_status
)


async def _list(call: Call) -> Response:
    selection = parse_selection(call.query, _RULES)
    letters, cursor = await call.broker.run(lambda tx: _page(tx, selection, count=selection.count or _DEFAULT_COUNT))
    content: dict[str, object] = {"messages": [dead_letter_view(letter) for letter in letters]}
    return JSONResponse(content | ({"cursor": cursor} if cursor else {}))


async def _get(call: Call) -> Response:
    letter = await call.broker.run(lambda tx: _existing(tx, call.name("id")))
    return JSONResponse(dead_letter_view(letter))


async def _delete(call: Call) -> Response:
    await call.broker.run(lambda tx: dead_letters.delete(tx, _existing(tx, call.name("id"))))
    return JSONResponse({})


async def _delete_many(call: Call) -> Response:
    letters, cursor = await _each(call, dead_letters.delete)
    return JSONResponse({"deleted": len(letters)} | ({"cursor": cursor} if cursor else {}))


async def _retry(call: Call) -> Response:
    overrides = given_options(call.directives)
    message_id = await call.broker.run(
        lambda tx: call.broker.publisher.republish(tx, _existing(tx, call.name("id")), overrides=overrides)
    )
    return JSONResponse({"messageId": message_id}, 201)


async def _retry_many(call: Call) -> Response:
    overrides = given_options(call.directives)
    responses: list[dict[str, str]] = []

    def retry(tx: Transaction, letter: DeadLetter) -> None:
        responses.append({"messageId": call.broker.publisher.republish(tx, letter, overrides=overrides)})

    _, cursor = await _each(call, retry)
    return JSONResponse({"cursor": cursor or "", "responses": responses}, 201)


async def _each(call: Call, apply: Callable[[Transaction, DeadLetter], None]) -> tuple[list[DeadLetter], str | None]:
    """Apply a change to all letters that the call selects; ids that do not exist are passed over."""
    ids = listed_ids(call, "dlqIds")
    directives = [pair for pair in call.query if not pair[0].lower().startswith("upstash-")]
    selection = parse_selection([("dlqIds", dlq_id) for dlq_id in ids] if ids else directives, _RULES)

    def change(tx: Transaction) -> tuple[list[DeadLetter], str | None]:
        letters, cursor = _page(tx, selection, count=selection.count or -1)
        for letter in letters:
            apply(tx, letter)
        return letters, cursor

    return await call.broker.run(change)


async def _refuse_empty_id(call: Call) -> Response:
    raise InvalidRequestError("the dead letter id is empty")


def _existing(tx: Transaction, dlq_id: str) -> DeadLetter:
    letter = dead_letters.find(tx, dlq_id)
    if letter is None:
        raise NotFoundError(f"dead letter {dlq_id!r} not found")
    return letter


def _page(tx: Transaction, selection: Selection, *, count: int) -> tuple[list[DeadLetter], str | None]:
    """Return up to `count` letters (-1: all) and the cursor of the next page; None after the last."""
    if selection.dlq_ids:
        found = (dead_letters.find(tx, dlq_id) for dlq_id in dict.fromkeys(selection.dlq_ids))
        return [letter for letter in found if letter is not None], None
    condition = selection.condition
    if selection.cursor is not None:
        comparison = "<" if selection.latest_first else ">"
        condition &= Condition(f"d.seq {comparison} ?", (parse_cursor(selection.cursor),))
    rows = tx.execute(
        f"select {COLUMNS} from dead_letters d join messages m on m.seq = d.message_seq"  # noqa: S608 - values are bound
        f" where {condition.sql} order by d.seq {'desc' if selection.latest_first else 'asc'} limit ?",
        (*condition.values, count if count < 0 else count + 1),
    ).fetchall()
    page = [dead_letters.from_row(row) for row in (rows if count < 0 else rows[:count])]
    return page, page[-1].id if len(rows) > len(page) else None


ROUTES = [
    Route("GET", "/v2/dlq", _list),
    Route("DELETE", "/v2/dlq", _delete_many),
    Route("POST", "/v2/dlq/retry", _retry_many),
    Route("POST", "/v2/dlq/retry/{id}", _retry),
    Route("GET", "/v2/dlq/{id}", _get),
    Route("DELETE", "/v2/dlq/{id}", _delete),
    Route("DELETE", "/v2/dlq/", _refuse_empty_id),
]
