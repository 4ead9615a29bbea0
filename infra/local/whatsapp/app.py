"""The gateway as an ASGI application."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.local.whatsapp import administration, evolution, people_side
from infra.local.whatsapp.config import GatewayConfig
from infra.local.whatsapp.errors import GatewayError, HangUpError
from infra.local.whatsapp.gateway import Gateway
from infra.local.whatsapp.tenancy import check_own_page

#: Of the original whose behaviour is played.
VERSION = "2.3.7"
_PAGE = Path(__file__).parent / "page"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def create_app(config: GatewayConfig) -> Starlette:
    """Return the gateway; its lifespan opens and closes the state and the webhook sender.

    `app.state.stopping` ends the live streams, so that a server can stop without waiting for them.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.gateway = Gateway(config)
        app.state.stopping = app.state.gateway.feed.close
        app.state.gateway.start()
        try:
            yield
        finally:
            await app.state.gateway.close()

    routes = [
        Route("/", chat_page),
        Mount("/page", StaticFiles(directory=_PAGE)),
        *administration.ROUTES,
        *evolution.ROUTES,
        *people_side.ROUTES,
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={GatewayError: refuse})
    app.add_middleware(OwnPagesOnly)
    return app


async def chat_page(request: Request) -> Response:
    """GET /: the chat page for a browser; a program gets what the original answers at its root."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse(
            {"status": 200, "message": "Welcome to the Evolution API, it is working!", "version": VERSION}
        )
    return FileResponse(_PAGE / "index.html", headers={"content-security-policy": _POLICY, "cache-control": "no-cache"})


async def refuse(request: Request, error: Exception) -> Response:
    """Answer an error with its status and body."""
    if not isinstance(error, GatewayError):
        raise error
    if isinstance(error, HangUpError):
        return CutConnection()
    return JSONResponse(error.body(), status_code=error.status)


class CutConnection(Response):
    """Promise a body and end without it: the server cuts the connection, the caller gets no answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a head only."""
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"1")]})


class OwnPagesOnly:
    """Middleware that guards the people's side."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a call of another site's page before anything else happens."""
        if scope["type"] == "http" and scope["path"].startswith("/_"):
            request = Request(scope)
            try:
                check_own_page(request)
            except GatewayError as error:
                response = JSONResponse(error.body(), status_code=error.status)
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)
