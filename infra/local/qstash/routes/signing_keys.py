"""Read and rotate the signing keys."""

from starlette.responses import JSONResponse, Response

from infra.local.qstash import signing_keys
from infra.local.qstash.calls import Call
from infra.local.qstash.router import Route


async def _get(call: Call) -> Response:
    keys = await call.broker.run(lambda tx: signing_keys.load(tx, call.broker.config))
    return JSONResponse({"current": keys.current, "next": keys.next})


async def _rotate(call: Call) -> Response:
    broker = call.broker
    keys = await broker.run(lambda tx: signing_keys.rotate(tx, broker.config, ids=broker.ids))
    broker.use_keys(keys)
    return JSONResponse({"current": keys.current, "next": keys.next})


ROUTES = [
    Route("GET", "/v2/keys", _get),
    Route("POST", "/v2/keys/rotate", _rotate),
]
