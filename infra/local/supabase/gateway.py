"""The HTTP side of the gateway: `/rest/v1` as `supabase-py` and other PostgREST clients expect it.

Served: functions by POST and GET, and reads of tables and views without embedding. Functions alone write.
Source of the behaviour: PostgREST's reference, versions 14 to 16.
"""

import json
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.supabase.catalog import Function
from infra.local.supabase.config import GatewayConfig
from infra.local.supabase.errors import GatewayError, from_database
from infra.local.supabase.functions import Call, choose_call
from infra.local.supabase.keys import Caller, identify
from infra.local.supabase.statements import Reading, answer, reading_of, table_source, window_of
from infra.local.supabase.transactions import Answer, Database, RequestContext

_JSON = "application/json"
_OBJECT = "application/vnd.pgrst.object+json"
_ARRAY = "application/vnd.pgrst.array+json"
_READ_METHODS = frozenset({"GET", "HEAD"})
_ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_COUNT = re.compile(r"count=(exact|planned|estimated)")


@dataclass(frozen=True)
class Envelope:
    """What a request says outside of its path and body; `single` means that it accepts one object only."""

    caller: Caller
    schema: str
    single: bool
    count: str | None


def create_app(config: GatewayConfig) -> Starlette:
    """Return the gateway of one project as an ASGI application; its lifespan holds the database connections."""
    gateway = _Gateway(config)

    async def gateway_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, GatewayError)  # noqa: S101 - registered for this class
        return Response(error.body(), error.status, error.all_headers(), media_type=f"{_JSON}; charset=utf-8")

    return Starlette(
        routes=[
            Route("/rest/v1", gateway.root, methods=_ANY_METHOD),
            Route("/rest/v1/", gateway.root, methods=_ANY_METHOD),
            Route("/rest/v1/rpc/{function}", gateway.call, methods=_ANY_METHOD),
            Route("/rest/v1/{table}", gateway.read, methods=_ANY_METHOD),
            Route("/rest-admin/v1/ready", gateway.ready, methods=["GET"]),
            Route("/{path:path}", gateway.unknown_path, methods=_ANY_METHOD),
        ],
        exception_handlers={GatewayError: gateway_error},
        lifespan=gateway.lifespan,
    )


class _Gateway:
    def __init__(self, config: GatewayConfig) -> None:
        self._config = config
        self._database = Database(config)

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with self._database.running():
            yield

    async def ready(self, _: Request) -> Response:
        """200 while the database answers; needs no key."""
        try:
            await self._database.ready()
        except psycopg.Error as error:
            raise from_database(error, "") from error
        return Response(status_code=200)

    async def root(self, request: Request) -> Response:
        """A short description of what is exposed, enough for a probe."""
        envelope = self._envelope(request)
        paths = [f"/rpc/{name}" for schema, name in self._database.catalog.functions if schema == envelope.schema]
        paths += [f"/{name}" for schema, name in self._database.catalog.tables if schema == envelope.schema]
        document = {
            "swagger": "2.0",
            "info": {"title": "Aurora's local gateway"},
            "paths": {path: {} for path in sorted(paths)},
        }
        return _response(json.dumps(document), "application/openapi+json", {}, 200, request)

    async def unknown_path(self, _: Request) -> Response:
        raise GatewayError(404, "PGRST125", "Invalid path specified in request URL")

    async def call(self, request: Request) -> Response:
        """`/rpc/<function>`."""
        envelope = self._envelope(request)
        if request.method not in {*_READ_METHODS, "POST"}:
            raise GatewayError(405, "PGRST101", f"Cannot use the {request.method} method on RPC")
        name = request.path_params["function"]
        candidates = self._database.catalog.functions.get((envelope.schema, name), [])
        is_read = request.method in _READ_METHODS
        call = choose_call(
            f"{envelope.schema}.{name}",
            candidates,
            query=request.query_params.multi_items(),
            body=None if is_read else await request.body(),
            content_type=request.headers.get("content-type", _JSON).partition(";")[0].strip().lower(),
        )
        reading = self._reading(request, envelope, call.filters, capped=call.function.is_set)
        return await self._answer(request, envelope, reading, call.source, call=call, read_only=is_read)

    async def read(self, request: Request) -> Response:
        """`/<table or view>`."""
        envelope = self._envelope(request)
        if request.method not in _READ_METHODS:
            raise GatewayError(
                400, "PGRST127", "Feature not implemented", details="the local gateway writes through functions only"
            )
        table = request.path_params["table"]
        if (envelope.schema, table) not in self._database.catalog.tables:
            raise GatewayError(
                404, "PGRST205", f"Could not find the table '{envelope.schema}.{table}' in the schema cache"
            )
        reading = self._reading(request, envelope, request.query_params.multi_items(), capped=True)
        source = table_source(envelope.schema, table)
        return await self._answer(request, envelope, reading, source, call=None, read_only=True)

    def _envelope(self, request: Request) -> Envelope:
        api_key = request.headers.get("apikey") or request.query_params.get("apikey")
        caller = identify(self._config, api_key, request.headers.get("authorization"))
        count = _COUNT.search(request.headers.get("prefer", ""))
        return Envelope(
            caller=caller,
            schema=self._schema(request),
            single=_accepted(request.headers.get("accept", "*/*")) == _OBJECT,
            count=count[1] if count else None,
        )

    def _schema(self, request: Request) -> str:
        header = "accept-profile" if request.method in _READ_METHODS else "content-profile"
        schema = request.headers.get(header, self._config.schemas[0])
        if schema not in self._config.schemas:
            exposed = ", ".join(self._config.schemas)
            raise GatewayError(
                406,
                "PGRST106",
                f"Invalid schema: {schema}",
                hint=f"Only the following schemas are exposed: {exposed}",
            )
        return schema

    def _reading(
        self, request: Request, envelope: Envelope, pairs: Iterable[tuple[str, str]], *, capped: bool
    ) -> Reading:
        range_header = request.headers.get("range") if request.method == "GET" else None
        window = window_of(dict(request.query_params), range_header)
        return reading_of(
            pairs,
            window.capped(self._config.max_rows) if capped else window,
            counted=envelope.count is not None,
            single=envelope.single,
        )

    async def _answer(
        self,
        request: Request,
        envelope: Envelope,
        reading: Reading,
        source: sql.Composable,
        *,
        call: Call | None,
        read_only: bool,
    ) -> Response:
        function = call.function if call else None
        context = RequestContext(
            schema=envelope.schema,
            method=request.method,
            path=request.url.path.removeprefix("/rest/v1"),
            headers=dict(request.headers),
            cookies=request.cookies,
            caller=envelope.caller,
        )

        def verdict(answer: Answer) -> None:
            if envelope.single and answer.rows != 1 and (function is None or function.is_set):
                raise GatewayError(
                    406,
                    "PGRST116",
                    "Cannot coerce the result to a single JSON object",
                    details=f"The result contains {answer.rows} rows",
                )
            _check_offset(reading, answer)
            _function_status(answer)
            _function_headers(answer)

        found = await self._database.run(
            context,
            answer(source, reading, function),
            verdict,
            read_only=read_only or (function is not None and not function.writes),
            function_settings=function.settings if function else {},
        )
        return _success(request, envelope, reading, found, function)


def _success(
    request: Request, envelope: Envelope, reading: Reading, found: Answer, function: Function | None
) -> Response:
    headers = {"Content-Range": _content_range(reading, found), "Content-Profile": envelope.schema}
    if envelope.count:
        headers["Preference-Applied"] = f"count={envelope.count}"
    headers |= _function_headers(found)
    status = _function_status(found)
    if function is not None and function.returns == "void":
        del headers["Content-Range"]
        return Response(status_code=status or 204, headers=headers)
    partial = found.total is not None and found.rows < found.total
    media_type = _OBJECT if envelope.single else _JSON
    return _response(found.body, media_type, headers, status or (206 if partial else 200), request)


def _response(body: str, media_type: str, headers: dict[str, str], status: int, request: Request) -> Response:
    content = "" if request.method == "HEAD" else body
    return Response(content, status, {"Content-Type": f"{media_type}; charset=utf-8", **headers})


def _accepted(accept: str) -> str:
    """Return the first media type of `Accept` that can be served. Raises `GatewayError` 406."""
    for entry in accept.split(","):
        media_type = entry.partition(";")[0].strip().lower()
        if media_type in {"*/*", "application/*", "", _JSON, _ARRAY}:
            return _JSON
        if media_type == _OBJECT:
            return _OBJECT
    raise GatewayError(406, "PGRST107", f"None of these media types are available: {accept}")


def _check_offset(reading: Reading, found: Answer) -> None:
    offset = reading.window.offset
    if found.total is not None and offset > found.total:
        raise GatewayError(
            416,
            "PGRST103",
            "Requested range not satisfiable",
            details=f"An offset of {offset} was requested, but there are only {found.total} rows.",
        )


def _content_range(reading: Reading, found: Answer) -> str:
    total = "*" if found.total is None else str(found.total)
    if found.rows == 0:
        return f"*/{total}"
    first = reading.window.offset
    return f"{first}-{first + found.rows - 1}/{total}"


def _function_status(found: Answer) -> int | None:
    if found.status is None:
        return None
    if not re.fullmatch(r"[1-5]\d\d", found.status):
        raise GatewayError(500, "PGRST112", "response.status guc must be a valid status code")
    return int(found.status)


def _function_headers(found: Answer) -> dict[str, str]:
    """The headers that a function set: a JSON array of objects with one key each."""
    try:
        entries = json.loads(found.headers or "[]")
        pairs = [pair for entry in entries for pair in entry.items()]
        if len(pairs) != len(entries) or not all(isinstance(value, str) for _, value in pairs):
            raise ValueError("an entry must have one key and a text")
    except (ValueError, AttributeError, TypeError) as error:
        raise GatewayError(
            500,
            "PGRST111",
            "response.headers guc must be a JSON array composed of objects with a single key and a string value",
        ) from error
    return dict(pairs)
