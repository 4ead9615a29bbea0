"""Queues: order under failure, consumers, pauses, lag."""

import asyncio
from typing import Any

from infra.local.qstash.simulation import Delivery, SimulatedBroker

URL = "https://shop.example/jobs"


async def enqueue(broker: SimulatedBroker, count: int, headers: dict[str, str] | None = None) -> list[str]:
    return [await broker.publish(f"{URL}/{n}", queue="orders", headers=headers) for n in range(count)]


def order(broker: SimulatedBroker) -> list[str]:
    return [delivery.url.removeprefix("https://shop.example/") for delivery in broker.destination.deliveries]


async def queue(broker: SimulatedBroker) -> dict[str, Any]:
    found: dict[str, Any] = await broker.get("/v2/queues/orders")
    return found


async def test_the_next_message_waits_through_the_retries_of_the_one_before(broker: SimulatedBroker) -> None:
    """First in, first out, also when the first fails for a while; lag tells the truth meanwhile."""
    broker.destination.respond = lambda delivery: 500 if delivery.url.endswith("/0") and delivery.retried < 2 else 200
    await enqueue(broker, 3, {"Upstash-Retry-Delay": "60000"})
    await broker.settle()
    assert order(broker) == ["jobs/0"]
    assert (await queue(broker))["lag"] == 3
    await broker.advance("1m")
    assert order(broker) == ["jobs/0", "jobs/0"]
    await broker.advance("1m")
    assert order(broker) == ["jobs/0", "jobs/0", "jobs/0", "jobs/1", "jobs/2"]
    assert (await queue(broker))["lag"] == 0


async def test_a_message_that_fails_for_good_lets_the_next_one_go(broker: SimulatedBroker) -> None:
    """The dead letter does not block the queue."""
    broker.destination.respond = lambda delivery: 500 if delivery.url.endswith("/0") else 200
    await enqueue(broker, 2, {"Upstash-Retries": "1", "Upstash-Retry-Delay": "1000"})
    await broker.advance("1s")
    assert order(broker) == ["jobs/0", "jobs/0", "jobs/1"]


async def test_the_queue_waits_for_callbacks_too(broker: SimulatedBroker) -> None:
    """The next message goes only after the callback of the one before is through with its own retries."""

    def respond(delivery: Delivery) -> int:
        return 500 if "callback" in delivery.url and delivery.retried == 0 else 200

    broker.destination.respond = respond
    headers = {"Upstash-Callback": "https://shop.example/callback", "Upstash-Callback-Retry-Delay": "60000"}
    await broker.publish(f"{URL}/0", queue="orders", headers=headers)
    await broker.publish(f"{URL}/1", queue="orders")
    await broker.settle()
    assert order(broker) == ["jobs/0", "callback"]
    await broker.advance("1m")
    assert order(broker) == ["jobs/0", "callback", "callback", "jobs/1"]


async def test_the_queue_waits_for_the_failure_callback_too(broker: SimulatedBroker) -> None:
    """Likewise after a failure."""
    gate = asyncio.Event()

    async def respond(delivery: Delivery) -> int:
        if "failure" in delivery.url:
            await gate.wait()
            return 200
        return 500

    broker.destination.respond = respond
    headers = {"Upstash-Failure-Callback": "https://shop.example/failure", "Upstash-Retries": "0"}
    await enqueue(broker, 2, headers)
    await broker.sent(2)
    assert order(broker) == ["jobs/0", "failure"]
    gate.set()
    await broker.settle()
    assert order(broker) == ["jobs/0", "failure", "jobs/1", "failure"]


async def test_parallelism_is_the_number_of_consumers(broker: SimulatedBroker) -> None:
    """With two, one that is stuck in retries leaves the other to go on in order."""
    broker.destination.respond = lambda delivery: 500 if delivery.url.endswith("/0") and delivery.retried == 0 else 200
    await broker.api.post("/v2/queues", json={"queueName": "orders", "parallelism": 2})
    await enqueue(broker, 4, {"Upstash-Retry-Delay": "60000"})
    await broker.settle()
    assert sorted(order(broker)[:2]) == ["jobs/0", "jobs/1"]
    assert order(broker)[2:] == ["jobs/2", "jobs/3"]
    await broker.advance("1m")
    assert order(broker)[4:] == ["jobs/0"]


async def test_more_consumers_take_effect_at_once(broker: SimulatedBroker) -> None:
    """Raising the parallelism starts what was waiting."""
    gate = asyncio.Event()

    async def respond(delivery: Delivery) -> int:
        await gate.wait()
        return 200

    broker.destination.respond = respond
    await enqueue(broker, 3)
    await broker.sent(1)
    assert len(order(broker)) == 1
    await broker.api.post("/v2/queues", json={"queueName": "orders", "parallelism": 3})
    await broker.sent(3)
    assert len(order(broker)) == 3
    gate.set()
    await broker.settle()


async def test_a_paused_queue_accepts_and_holds(broker: SimulatedBroker) -> None:
    """Nothing leaves while paused, not even a retry; resuming starts from the oldest."""
    broker.destination.respond = lambda delivery: 500 if delivery.url.endswith("/0") and delivery.retried == 0 else 200
    await broker.publish(f"{URL}/0", queue="orders", headers={"Upstash-Retry-Delay": "1000"})
    await broker.settle()
    await broker.api.post("/v2/queues/orders/pause")
    await broker.publish(f"{URL}/1", queue="orders")
    await broker.advance("1h")
    assert order(broker) == ["jobs/0"]
    assert ((await queue(broker))["lag"], (await queue(broker))["paused"]) == (2, True)
    await broker.api.post("/v2/queues/orders/resume")
    await broker.settle()
    assert order(broker) == ["jobs/0", "jobs/0", "jobs/1"]


async def test_an_upsert_changes_only_what_it_names(broker: SimulatedBroker) -> None:
    """Enqueueing and scheduling onto a queue leave its settings alone."""
    await broker.api.post("/v2/queues", json={"queueName": "orders", "parallelism": 5, "paused": True})
    await broker.publish(URL, queue="orders")
    headers = {"Upstash-Cron": "0 0 * * *", "Upstash-Queue-Name": "orders"}
    await broker.api.post(f"/v2/schedules/{URL}", headers=headers)
    assert ((await queue(broker))["parallelism"], (await queue(broker))["paused"]) == (5, True)
    await broker.api.post("/v2/queues", json={"queueName": "orders", "paused": False})
    assert ((await queue(broker))["parallelism"], (await queue(broker))["paused"]) == (5, False)


async def test_bad_settings_are_refused_by_name(broker: SimulatedBroker) -> None:
    """The error names the field."""
    for content, field in (
        ({"queueName": "a b"}, "queueName"),
        ({"parallelism": 1}, "queueName"),
        ({"queueName": "a", "parallelism": 0}, "parallelism"),
        ({"queueName": "a", "parallelism": "2"}, "parallelism"),
        ({"queueName": "a", "paused": "yes"}, "paused"),
    ):
        response = await broker.api.post("/v2/queues", json=content)
        assert response.status_code == 400
        assert field in response.json()["error"]


async def test_deleting_a_queue_cancels_what_waits_in_it(broker: SimulatedBroker) -> None:
    """Nothing disappears without a trace, and a queue of that name starts afresh."""
    await broker.api.post("/v2/queues", json={"queueName": "orders", "paused": True})
    ids = await enqueue(broker, 2)
    await broker.api.delete("/v2/queues/orders")
    assert [(await broker.states(message_id))[-1] for message_id in ids] == ["CANCELED", "CANCELED"]
    await broker.publish(f"{URL}/new", queue="orders")
    await broker.settle()
    assert order(broker) == ["jobs/new"]


async def test_queues_do_not_wait_for_one_another(broker: SimulatedBroker) -> None:
    """A queue that is stuck holds only itself."""
    broker.destination.respond = lambda delivery: 500 if "stuck" in delivery.url else 200
    for name in ("stuck", "free"):
        for n in range(2):
            await broker.publish(f"{URL}/{name}/{n}", queue=name)
    await broker.settle()
    assert order(broker) == ["jobs/stuck/0", "jobs/free/0", "jobs/free/1"]


async def test_a_cancelled_message_gives_its_place_to_the_next(broker: SimulatedBroker) -> None:
    """Cancelling the one that waits for its retry unblocks the queue."""
    broker.destination.respond = lambda delivery: 500 if delivery.url.endswith("/0") else 200
    first, _ = await enqueue(broker, 2)
    await broker.settle()
    await broker.api.delete(f"/v2/messages/{first}")
    await broker.settle()
    assert order(broker) == ["jobs/0", "jobs/1"]


async def test_a_queued_message_also_passes_its_flow_control_key(broker: SimulatedBroker) -> None:
    """The queue keeps its order and waits for the rate."""
    headers = {"Upstash-Flow-Control-Key": "k", "Upstash-Flow-Control-Value": "rate=1,period=10s"}
    await enqueue(broker, 3, headers)
    await broker.settle()
    assert order(broker) == ["jobs/0"]
    await broker.advance("10s")
    assert order(broker) == ["jobs/0", "jobs/1"]
    await broker.advance("10s")
    assert order(broker) == ["jobs/0", "jobs/1", "jobs/2"]
