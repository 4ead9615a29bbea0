"""Reading request bodies: a clear error names the property that is wrong."""

import json
import re
from typing import Any, TypeVar

from starlette.requests import Request

from infra.local.whatsapp.errors import BadRequestError

T = TypeVar("T")
_SURROGATE = re.compile("[\ud800-\udfff]")
_JSON_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}


async def json_object(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request; an empty body is an empty one. Raises `BadRequestError`."""
    raw = await request.body()
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise BadRequestError(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadRequestError("the body is not a JSON object")
    return body


def required(body: dict[str, Any], name: str, kind: type[T]) -> T:
    """Return a property that must be there; raises `BadRequestError` with the original's texts."""
    if name not in body:
        raise BadRequestError(f'instance requires property "{name}"')
    value = _typed(body, name, kind)
    if value == "":
        raise BadRequestError(f'The "{name}" cannot be empty')
    return value


def optional(body: dict[str, Any], name: str, kind: type[T], default: T) -> T:
    """Return a property, or `default` when it is missing or null; raises `BadRequestError` on another type."""
    return default if body.get(name) is None else _typed(body, name, kind)


def maybe_text(body: dict[str, Any], name: str) -> str | None:
    """Return a text property, None when it is missing, null or empty."""
    return optional(body, name, str, "") or None


def _typed(body: dict[str, Any], name: str, kind: type[T]) -> T:
    value = body[name]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if isinstance(value, str):
        # JSON may hold half a surrogate pair, which no UTF-8 text can.
        value = _SURROGATE.sub("\ufffd", value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise BadRequestError(f"instance.{name} is not of a type(s) {_JSON_NAMES.get(kind, kind.__name__)}")
    return value
