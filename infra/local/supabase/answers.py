"""Answers that are no errors: the checks before the commit, and status, headers and body after it."""

import json
import re
from dataclasses import dataclass

from starlette.responses import Response

from infra.local.supabase.errors import GatewayError
from infra.local.supabase.keys import Caller
from infra.local.supabase.statements import Plan
from infra.local.supabase.transactions import Answer

JSON = "application/json"
OBJECT = "application/vnd.pgrst.object+json"
_ARRAY = "application/vnd.pgrst.array+json"


@dataclass(frozen=True)
class Envelope:
    """What a request says outside of its path and body.

    `single` means that it accepts one object only; `count` is the kind of count that it prefers.
    """

    caller: Caller
    schema: str
    single: bool
    count: str | None


def accepted_type(accept: str) -> str:
    """Return the first media type of `Accept` that can be served. Raises `GatewayError` 406."""
    for entry in accept.split(","):
        media_type = entry.partition(";")[0].strip().lower()
        if media_type in {"*/*", "application/*", "", JSON, _ARRAY}:
            return JSON
        if media_type == OBJECT:
            return OBJECT
    raise GatewayError(406, "PGRST107", f"None of these media types are available: {accept}")


def check_answer(envelope: Envelope, plan: Plan, found: Answer) -> None:
    """Raise `GatewayError` for an answer that must not be committed."""
    if envelope.single and plan.is_set and found.rows != 1:
        raise GatewayError(
            406,
            "PGRST116",
            "Cannot coerce the result to a single JSON object",
            details=f"The result contains {found.rows} rows",
        )
    offset = plan.reading.window.offset
    if found.total is not None and offset > found.total:
        raise GatewayError(
            416,
            "PGRST103",
            "Requested range not satisfiable",
            details=f"An offset of {offset} was requested, but there are only {found.total} rows.",
        )
    _function_status(found)
    _function_headers(found)


def response_of(envelope: Envelope, plan: Plan, found: Answer, *, with_body: bool) -> Response:
    """Return the response for an answer that was committed."""
    headers = {"Content-Profile": envelope.schema}
    if envelope.count:
        headers["Preference-Applied"] = f"count={envelope.count}"
    if plan.function is not None and plan.function.returns == "void":
        return Response(status_code=_function_status(found) or 204, headers=headers | _function_headers(found))
    headers["Content-Range"] = _content_range(plan, found)
    headers["Content-Type"] = f"{OBJECT if envelope.single else JSON}; charset=utf-8"
    partial = found.total is not None and found.rows < found.total
    status = _function_status(found) or (206 if partial else 200)
    return Response(found.body if with_body else "", status, headers | _function_headers(found))


def _content_range(plan: Plan, found: Answer) -> str:
    total = "*" if found.total is None else str(found.total)
    if found.rows == 0:
        return f"*/{total}"
    first = plan.reading.window.offset
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
