"""Routes over raw paths."""

import pytest
from starlette.responses import Response

from infra.local.qstash.calls import Call
from infra.local.qstash.errors import MethodNotAllowedError, NotFoundError
from infra.local.qstash.router import Handler, Route, Router
from infra.local.qstash.routes import ROUTES


def handler(name: str) -> Handler:
    async def handle(call: Call) -> Response:
        return Response(name)

    return handle


publish, pause, read = handler("publish"), handler("pause"), handler("read")
ROUTER = Router(
    [
        Route("POST", "/v2/publish/{destination:rest}", publish),
        Route("POST", "/v2/flowControl/{key:rest}/pause", pause),
        Route("GET", "/v2/flowControl/{key:rest}", read),
    ]
)


def test_a_destination_keeps_its_slashes_and_its_encoding() -> None:
    """Double slashes, escapes and trailing slashes arrive as they were sent."""
    found = ROUTER.find("POST", "/v2/publish/https://shop.example//a%20b/%C3%A7/")
    assert found == (publish, {"destination": "https://shop.example//a%20b/%C3%A7/"})


def test_a_key_may_hold_slashes_before_the_verb() -> None:
    """The verb is the last part; without one the whole rest is the key."""
    assert ROUTER.find("POST", "/v2/flowControl/tenant/7/pause") == (pause, {"key": "tenant/7"})
    assert ROUTER.find("GET", "/v2/flowControl/tenant/pause") == (read, {"key": "tenant/pause"})


def test_unknown_paths_and_methods_differ() -> None:
    """No such path is 404, no such method on it 405."""
    with pytest.raises(NotFoundError):
        ROUTER.find("GET", "/v2/workflows/logs")
    with pytest.raises(MethodNotAllowedError):
        ROUTER.find("GET", "/v2/publish/https://shop.example")


@pytest.mark.parametrize(
    "path", ["/v2/workflows/runs", "/v2/notify/1", "/v2/wait/1", "/v2/trigger/x", "/llm/v1", "/", ""]
)
def test_products_that_are_not_ours_are_not_found(path: str) -> None:
    """Workflow, notify and LLM endpoints are answered 404."""
    with pytest.raises(NotFoundError):
        Router(ROUTES).find("POST", path)
