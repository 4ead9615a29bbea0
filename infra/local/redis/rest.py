"""The HTTP side: Upstash's Redis REST API as its clients use it.

Source of the behaviour: Upstash's reference "REST API". Not served: subscriptions and monitoring as event streams.
"""

import base64
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.redis.commands import BadCommandError, command_of_body, command_of_path, commands_of_body
from infra.local.redis.connections import ConnectionPool, Reply, ServerUnavailableError
from infra.local.redis.scripts import ScriptHashes

_METHODS = ["GET", "POST", "PUT"]
_OUTCOME = dict[str, Any]


def create_app(address: str, token: str) -> Starlette:
    """Return the REST API over the server at `address` (`unix:///path` or `redis://host:port/database`).

    Requests must carry `token` as a bearer token or as `_token` in the query.
    """
    shim = _Shim(ConnectionPool(address), token)
    return Starlette(
        routes=[
            Route("/", shim.guarded(shim.single), methods=_METHODS),
            Route("/pipeline", shim.guarded(shim.pipeline), methods=["POST"]),
            Route("/multi-exec", shim.guarded(shim.transaction), methods=["POST"]),
            Route("/{command:path}", shim.guarded(shim.path_style), methods=_METHODS),
        ],
        lifespan=shim.lifespan,
    )


class _Shim:
    def __init__(self, pool: ConnectionPool, token: str) -> None:
        self._pool = pool
        self._token = token.encode()
        self._scripts = ScriptHashes()

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        self._pool.close()

    def guarded(self, answer: Callable[[Request], Awaitable[object]]) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint that checks the token, runs `answer` and turns its errors into Upstash's."""

        async def endpoint(request: Request) -> Response:
            if not self._authorized(request):
                return _response({"error": "Unauthorized"}, 401)
            try:
                outcome = await answer(request)
            except BadCommandError as error:
                return _response({"error": str(error)}, 400)
            except ServerUnavailableError as error:
                return _response({"error": f"ERR {error}"}, 503)
            failed = isinstance(outcome, dict) and "error" in outcome
            return _response(outcome, 400 if failed else 200)

        return endpoint

    async def single(self, request: Request) -> object:
        (outcome,) = await self._run([command_of_body(await request.body())], request)
        return outcome

    async def path_style(self, request: Request) -> object:
        command = command_of_path(request.scope["raw_path"], request.url.query, await request.body())
        (outcome,) = await self._run([command], request)
        return outcome

    async def pipeline(self, request: Request) -> object:
        return await self._run(commands_of_body(await request.body()), request)

    async def transaction(self, request: Request) -> object:
        commands = commands_of_body(await request.body())
        sent = [[b"MULTI"], *map(self._scripts.translate, commands), [b"EXEC"]]
        executed = (await self._pool.execute(sent))[-1]
        if not isinstance(executed, list):  # a command was refused when it was queued, so none ran
            return _outcome(executed, request)
        return [
            _outcome(self._scripts.answer(command, reply), request)
            for command, reply in zip(commands, executed, strict=True)
        ]

    async def _run(self, commands: list[list[bytes]], request: Request) -> list[_OUTCOME]:
        replies = await self._pool.execute([self._scripts.translate(command) for command in commands])
        return [
            _outcome(self._scripts.answer(command, reply), request)
            for command, reply in zip(commands, replies, strict=True)
        ]

    def _authorized(self, request: Request) -> bool:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        given = bearer if scheme.lower() == "bearer" else request.query_params.get("_token", "")
        return hmac.compare_digest(given.encode(), self._token)


def _outcome(reply: Reply, request: Request) -> _OUTCOME:
    if isinstance(reply, Exception):
        return {"error": str(reply)}
    encoded = request.headers.get("upstash-encoding", "").lower() == "base64"
    return {"result": _jsonable(reply, encoded=encoded)}


def _jsonable(reply: Reply, *, encoded: bool) -> Any:
    """Texts as base64 on request, save `OK`; else as UTF-8, in which other bytes become U+FFFD."""
    if isinstance(reply, list):
        return [_jsonable(item, encoded=encoded) for item in reply]
    if isinstance(reply, bytes):
        if encoded and reply != b"OK":
            return base64.b64encode(reply).decode()
        return reply.decode("utf-8", "replace")
    return str(reply) if isinstance(reply, Exception) else reply


def _response(document: object, status: int) -> Response:
    return Response(json.dumps(document, ensure_ascii=False), status, media_type="application/json")
