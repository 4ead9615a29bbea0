"""Deduplication ids: scope, window, restarts."""

import pytest

from infra.local.qstash.simulation import SimulatedBroker

URL = "https://shop.example/jobs"
ID = {"Upstash-Deduplication-Id": "order-7"}


async def test_the_window_is_ten_minutes(broker: SimulatedBroker) -> None:
    """One millisecond before its end the id is taken, at its end it is free."""
    first = await broker.publish(URL, headers=ID)
    await broker.advance(10 * 60 * 1000 - 1)
    assert await broker.publish(URL, headers=ID) == first
    await broker.advance(1)
    assert await broker.publish(URL, headers=ID) != first
    await broker.settle()
    assert len(broker.destination.deliveries) == 2


async def test_a_duplicate_does_not_prolong_the_window(broker: SimulatedBroker) -> None:
    """The window counts from the first message."""
    first = await broker.publish(URL, headers=ID)
    await broker.advance("9m")
    assert await broker.publish(URL, headers=ID) == first
    await broker.advance("1m")
    assert await broker.publish(URL, headers=ID) != first


async def test_an_id_belongs_to_the_account(broker: SimulatedBroker) -> None:
    """Another destination does not make it another id."""
    assert await broker.publish(f"{URL}/a", headers=ID) == await broker.publish(f"{URL}/b", headers=ID)


async def test_a_failed_or_cancelled_original_still_blocks(broker: SimulatedBroker) -> None:
    """The id is free again only when its window ends."""
    broker.destination.respond = lambda delivery: 500
    failed = await broker.publish(URL, headers={**ID, "Upstash-Retries": "0"})
    cancelled = await broker.publish(URL, headers={"Upstash-Deduplication-Id": "other", "Upstash-Delay": "1h"})
    await broker.settle()
    await broker.api.delete(f"/v2/messages/{cancelled}")
    assert await broker.publish(URL, headers=ID) == failed
    assert await broker.publish(URL, headers={"Upstash-Deduplication-Id": "other"}) == cancelled


async def test_the_window_survives_a_restart(durable_broker: SimulatedBroker) -> None:
    """A retry of the publisher after a crash of the broker is still a duplicate."""
    first = await durable_broker.publish(URL, headers=ID)
    await durable_broker.restart()
    assert await durable_broker.publish(URL, headers=ID) == first
    assert len(durable_broker.destination.deliveries) == 1


async def test_a_url_group_deduplicates_each_endpoint(broker: SimulatedBroker) -> None:
    """An endpoint that joins later gets the message that the others already had."""
    endpoints = [{"url": f"{URL}/1"}]
    await broker.api.post("/v2/topics/group/endpoints", json={"endpoints": endpoints})
    first = (await broker.api.post("/v2/publish/group", headers=ID)).json()
    await broker.api.post("/v2/topics/group/endpoints", json={"endpoints": [{"url": f"{URL}/2"}]})
    second = await broker.api.post("/v2/publish/group", headers=ID)
    assert second.status_code == 201
    assert second.json()[0] == {**first[0], "deduplicated": True}
    assert "deduplicated" not in second.json()[1]


@pytest.mark.parametrize(
    ("destination", "body", "headers", "duplicate"),
    [
        (URL, b"x", {}, True),
        (URL, b"x", {"Upstash-Retries": "9", "Upstash-Label": "l"}, True),
        (f"{URL}/other", b"x", {}, False),
        (URL, b"y", {}, False),
        (URL, b"x", {"Content-Type": "text/html"}, False),
        (URL, b"x", {"Upstash-Forward-X-A": "2"}, False),
    ],
)
async def test_content_is_destination_body_type_and_forwarded_headers(
    broker: SimulatedBroker, destination: str, body: bytes, headers: dict[str, str], duplicate: bool
) -> None:
    """Settings such as retries and labels do not make another content."""
    common = {
        "Upstash-Content-Based-Deduplication": "True",
        "Content-Type": "text/plain",
        "Upstash-Forward-X-A": "1",
    }
    first = await broker.publish(URL, body=b"x", headers=common)
    second = await broker.publish(destination, body=body, headers=common | headers)
    assert (first == second) is duplicate


async def test_an_explicit_id_wins_over_the_content(broker: SimulatedBroker) -> None:
    """Same content, other id: another message."""
    content = {"Upstash-Content-Based-Deduplication": "true"}
    first = await broker.publish(URL, headers={**content, **ID})
    assert await broker.publish(URL, headers={**content, "Upstash-Deduplication-Id": "order-8"}) != first
