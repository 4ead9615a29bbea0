"""All functions as one ASGI application, each behind the addresses that it has when deployed."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from functions import callbacks, health, jobs, schedules, webhooks
from shared.services import Services


def create_app(services: Services) -> ASGIApp:
    """Return an application that hands each request to the function it is for, by the first segment of its path."""
    applications: dict[str, ASGIApp] = {
        "webhooks": webhooks.build(services),
        "jobs": jobs.build(services),
        "schedules": schedules.build(services),
        "callbacks": callbacks.build(services),
        "health": health.build(services),
    }
    nowhere = JSONResponse({"error": "no function answers at this address"}, status_code=404)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        segment = scope["path"].split("/", 2)[1]
        await applications.get(segment, nowhere)(scope, receive, send)

    return dispatch


async def _lifespan(receive: Receive, send: Send) -> None:
    """Answer the server's start and stop: the functions have neither, as on Lambda."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
