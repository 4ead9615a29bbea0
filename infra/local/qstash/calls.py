"""A request to the API as its handlers see it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

from infra.local.qstash.broker import Broker
from infra.local.qstash.directives import Directives
from infra.local.qstash.errors import InvalidRequestError


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request. The path and query are kept as they came over the wire, still percent-encoded."""

    broker: Broker
    method: str
    raw_path: str
    raw_query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    caller_ip: str
    #: Parts of the path that the route names, percent-encoded.
    parameters: Mapping[str, str]

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.raw_query, keep_blank_values=True)

    @cached_property
    def directives(self) -> Directives:
        return Directives(self.headers, ((name.lower(), value) for name, value in self.query))

    def name(self, parameter: str) -> str:
        """Return a part of the path, decoded."""
        return unquote(self.parameters[parameter])

    def destination(self) -> str:
        """Return the destination that ends the path, with the part of the query that belongs to it."""
        destination = self.parameters["destination"]
        if destination.lower().startswith(("http%3a", "https%3a")):
            destination = unquote(destination)
        own = [part for part in self.raw_query.split("&") if part and not _is_directive(part)]
        if own:
            destination += ("&" if "?" in destination else "?") + "&".join(own)
        return destination

    def json(self) -> Any:
        """Return the JSON body; None if it is empty. Raises `InvalidRequestError`."""
        if not self.body.strip():
            return None
        try:
            content = json.loads(self.body)
            if b"\\u" in self.body:
                # An escape can smuggle in half of a surrogate pair, which no store and no wire takes.
                json.dumps(content, ensure_ascii=False).encode()
        except ValueError as error:
            raise InvalidRequestError(f"the body is no valid JSON: {error}") from error
        return content

    def json_object(self) -> dict[str, Any]:
        """Return the JSON object in the body. Raises `InvalidRequestError`."""
        content = self.json()
        if not isinstance(content, dict):
            raise InvalidRequestError("the body must be a JSON object")
        return content


def _is_directive(part: str) -> bool:
    name = unquote(part.partition("=")[0]).lower()
    return name == "qstash_token" or name.startswith("upstash-")
