"""Read and cancel messages, one or many."""

from starlette.responses import JSONResponse, Response

from infra.local.qstash import messages
from infra.local.qstash.calls import Call
from infra.local.qstash.errors import InvalidRequestError, NotFoundError
from infra.local.qstash.filters import MESSAGE_FILTERS, Condition, FilterRules, Selection, any_of, parse_selection
from infra.local.qstash.journal import Transaction
from infra.local.qstash.router import Route
from infra.local.qstash.routes.bulk import listed_ids
from infra.local.qstash.values import Message
from infra.local.qstash.views import message_view

#: `host` and `path` are not documented for this endpoint and refused.
_RULES = FilterRules(names=MESSAGE_FILTERS, time="m.created_at", most=500)


async def _get(call: Call) -> Response:
    return JSONResponse(message_view(await call.broker.run(lambda tx: _existing(tx, call.name("id")))))


async def _cancel(call: Call) -> Response:
    """A finished message counts 0, so that cleaning up after one that was quick is no error."""

    def cancel(tx: Transaction) -> int:
        _existing(tx, call.name("id"))
        return _cancel_matching(tx, any_of("m.id", [call.name("id")]), count=None)

    return JSONResponse({"cancelled": await call.broker.run(cancel)})


async def _cancel_many(call: Call) -> Response:
    selection = _selection(call)
    cancelled = await call.broker.run(lambda tx: _cancel_matching(tx, selection.condition, count=selection.count))
    return JSONResponse({"cancelled": cancelled})


def _selection(call: Call) -> Selection:
    ids = listed_ids(call, "messageIds")
    query = [("messageIds", message_id) for message_id in ids] if ids else call.query
    return parse_selection(query, _RULES)


async def _refuse_empty_id(call: Call) -> Response:
    raise InvalidRequestError("the message id is empty; to cancel all messages send DELETE /v2/messages")


def _existing(tx: Transaction, message_id: str) -> Message:
    message = messages.find(tx, message_id)
    if message is None:
        raise NotFoundError(f"message {message_id!r} not found")
    return message


def _cancel_matching(tx: Transaction, condition: Condition, *, count: int | None) -> int:
    """Cancel open messages that match, the oldest first, and return how many."""
    columns = "m.seq, m.state, m.cancelling, m.lane, m.queue, m.slot"
    rows = tx.execute(
        f"select {columns} from messages m where m.state = 0 and {condition.sql}"  # noqa: S608 - values are bound
        f" union all select {columns} from messages m where m.state = 1 and not m.cancelling and {condition.sql}"
        " order by 1 limit ?",
        (*condition.values, *condition.values, -1 if count is None else count),
    ).fetchall()
    for row in rows:
        messages.cancel(tx, row)
    return len(rows)


ROUTES = [
    Route("GET", "/v2/messages/{id}", _get),
    Route("DELETE", "/v2/messages/{id}", _cancel),
    Route("DELETE", "/v2/messages/", _refuse_empty_id),
    Route("DELETE", "/v2/messages", _cancel_many),
]
