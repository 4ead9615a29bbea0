"""Faults for the next deliveries: `/_dev/faults`."""

from dataclasses import asdict

from starlette.responses import JSONResponse, Response

from infra.local.qstash.calls import Call
from infra.local.qstash.durations import parse_duration
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.faults import Fault
from infra.local.qstash.router import Route


async def _list(call: Call) -> Response:
    return JSONResponse({"faults": [asdict(fault) for fault in call.broker.faults.list()]})


async def _add(call: Call) -> Response:
    """Body `{"action": "duplicate"|"delay"|"drop", "match"?, "count"?, "delay"?}`."""
    content = call.json_object()
    action, match, count = content.get("action"), content.get("match", ""), content.get("count", 1)
    if action not in ("duplicate", "delay", "drop"):
        raise InvalidRequestError("action must be duplicate, delay or drop")
    if not isinstance(match, str):
        raise InvalidRequestError("match must be a part of the destination URL")
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise InvalidRequestError("count must be a whole number of at least 1")
    delay = parse_duration(str(content.get("delay", "0")), "delay")
    if action == "delay" and not delay:
        raise InvalidRequestError('the action delay needs "delay", a duration such as 5s')
    call.broker.faults.add(Fault(action=action, match=match, count=count, delay=delay))
    return await _list(call)


async def _clear(call: Call) -> Response:
    call.broker.faults.clear()
    return JSONResponse({"faults": []})


ROUTES = [
    Route("GET", "/_dev/faults", _list),
    Route("POST", "/_dev/faults", _add),
    Route("DELETE", "/_dev/faults", _clear),
]
