"""GET /health and /health/ready: alive without anything else, ready with everything."""

from dataclasses import replace
from typing import Any

import pytest

from functions.health import build
from shared.errors import GatewayError, LimiterError, ModelError
from shared.services import Services
from tests.integration.functions.conftest import RecordingQueue, SilentOutside, client


async def test_alive_depends_on_nothing(services: Services) -> None:
    """The process runs: that is all it says, whatever else is down."""
    async with client(build, services) as calls:
        response = await calls.get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def ready(services: Services) -> tuple[int, dict[str, Any]]:
    async with client(build, services) as calls:
        response = await calls.get("/health/ready")
    return response.status_code, response.json()


async def test_ready_means_that_every_dependency_answers(with_database: Services) -> None:
    """Each is named with its latency; the database is asked through its API."""
    status, body = await ready(with_database)
    assert (status, body["status"]) == (200, "ok")
    assert set(body["dependencies"]) == {"qstash", "supabase", "redis", "model", "evolution"}
    for dependency in body["dependencies"].values():
        assert dependency["ok"]
        assert dependency["error"] is None
        assert isinstance(dependency["ms"], int)


class Away(SilentOutside):
    """A gateway, a model or a Redis that does not answer."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def check(self) -> None:
        raise self._error


@pytest.mark.parametrize("down", ["qstash", "supabase", "redis", "model", "evolution"])
async def test_one_dependency_that_is_away_is_named(
    services: Services, with_database: Services, down: str, queue: RecordingQueue
) -> None:
    """503 with the cause of the one, and the others still reported as there."""
    gateway = Away(GatewayError("the gateway is away"))
    composed: dict[str, Services] = {
        "qstash": replace(with_database),
        "supabase": services,
        "redis": replace(with_database, make_redis=lambda: Away(LimiterError("redis is away"))),
        "model": replace(with_database, make_model=lambda: Away(ModelError("the model is away"))),
        "evolution": replace(with_database, make_gateways={"evolution": lambda: gateway}),
    }
    queue.broken = down == "qstash"
    status, body = await ready(composed[down])
    assert (status, body["status"]) == (503, "unavailable")
    assert {name: each["ok"] for name, each in body["dependencies"].items()} == {
        name: name != down for name in ("qstash", "supabase", "redis", "model", "evolution")
    }
    assert body["dependencies"][down]["error"]
