"""Development aids: the movable clock and the faults."""

import pytest

from infra.local.qstash import BrokerConfig
from infra.local.qstash.simulation import SimulatedBroker, simulated_broker

URL = "https://shop.example/jobs"


async def test_advancing_moves_everything(broker: SimulatedBroker) -> None:
    """Delays, retries, rate windows, deduplication windows and cron, each at its time and in order."""
    broker.destination.respond = lambda delivery: 500 if "retry" in delivery.url and delivery.retried == 0 else 200
    start = broker.clock.now()
    rate = {"Upstash-Flow-Control-Key": "k", "Upstash-Flow-Control-Value": "rate=1,period=90s"}
    await broker.publish(f"{URL}/delay", headers={"Upstash-Delay": "70s"})
    await broker.publish(f"{URL}/retry", headers={"Upstash-Retry-Delay": "80000", "Upstash-Deduplication-Id": "d"})
    await broker.publish(f"{URL}/rate/1", headers=rate)
    await broker.publish(f"{URL}/rate/2", headers=rate)
    await broker.api.post(f"/v2/schedules/{URL}/cron", headers={"Upstash-Cron": "1 0 * * *"})
    await broker.settle()
    before = len(broker.destination.deliveries)
    response = await broker.api.post("/_dev/clock/advance", json={"by": "10m"})
    assert response.json() == {"now": start + 600_000, "frozen": True}
    moved = [
        (delivery.url.rpartition("jobs/")[2], (delivery.at - start) // 1000)
        for delivery in broker.destination.deliveries[before:]
    ]
    assert moved == [("cron", 60), ("delay", 70), ("retry", 80), ("rate/2", 90)]
    again = await broker.api.post(f"/v2/publish/{URL}", headers={"Upstash-Deduplication-Id": "d"})
    assert again.status_code == 201


async def test_freezing_at_a_moment_skips_what_is_on_the_way(broker: SimulatedBroker) -> None:
    """What fell due happens at once, at the new time."""
    start = broker.clock.now()
    await broker.publish(URL, headers={"Upstash-Delay": "1m"})
    await broker.api.post("/_dev/clock/freeze", json={"at": start + 3_600_000})
    await broker.settle()
    assert [delivery.at for delivery in broker.destination.deliveries] == [start + 3_600_000]


async def test_a_clock_can_be_frozen_and_resumed(broker: SimulatedBroker) -> None:
    """Resumed it runs on from where it stood."""
    frozen = (await broker.api.get("/_dev/clock")).json()
    assert (await broker.api.post("/_dev/clock/freeze")).json() == frozen
    resumed = (await broker.api.post("/_dev/clock/resume")).json()
    assert not resumed["frozen"]
    assert 0 <= resumed["now"] - frozen["now"] < 60_000


@pytest.mark.parametrize(
    ("verb", "content"),
    [
        ("advance", {}),
        ("advance", {"by": "soon"}),
        ("advance", {"ms": -1}),
        ("advance", {"ms": True}),
        ("advance", []),
        ("freeze", {"at": "now"}),
        ("freeze", {"at": 1}),
        ("freeze", {"at": 10**18}),
    ],
)
async def test_bad_moves_are_refused(broker: SimulatedBroker, verb: str, content: object) -> None:
    """The clock stays where it is."""
    before = broker.clock.now()
    assert (await broker.api.post(f"/_dev/clock/{verb}", json=content)).status_code == 400
    assert broker.clock.now() == before


async def test_a_duplicated_delivery_arrives_twice(broker: SimulatedBroker) -> None:
    """Same id, same number, one DELIVERED event: what a destination must bear."""
    await broker.api.post("/_dev/faults", json={"action": "duplicate", "match": "/jobs"})
    message_id = await broker.publish(URL)
    await broker.publish("https://shop.example/other")
    await broker.settle()
    assert [(d.message_id, d.retried) for d in broker.destination.to("/jobs")] == [(message_id, 0)] * 2
    assert len(broker.destination.to("/other")) == 1
    assert (await broker.states(message_id)).count("DELIVERED") == 1


async def test_a_dropped_response_is_retried(broker: SimulatedBroker) -> None:
    """The destination did its work and the broker does not know."""
    await broker.api.post("/_dev/faults", json={"action": "drop", "count": 2})
    await broker.publish(URL, headers={"Upstash-Retry-Delay": "1000"})
    await broker.advance("1m")
    assert [delivery.retried for delivery in broker.destination.deliveries] == [0, 1, 2]
    assert (await broker.api.get("/_dev/faults")).json() == {"faults": []}


async def test_a_delayed_delivery_arrives_late(broker: SimulatedBroker) -> None:
    """By the broker's clock, and others overtake it."""
    start = broker.clock.now()
    await broker.api.post("/_dev/faults", json={"action": "delay", "delay": "30s", "match": "/jobs"})
    await broker.publish(URL)
    await broker.publish("https://shop.example/other")
    await broker.clock.advance(1)
    while broker.destination.to("/other") == []:
        await broker.clock.advance(0)
    await broker.clock.advance(30_000)
    await broker.settle()
    assert [(d.url, d.at - start) for d in broker.destination.deliveries][1] == (URL, 30_000)


@pytest.mark.parametrize(
    "content",
    [
        {"action": "explode"},
        {"action": "delay"},
        {"action": "drop", "count": 0},
        {"action": "drop", "match": 1},
        {"action": "delay", "delay": "later"},
    ],
)
async def test_bad_faults_are_refused(broker: SimulatedBroker, content: object) -> None:
    """And order nothing."""
    assert (await broker.api.post("/_dev/faults", json=content)).status_code == 400
    assert (await broker.api.get("/_dev/faults")).json() == {"faults": []}


async def test_faults_can_be_cleared(broker: SimulatedBroker) -> None:
    """Deliveries are then undisturbed."""
    ordered = await broker.api.post("/_dev/faults", json={"action": "drop", "count": 5})
    assert ordered.json()["faults"][0]["count"] == 5
    assert (await broker.api.delete("/_dev/faults")).json() == {"faults": []}
    message_id = await broker.publish(URL)
    await broker.settle()
    assert (await broker.states(message_id))[-1] == "DELIVERED"


async def test_the_aids_can_be_switched_off() -> None:
    """Then they do not exist."""
    async with simulated_broker(BrokerConfig(dev_endpoints=False)) as broker:
        for path in ("/_dev/clock", "/_dev/faults"):
            assert (await broker.api.get(path)).status_code == 404
