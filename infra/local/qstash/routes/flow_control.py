"""Flow control keys: read, pause, pin, reset. A key may hold slashes; the verb is the last part of the path."""

from collections.abc import Callable
from dataclasses import replace

from starlette.responses import JSONResponse, Response

from infra.local.qstash import flow_control
from infra.local.qstash.calls import Call
from infra.local.qstash.directives import parse_period, parse_whole
from infra.local.qstash.errors import InvalidRequestError, NotFoundError
from infra.local.qstash.flow_control import FlowControl
from infra.local.qstash.journal import Transaction
from infra.local.qstash.router import Route
from infra.local.qstash.views import View, flow_control_view

Change = Callable[[FlowControl, int], FlowControl]


async def _list(call: Call) -> Response:
    search = next((value for name, value in call.query if name == "search"), "")

    def read(tx: Transaction) -> list[View]:
        rows = tx.execute("select * from flow_controls where instr(key, ?) order by key", (search,)).fetchall()
        return [_view(tx, call, flow=flow_control.from_row(row)) for row in rows]

    return JSONResponse(await call.broker.run(read))


async def _get(call: Call) -> Response:
    return JSONResponse(await call.broker.run(lambda tx: _view(tx, call, flow=_existing(tx, call.name("key")))))


async def _pause(call: Call) -> Response:
    return await _change(call, lambda flow, now: replace(flow, paused=True))


async def _resume(call: Call) -> Response:
    return await _change(call, lambda flow, now: replace(flow, paused=False))


async def _reset_rate(call: Call) -> Response:
    return await _change(call, lambda flow, now: replace(flow, rate_count=0, period_start=now))


async def _pin(call: Call) -> Response:
    given = dict(call.query)
    parallelism = parse_whole(given["parallelism"], "parallelism", least=1) if "parallelism" in given else None
    rate = parse_whole(given["rate"], "rate", least=1) if "rate" in given else None
    period = parse_period(given["period"], "period") if "period" in given else None
    if parallelism is None and rate is None:
        raise InvalidRequestError("nothing to pin: give parallelism, or rate with an optional period")

    def pin(flow: FlowControl, now: int) -> FlowControl:
        if parallelism is not None:
            flow = replace(flow, parallelism=parallelism, pinned_parallelism=True)
        if rate is not None:
            flow = replace(flow, rate=rate, period=period or 1, pinned_rate=True, rate_count=0, period_start=now)
        return flow

    # A key can be pinned before its first message.
    return await _change(call, pin, create=True)


async def _unpin(call: Call) -> Response:
    given = dict(call.query)
    wanted = {name: given.get(name, "false").lower() for name in ("parallelism", "rate")}
    for name, text in wanted.items():
        if text not in ("true", "false"):
            raise InvalidRequestError(f"invalid {name} {text!r}; write true or false")
    if "true" not in wanted.values():
        raise InvalidRequestError("nothing to unpin: give parallelism=true or rate=true")

    def unpin(flow: FlowControl, now: int) -> FlowControl:
        return replace(
            flow,
            pinned_parallelism=flow.pinned_parallelism and wanted["parallelism"] == "false",
            pinned_rate=flow.pinned_rate and wanted["rate"] == "false",
        )

    return await _change(call, unpin)


async def _change(call: Call, change: Change, *, create: bool = False) -> Response:
    key = call.name("key")

    def store(tx: Transaction) -> None:
        flow = (flow_control.load(tx, key) or FlowControl(key=key)) if create else _existing(tx, key)
        flow_control.save(tx, change(flow, tx.now))
        tx.lanes.add(f"f:{key}")

    await call.broker.run(store)
    return JSONResponse({})


async def _global_parallelism(call: Call) -> Response:
    broker = call.broker
    return JSONResponse({"parallelismMax": broker.config.parallelism, "parallelismCount": broker.dispatcher.active})


def _existing(tx: Transaction, key: str) -> FlowControl:
    flow = flow_control.load(tx, key)
    if flow is None:
        raise NotFoundError(f"flow control key {key!r} not found")
    return flow


def _view(tx: Transaction, call: Call, *, flow: FlowControl) -> View:
    waiting = tx.scalar(
        "select count(*) from messages where flow_key = ? and state = 0 and due_at <= ?", (flow.key, tx.now)
    )
    return flow_control_view(flow, waiting=waiting, active=call.broker.dispatcher.active_of(flow.key), now=tx.now)


ROUTES = [
    Route("GET", "/v2/flowControl", _list),
    Route("POST", "/v2/flowControl/{key:rest}/pause", _pause),
    Route("POST", "/v2/flowControl/{key:rest}/resume", _resume),
    Route("POST", "/v2/flowControl/{key:rest}/pin", _pin),
    Route("POST", "/v2/flowControl/{key:rest}/unpin", _unpin),
    Route("POST", "/v2/flowControl/{key:rest}/resetRate", _reset_rate),
    # The name that an older changelog gives it.
    Route("POST", "/v2/flowControl/{key:rest}/reset", _reset_rate),
    Route("GET", "/v2/flowControl/{key:rest}", _get),
    Route("GET", "/v2/globalParallelism", _global_parallelism),
]
