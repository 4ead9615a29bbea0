"""Publish, enqueue and batch. Answers 201 when something was stored, 202 when all of it was a duplicate."""

import json
from typing import Any

from starlette.responses import JSONResponse, Response

from infra.local.qstash.calls import Call
from infra.local.qstash.directives import Directives, check_name, parse_publication
from infra.local.qstash.errors import BrokerError, InvalidRequestError
from infra.local.qstash.journal import Transaction
from infra.local.qstash.publishing import Request
from infra.local.qstash.router import Route
from infra.local.qstash.values import Receipt
from infra.local.qstash.views import receipt_view

Published = Receipt | list[Receipt]


async def _publish(call: Call) -> Response:
    publication = parse_publication(call.directives, call.destination())
    if "queue" in call.parameters:
        publication = publication.model_copy(update={"queue": check_name(call.name("queue"), "queue name")})
    request = Request(publication=publication, body=call.body, caller_ip=call.caller_ip)
    published = await call.broker.run(lambda tx: call.broker.publisher.publish(tx, request))
    return JSONResponse(_view(published), _status([published]))


async def _batch(call: Call) -> Response:
    items = call.json()
    if not isinstance(items, list):
        raise InvalidRequestError("the body of a batch must be a JSON array of messages")
    requests = [_item_request(call, item) for item in items]

    def store(tx: Transaction) -> list[Published | BrokerError]:
        return [_publish_item(tx, call, request=request) for request in requests]

    published = await call.broker.run(store)
    views = [{"error": str(item)} if isinstance(item, BrokerError) else _view(item) for item in published]
    return JSONResponse(views, _status([item for item in published if not isinstance(item, BrokerError)]))


def _item_request(call: Call, item: Any) -> Request | BrokerError:
    """Return the request of one batch item, or what is wrong with it: the others are still sent."""
    try:
        return _parse_item(call, item)
    except BrokerError as error:
        return error


def _parse_item(call: Call, item: Any) -> Request:
    if not isinstance(item, dict):
        raise InvalidRequestError("an item of a batch must be a JSON object")
    destination, headers, queue = item.get("destination"), item.get("headers") or {}, item.get("queue")
    if not isinstance(destination, str) or not destination:
        raise InvalidRequestError("destination must be a URL or the name of a URL group")
    if not isinstance(headers, dict):
        raise InvalidRequestError("headers must be a JSON object")
    pairs = [(name, str(value)) for name, values in headers.items() for value in _as_list(values)]
    publication = parse_publication(Directives(pairs), destination)
    if queue:
        publication = publication.model_copy(update={"queue": check_name(str(queue), "queue name")})
    return Request(publication=publication, body=_item_body(item.get("body")), caller_ip=call.caller_ip)


def _as_list(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


def _item_body(body: Any) -> bytes:
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _publish_item(tx: Transaction, call: Call, *, request: Request | BrokerError) -> Published | BrokerError:
    if isinstance(request, BrokerError):
        return request
    tx.execute("savepoint item")
    try:
        return call.broker.publisher.publish(tx, request)
    except BrokerError as error:
        tx.execute("rollback to item")
        return error
    finally:
        tx.execute("release item")


def _view(published: Published) -> object:
    if isinstance(published, Receipt):
        return receipt_view(published)
    return [receipt_view(receipt) for receipt in published]


def _status(published: list[Published]) -> int:
    receipts = [receipt for item in published for receipt in (item if isinstance(item, list) else [item])]
    if not receipts:
        return 200
    return 202 if all(receipt.deduplicated for receipt in receipts) else 201


ROUTES = [
    Route("POST", "/v2/publish/{destination:rest}", _publish),
    Route("POST", "/v2/enqueue/{queue}/{destination:rest}", _publish),
    Route("POST", "/v2/batch", _batch),
]
