"""Stopping and starting over in every state that a message can be in."""

import asyncio
from pathlib import Path

import httpx

from infra.local.qstash import Broker, BrokerConfig, broker_app
from infra.local.qstash.simulation import Delivery, SimulatedBroker, simulated_broker

URL = "https://shop.example/jobs"


async def test_every_state_survives(durable_broker: SimulatedBroker) -> None:
    """Delayed, waiting for a retry, queued, held by a rate, paused, delivered, dead and cancelled messages go on."""
    broker = durable_broker
    broker.destination.respond = lambda delivery: 500 if "failing" in delivery.url else 200
    rate = {"Upstash-Flow-Control-Key": "k", "Upstash-Flow-Control-Value": "rate=1,period=1h"}
    await broker.api.post("/v2/queues", json={"queueName": "paused", "paused": True})
    ids = {
        "delivered": await broker.publish(f"{URL}/delivered"),
        "delayed": await broker.publish(f"{URL}/delayed", headers={"Upstash-Delay": "2h"}),
        "retrying": await broker.publish(f"{URL}/failing/1", headers={"Upstash-Retry-Delay": "7200000"}),
        "dead": await broker.publish(f"{URL}/failing/2", headers={"Upstash-Retries": "0"}),
        "first": await broker.publish(f"{URL}/rate/1", headers=rate),
        "limited": await broker.publish(f"{URL}/rate/2", headers=rate),
        "paused": await broker.publish(f"{URL}/paused", queue="paused"),
        "head": await broker.publish(
            f"{URL}/failing/head", queue="fifo", headers={"Upstash-Retry-Delay": "7200000", "Upstash-Retries": "1"}
        ),
        "behind": await broker.publish(f"{URL}/behind", queue="fifo"),
        "cancelled": await broker.publish(f"{URL}/cancelled", headers={"Upstash-Delay": "1h"}),
    }
    await broker.settle()
    await broker.api.delete(f"/v2/messages/{ids['cancelled']}")
    before = {name: await broker.states(message_id) for name, message_id in ids.items()}
    sent = len(broker.destination.deliveries)
    await broker.restart()
    assert {name: await broker.states(message_id) for name, message_id in ids.items()} == before
    assert len(broker.destination.deliveries) == sent
    await broker.advance("1h")
    assert (await broker.states(ids["limited"]))[-1] == "DELIVERED"
    broker.destination.respond = lambda delivery: 200
    await broker.restart()
    await broker.api.post("/v2/queues/paused/resume")
    await broker.advance("2h")
    endings = {name: (await broker.states(message_id))[-1] for name, message_id in ids.items()}
    assert endings == dict.fromkeys(ids, "DELIVERED") | {"dead": "FAILED", "cancelled": "CANCELED"}
    order = [delivery.url for delivery in broker.destination.deliveries]
    assert order.index(f"{URL}/behind") == len(order) - 1 - order[::-1].index(f"{URL}/failing/head") + 1
    assert len((await broker.get("/v2/dlq"))["messages"]) == 1


async def test_an_attempt_in_flight_is_repeated(durable_broker: SimulatedBroker) -> None:
    """Its outcome is unknown; it keeps its id and its number, so that the destination can recognize it."""
    broker = durable_broker

    async def hang(delivery: Delivery) -> int:
        await asyncio.Event().wait()
        return 200

    broker.destination.respond = hang
    plain = await broker.publish(URL)
    queued = await broker.publish(f"{URL}/queued", queue="orders")
    await broker.sent(2)
    broker.destination.respond = lambda delivery: 200
    await broker.restart()
    for message_id in (plain, queued):
        attempts = [d for d in broker.destination.deliveries if d.message_id == message_id]
        assert [delivery.retried for delivery in attempts] == [0, 0]
        assert await broker.states(message_id) == ["CREATED", "ACTIVE", "ACTIVE", "DELIVERED"]


async def test_a_cancelled_attempt_in_flight_is_not_repeated(durable_broker: SimulatedBroker) -> None:
    """The wish to cancel survives."""
    broker = durable_broker

    async def hang(delivery: Delivery) -> int:
        await asyncio.Event().wait()
        return 200

    broker.destination.respond = hang
    message_id = await broker.publish(URL)
    await broker.sent(1)
    await broker.api.delete(f"/v2/messages/{message_id}")
    await broker.restart()
    assert len(broker.destination.deliveries) == 1
    assert await broker.states(message_id) == ["CREATED", "ACTIVE", "CANCEL_REQUESTED", "CANCELED"]


async def test_groups_queues_keys_and_flow_control_survive(durable_broker: SimulatedBroker) -> None:
    """Everything that was set up is there again."""
    broker = durable_broker
    await broker.api.post("/v2/topics/group/endpoints", json={"endpoints": [{"url": URL, "name": "one"}]})
    await broker.api.patch("/v2/topics/group", json={"headers": {"X-A": "1"}})
    await broker.api.post("/v2/queues", json={"queueName": "orders", "parallelism": 3, "paused": True})
    await broker.api.post("/v2/flowControl/tenant/pin?parallelism=2&rate=5&period=60")
    await broker.api.post("/v2/flowControl/tenant/pause")
    await broker.api.post("/v2/keys/rotate")
    paths = ("/v2/topics", "/v2/queues", "/v2/flowControl", "/v2/keys")
    before = [await broker.get(path) for path in paths]
    await broker.restart()
    assert [await broker.get(path) for path in paths] == before
    await broker.publish(URL)
    await broker.settle()


async def test_other_configured_keys_replace_the_stored_ones(tmp_path: Path) -> None:
    """Rotations are kept for the keys that they began with."""
    async with simulated_broker(BrokerConfig(data=tmp_path)) as broker:
        rotated = (await broker.api.post("/v2/keys/rotate")).json()
    async with simulated_broker(BrokerConfig(data=tmp_path)) as broker:
        assert await broker.get("/v2/keys") == rotated
    other = BrokerConfig(data=tmp_path, current_signing_key="sig_a", next_signing_key="sig_b")
    async with simulated_broker(other) as broker:
        assert await broker.get("/v2/keys") == {"current": "sig_a", "next": "sig_b"}


async def test_memory_leaves_nothing_behind(broker: SimulatedBroker) -> None:
    """Without a folder the state ends with the broker."""
    await broker.publish(URL, headers={"Upstash-Delay": "1h"})
    await broker.restart()
    assert (await broker.get("/v2/events"))["events"] == []


async def test_a_moved_clock_survives(tmp_path: Path) -> None:
    """What waits keeps its distance from now."""
    config = BrokerConfig(data=tmp_path)
    async with simulated_broker(config) as broker:
        await broker.api.post("/_dev/clock/advance", json={"by": "400d"})
        moved = broker.clock.now()
        assert (await broker.api.get("/_dev/clock")).json() == {"now": moved, "frozen": True}
    restarted = Broker(config)
    await restarted.start()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(broker_app(restarted)), base_url="http://broker") as api:
        api.headers["Authorization"] = f"Bearer {config.token}"
        assert (await api.get("/_dev/clock")).json() == {"now": moved, "frozen": True}
    await restarted.stop()


async def test_a_full_disk_is_an_error_and_no_loss(durable_broker: SimulatedBroker) -> None:
    """What cannot be stored is not accepted; what was accepted is delivered when there is room again."""
    broker = durable_broker
    accepted = await broker.publish(URL, headers={"Upstash-Delay": "1m"})
    await broker.broker.run(lambda tx: tx.execute("pragma max_page_count = 60").fetchone())
    refused = await broker.api.post(f"/v2/publish/{URL}", content=b"x" * 1_000_000)
    assert refused.status_code == 500
    assert "full" in refused.json()["error"]
    await broker.broker.run(lambda tx: tx.execute("pragma max_page_count = 100000").fetchone())
    await broker.advance("1m")
    assert [delivery.message_id for delivery in broker.destination.deliveries] == [accepted]
