"""Queues: create or change, read, pause, delete."""

from typing import Any

from starlette.responses import JSONResponse, Response

from infra.local.qstash import queues, quotas
from infra.local.qstash.calls import Call
from infra.local.qstash.directives import check_name
from infra.local.qstash.errors import InvalidRequestError, NotFoundError
from infra.local.qstash.journal import Transaction
from infra.local.qstash.router import Route
from infra.local.qstash.views import queue_view


async def _list(call: Call) -> Response:
    found = await call.broker.run(queues.find_all)
    return JSONResponse([queue_view(queue) for queue in found])


async def _get(call: Call) -> Response:
    return JSONResponse(queue_view(await call.broker.run(lambda tx: _existing(tx, call.name("name")))))


async def _upsert(call: Call) -> Response:
    content = call.json_object()
    name = content.get("queueName")
    if not isinstance(name, str):
        raise InvalidRequestError("queueName must be a string")
    check_name(name, "queueName")
    parallelism = _parallelism(content.get("parallelism"))
    paused = content.get("paused")
    if paused is not None and not isinstance(paused, bool):
        raise InvalidRequestError("paused must be true or false")

    def store(tx: Transaction) -> None:
        limits = call.broker.limits
        quotas.check(limits.queue_parallelism, parallelism or 1, name="maxParallelism")
        if queues.find(tx, name) is None:
            quotas.check_queues(tx, limits)
        queues.upsert(tx, name, parallelism=parallelism, paused=paused)

    await call.broker.run(store)
    return JSONResponse({})


def _parallelism(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidRequestError("parallelism must be a whole number of at least 1")
    return value


async def _delete(call: Call) -> Response:
    await call.broker.run(lambda tx: queues.delete(tx, call.name("name")))
    return JSONResponse({})


async def _pause(call: Call) -> Response:
    return await _set_paused(call, paused=True)


async def _resume(call: Call) -> Response:
    return await _set_paused(call, paused=False)


async def _set_paused(call: Call, *, paused: bool) -> Response:
    def change(tx: Transaction) -> None:
        queues.upsert(tx, _existing(tx, call.name("name")).name, paused=paused)

    await call.broker.run(change)
    return JSONResponse({})


def _existing(tx: Transaction, name: str) -> queues.Queue:
    queue = queues.find(tx, name)
    if queue is None:
        raise NotFoundError(f"queue {name!r} not found")
    return queue


ROUTES = [
    Route("GET", "/v2/queues", _list),
    Route("POST", "/v2/queues", _upsert),
    Route("GET", "/v2/queues/{name}", _get),
    Route("DELETE", "/v2/queues/{name}", _delete),
    Route("POST", "/v2/queues/{name}/pause", _pause),
    Route("POST", "/v2/queues/{name}/resume", _resume),
]
