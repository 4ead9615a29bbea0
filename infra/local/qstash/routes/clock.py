"""The movable clock: `/_dev/clock`."""

from typing import Any

from starlette.responses import JSONResponse, Response

from infra.local.qstash import clock_state
from infra.local.qstash.calls import Call
from infra.local.qstash.durations import parse_duration
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.router import Route

_LATEST_MS = 253_402_300_799_000


async def _get(call: Call) -> Response:
    return _answer(call)


async def _freeze(call: Call) -> Response:
    """Body `{"at": ms}` also moves the clock there, without stopping at what falls due on the way."""
    at = (call.json() or {}).get("at") if isinstance(call.json(), dict | None) else None
    if at is not None and not (isinstance(at, int) and call.broker.clock.now() <= at <= _LATEST_MS):
        raise InvalidRequestError("at must be a time in Unix milliseconds that is not in the past of the clock")
    call.broker.clock.freeze(at)
    return await _store(call)


async def _advance(call: Call) -> Response:
    """Body `{"by": "1h30m"}` or `{"ms": n}`; what falls due on the way happens in order, each at its time."""
    await call.broker.advance(_milliseconds(call.json_object()))
    return await _store(call)


async def _resume(call: Call) -> Response:
    """Let the clock run on from where it stands."""
    call.broker.clock.resume()
    return await _store(call)


def _milliseconds(content: dict[str, Any]) -> int:
    by, milliseconds = content.get("by"), content.get("ms")
    if isinstance(by, str):
        return parse_duration(by, "by") * 1000
    if isinstance(milliseconds, int) and not isinstance(milliseconds, bool) and milliseconds >= 0:
        return milliseconds
    raise InvalidRequestError('write {"by": "1h30m"} or {"ms": 5000}')


async def _store(call: Call) -> Response:
    await call.broker.run(lambda tx: clock_state.store(tx, call.broker.clock))
    return _answer(call)


def _answer(call: Call) -> Response:
    clock = call.broker.clock
    return JSONResponse({"now": clock.now(), "frozen": clock.frozen})


ROUTES = [
    Route("GET", "/_dev/clock", _get),
    Route("POST", "/_dev/clock/freeze", _freeze),
    Route("POST", "/_dev/clock/advance", _advance),
    Route("POST", "/_dev/clock/resume", _resume),
]
