"""Find the function that a request means and the call it asks for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from psycopg import sql

from infra.local.supabase.catalog import Function
from infra.local.supabase.errors import GatewayError
from infra.local.supabase.grammar import is_operation
from infra.local.supabase.statements import RESERVED, TREES, call_with_body, call_with_document, call_with_query

_DOCUMENT_TYPES = {
    "application/json": ("json", "jsonb"),
    "text/plain": ("text",),
    "text/xml": ("xml",),
    "application/octet-stream": ("bytea",),
}

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Call:
    """A chosen function, the query that calls it and the part of the query string that filters its rows."""

    function: Function
    source: sql.Composable
    filters: Pairs


def choose_call(
    target: str, candidates: Sequence[Function], *, query: Pairs, body: bytes | None, content_type: str
) -> Call:
    """Choose among the functions of one name, `target` (`schema.name`).

    `body` is None for a read, whose arguments are in the query. Raises `GatewayError`: 404 when no function takes
    these arguments, 300 when several do, 400 when the body is not JSON.
    """
    if body is None:
        return _call_by_query(target, candidates, query)
    if content_type == "application/json":
        return _call_by_json(target, candidates, query, body)
    if content_type not in _DOCUMENT_TYPES:
        raise GatewayError(400, "PGRST102", f"Content-Type not acceptable: {content_type}")
    types = _DOCUMENT_TYPES[content_type]
    matches = [function for function in candidates if function.single_unnamed(types)]
    function = _only(target, matches, f" with a single unnamed {types[0]} parameter", "")
    document = body if content_type == "application/octet-stream" else _decoded(body)
    return Call(function, call_with_document(function, document), query)


def _call_by_query(target: str, candidates: Sequence[Function], query: Pairs) -> Call:
    known = {argument.name for function in candidates for argument in function.arguments}
    arguments = [
        (name, value)
        for name, value in query
        if name in known or (name not in RESERVED | TREES and not is_operation(value))
    ]
    names = frozenset(name for name, _ in arguments)
    function = _only(target, [function for function in candidates if function.accepts(names)], *_described(names))
    filters = [pair for pair in query if pair not in arguments]
    return Call(function, call_with_query(function, arguments), filters)


def _call_by_json(target: str, candidates: Sequence[Function], query: Pairs, body: bytes) -> Call:
    text = _decoded(body).strip() or "{}"
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise GatewayError(400, "PGRST102", "Empty or invalid json") from error
    names = frozenset(document) if isinstance(document, dict) else None
    named = [function for function in candidates if names is not None and function.accepts(names)]
    whole = [function for function in candidates if function.single_unnamed(_DOCUMENT_TYPES["application/json"])]
    searched, described = _described(names or frozenset())
    function = _only(target, named or whole, f"{searched} or with a single unnamed json/jsonb parameter", described)
    if named:
        return Call(function, call_with_body(function, text, names or frozenset()), query)
    return Call(function, call_with_document(function, text), query)


def _only(target: str, matches: Sequence[Function], searched: str, described: str) -> Function:
    if not matches:
        raise GatewayError(
            404,
            "PGRST202",
            f"Could not find the function {target}{described} in the schema cache",
            details=f"Searched for the function {target}{searched}, but no matches were found in the schema cache.",
        )
    if len(matches) > 1:
        signatures = ", ".join(function.signature for function in matches)
        raise GatewayError(
            300,
            "PGRST203",
            f"Could not choose the best candidate function between: {signatures}",
            hint="Try renaming the parameters or the function itself in the database"
            " so function overloading can be resolved",
        )
    return matches[0]


def _described(names: frozenset[str]) -> tuple[str, str]:
    """How PostgREST speaks of arguments: in what it searched for, and after the function's name."""
    if not names:
        return " without parameters", " without parameters"
    listing = ", ".join(sorted(names))
    return f" with parameter{'s' if len(names) > 1 else ''} {listing}", f"({listing})"


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise GatewayError(400, "PGRST102", "the body is not UTF-8") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
