"""Services are made when they are first asked for, once, and publications carry the trip's id."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from shared.errors import GatewayRefusedError
from shared.media import MediaFile
from shared.ports import Publication
from shared.services import Services
from shared.whatsapp.events import Sent


class Recorder:
    """A queue, a gateway, a database or whatever is asked for."""

    def __init__(self) -> None:
        self.published: list[Publication] = []

    async def publish(self, publications: Sequence[Publication]) -> tuple[str, ...]:
        self.published.extend(publications)
        return ()

    async def send_text(self, instance: str, address: str, text: str) -> Sent:
        return Sent(provider_message_id="OUT")

    async def find_sent(self, instance: str, address: str, text: str, *, since: datetime) -> str | None:
        return None

    async def fetch_media(self, instance: str, provider_message_id: str, *, limit_bytes: int) -> MediaFile:
        raise NotImplementedError

    async def check(self) -> None:
        """Always there."""


def test_nothing_is_made_before_it_is_asked_for(services: Services) -> None:
    """The fixture's factories fail when they run: composing runs none of them."""
    assert services.settings.public_url == "https://aurora.example"
    with pytest.raises(AssertionError, match="make_queue was asked for"):
        _ = services.queue


def test_what_is_made_is_kept(services: Services) -> None:
    """One client per process."""
    composed = replace(services, make_queue=Recorder, make_gateways={"evolution": Recorder})
    assert composed.queue is composed.queue
    assert composed.gateway("evolution") is composed.gateway("evolution")


def test_a_provider_without_a_gateway_is_refused(services: Services) -> None:
    """The error names the provider."""
    with pytest.raises(GatewayRefusedError, match="telegram"):
        services.gateway("telegram")


async def test_publications_carry_the_trips_id_besides_their_own_headers(services: Services) -> None:
    """One call for all of them, and none for none."""
    queue = Recorder()
    composed = replace(services, make_queue=lambda: queue)
    publications = [Publication(job="work", body="{}", retries=1, headers={"X-Own": "1"}) for _ in range(2)]
    await composed.publish(*publications, correlation_id="trip-7")
    assert [each.headers for each in queue.published] == [{"X-Own": "1", "X-Correlation-Id": "trip-7"}] * 2
    await services.publish(correlation_id="trip-7")


def test_every_dependency_is_named(services: Services) -> None:
    """Readiness asks what an answer needs: each gateway under its provider's name."""
    composed = replace(services, make_gateways={"evolution": Recorder, "other": Recorder})
    assert list(composed.dependencies) == ["qstash", "supabase", "redis", "model", "evolution", "other"]
