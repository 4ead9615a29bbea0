"""Find the handler of a request by its raw path: decoding it first would destroy the destination inside."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from infra.local.qstash.calls import Call
from infra.local.qstash.errors import MethodNotAllowedError, NotFoundError

Handler = Callable[[Call], Awaitable[Response]]

_PLACEHOLDER = re.compile(r"\{(\w+)(:rest)?\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A handler for some methods on paths such as `/v2/queues/{name}`; `{x:rest}` takes slashes too."""

    methods: str
    path: str
    handler: Handler


class Router:
    """Looks routes up by their second path segment first, then in the order given."""

    def __init__(self, routes: list[Route]) -> None:
        self._routes: dict[str, list[tuple[re.Pattern[str], frozenset[str], Handler]]] = {}
        for route in routes:
            entry = (_pattern(route.path), frozenset(route.methods.split()), route.handler)
            self._routes.setdefault(_resource(route.path), []).append(entry)

    def find(self, method: str, raw_path: str) -> tuple[Handler, dict[str, str]]:
        """Return the handler and the path's parameters. Raises `NotFoundError` or `MethodNotAllowedError`."""
        known = False
        for pattern, methods, handler in self._routes.get(_resource(raw_path), ()):
            match = pattern.fullmatch(raw_path)
            if match and method in methods:
                return handler, match.groupdict()
            known = known or match is not None
        if known:
            raise MethodNotAllowedError("Method Not Allowed")
        raise NotFoundError(f"{raw_path.partition('http')[0]} is not an endpoint of this broker")


def _resource(path: str) -> str:
    return "/".join(path.split("/", 3)[1:3])


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_PLACEHOLDER.sub(lambda m: f"(?P<{m[1]}>{'.*' if m[2] else '[^/]+'})", path), re.DOTALL)
