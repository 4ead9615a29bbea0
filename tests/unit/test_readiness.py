"""Every dependency is asked at once, and an outage is reported rather than raised."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from shared.errors import DatabaseError
from shared.readiness import probe
from shared.services import Services


class Asked:
    """A dependency that answers the way it is told."""

    def __init__(self, answer: Callable[[], Awaitable[None]]) -> None:
        self.check = answer


def composed(services: Services, *answers: Callable[[], Awaitable[None]]) -> Services:
    queue, database, redis, model = (Asked(answer) for answer in answers)
    seams: dict[str, Any] = {
        "make_queue": lambda: queue,
        "make_database": lambda: database,
        "make_redis": lambda: redis,
        "make_model": lambda: model,
    }
    return replace(services, **seams)


async def test_all_are_asked_at_once(services: Services) -> None:
    """Four that each wait for the other three: one after the other would never end."""
    everybody = asyncio.Barrier(4)

    async def wait_for_the_others() -> None:
        await everybody.wait()

    async with asyncio.timeout(5):
        probes = await probe(composed(services, *[wait_for_the_others] * 4))
    assert [(each.name, each.error) for each in probes] == [
        ("qstash", None),
        ("supabase", None),
        ("redis", None),
        ("model", None),
    ]


async def test_an_outage_is_reported_with_its_cause(services: Services) -> None:
    """The others are reported all the same."""

    async def there() -> None:
        """Answer."""

    async def away() -> None:
        raise DatabaseError("Supabase cannot be reached")

    probes = await probe(composed(services, there, away, there, there))
    assert [each.error for each in probes] == [None, "Supabase cannot be reached", None, None]
    assert all(each.milliseconds >= 0 for each in probes)
