"""The HTTP side of the gateway: `/rest/v1` as `supabase-py` and other PostgREST clients expect it.

Served: functions by POST and GET, and reads of tables and views without embedding. Functions alone write.
Source of the behaviour: PostgREST's reference, versions 14 to 16.
"""

import json
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import psycopg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.supabase.answers import JSON, OBJECT, Envelope, accepted_type, check_answer, response_of
from infra.local.supabase.config import GatewayConfig
from infra.local.supabase.errors import GatewayError, from_database
from infra.local.supabase.functions import choose_call
from infra.local.supabase.keys import identify
from infra.local.supabase.statements import Plan, Reading, reading_of, table_source, window_of
from infra.local.supabase.transactions import Database, RequestContext

_READ_METHODS = frozenset({"GET", "HEAD"})
_ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_COUNT = re.compile(r"count=(exact|planned|estimated)")


def create_app(config: GatewayConfig) -> Starlette:
    """Return the gateway of one project as an ASGI application; its lifespan holds the database connections."""
    gateway = _Gateway(config)

    async def gateway_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, GatewayError)  # noqa: S101 - registered for this class
        return Response(error.body(), error.status, error.all_headers(), media_type=f"{JSON}; charset=utf-8")

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
        content = "" if request.method == "HEAD" else json.dumps(document)
        return Response(content, media_type="application/openapi+json; charset=utf-8")

    async def unknown_path(self, _: Request) -> Response:
        raise GatewayError(404, "PGRST125", "Invalid path specified in request URL")

    async def call(self, request: Request) -> Response:
        """`/rpc/<function>`."""
        envelope = self._envelope(request)
        if request.method not in {*_READ_METHODS, "POST"}:
            raise GatewayError(405, "PGRST101", f"Cannot use the {request.method} method on RPC")
        name = request.path_params["function"]
        is_read = request.method in _READ_METHODS
        call = choose_call(
            f"{envelope.schema}.{name}",
            self._database.catalog.functions.get((envelope.schema, name), []),
            query=request.query_params.multi_items(),
            body=None if is_read else await request.body(),
            content_type=request.headers.get("content-type", JSON).partition(";")[0].strip().lower(),
        )
        reading = self._reading(request, envelope, call.filters, capped=call.function.is_set)
        plan = Plan(source=call.source, reading=reading, function=call.function, is_read=is_read)
        return await self._run(request, envelope, plan)

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
        plan = Plan(source=table_source(envelope.schema, table), reading=reading)
        return await self._run(request, envelope, plan)

    async def _run(self, request: Request, envelope: Envelope, plan: Plan) -> Response:
        context = RequestContext(
            schema=envelope.schema,
            method=request.method,
            path=request.url.path.removeprefix("/rest/v1"),
            headers=dict(request.headers),
            cookies=request.cookies,
            caller=envelope.caller,
        )
        found = await self._database.run(context, plan, lambda answer: check_answer(envelope, plan, answer))
        return response_of(envelope, plan, found, with_body=request.method != "HEAD")

    def _envelope(self, request: Request) -> Envelope:
        api_key = request.headers.get("apikey") or request.query_params.get("apikey")
        caller = identify(self._config, api_key, request.headers.get("authorization"))
        count = _COUNT.search(request.headers.get("prefer", ""))
        return Envelope(
            caller=caller,
            schema=self._schema(request),
            single=accepted_type(request.headers.get("accept", "*/*")) == OBJECT,
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
