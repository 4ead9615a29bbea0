"""A WhatsApp number that reports too much is asked to come again, by the webhook as a gateway meets it."""

import json
from dataclasses import replace

import pytest

from functions.webhooks import build
from shared.bootstrap import bootstrap
from shared.services import Services
from tests.integration.functions.conftest import RecordingQueue, client, fixture, secret_of, settings
from tests.unit.resilience.conftest import HandClock, Outside

TEXT = json.dumps(fixture("text")).encode()
RATE = 3


@pytest.fixture
def queue() -> RecordingQueue:
    """What is published."""
    return RecordingQueue()


@pytest.fixture
def services(queue: RecordingQueue, clock: HandClock) -> Services:
    """Services that take three events a second from each number."""
    outside = Outside()
    composed = bootstrap(
        settings(WEBHOOKS_PER_SECOND=str(RATE)), clock=clock, model=outside, gateways={"evolution": outside}
    )
    return replace(composed, make_queue=lambda: queue)


async def test_a_flood_is_asked_to_come_again(services: Services, queue: RecordingQueue, clock: HandClock) -> None:
    """503 with `Retry-After`, never a status that gateways do not retry; and after that time it is taken."""
    async with client(build, services) as calls:

        async def post(instance: str = "loja-a", **changes: str) -> tuple[int, str | None]:
            body = TEXT if instance == "loja-a" else json.dumps({**fixture("text"), "instance": instance}).encode()
            headers = secret_of(instance) | changes
            response = await calls.post(f"/webhooks/evolution/{instance}", content=body, headers=headers)
            return response.status_code, response.headers.get("retry-after")

        assert [await post() for _ in range(30)] == [(200, None)] * 30
        assert await post() == (503, "1")
        assert await post("loja-b") == (200, None)
        assert len(queue.published) == 31
        clock.advance(1)
        assert [(await post())[0] for _ in range(4)] == [200, 200, 200, 503]


async def test_strangers_cannot_use_up_a_number_s_share(services: Services) -> None:
    """What does not prove to be the instance is refused before it is counted."""
    async with client(build, services) as calls:
        for _ in range(100):
            response = await calls.post(
                "/webhooks/evolution/loja-a", content=TEXT, headers={"x-webhook-secret": "wrong"}
            )
            assert response.status_code == 401
        response = await calls.post("/webhooks/evolution/loja-a", content=TEXT, headers=secret_of("loja-a"))
        assert response.status_code == 200
