"""Flow control: rates, parallelism, pins and pauses under the virtual clock."""

import asyncio
from typing import Any

import pytest

from infra.local.qstash.simulation import Delivery, SimulatedBroker

URL = "https://shop.example/jobs"


def limits(value: str, key: str = "tenant") -> dict[str, str]:
    return {"Upstash-Flow-Control-Key": key, "Upstash-Flow-Control-Value": value}


async def publish(broker: SimulatedBroker, count: int, value: str) -> None:
    items = [{"destination": f"{URL}/{n}", "headers": limits(value)} for n in range(count)]
    (await broker.api.post("/v2/batch", json=items)).raise_for_status()
    await broker.settle()


async def flow(broker: SimulatedBroker) -> dict[str, Any]:
    found: dict[str, Any] = await broker.get("/v2/flowControl/tenant")
    return found


def times(broker: SimulatedBroker) -> list[int]:
    return [delivery.at - broker.destination.deliveries[0].at for delivery in broker.destination.deliveries]


async def test_no_window_exceeds_the_rate(broker: SimulatedBroker) -> None:
    """Excess waits for the next window and nothing is lost; each window opens on the millisecond."""
    await publish(broker, 10, "rate=4, period=60s")
    info = await flow(broker)
    assert (info["waitListSize"], info["rateCount"], info["rateMax"], info["ratePeriod"]) == (6, 4, 4, 60)
    await broker.advance(59_999)
    assert len(times(broker)) == 4
    await broker.advance("5m")
    assert times(broker) == [0] * 4 + [60_000] * 4 + [120_000] * 2
    assert (await flow(broker))["rateCount"] == 0


async def test_a_window_begins_with_its_first_dispatch(broker: SimulatedBroker) -> None:
    """Not at a fixed grid of the clock: after a silence the window starts anew."""
    await publish(broker, 1, "rate=2,period=10s")
    await broker.advance("25s")
    await publish(broker, 3, "rate=2,period=10s")
    await broker.advance("1m")
    assert times(broker) == [0, 25_000, 25_000, 35_000]


async def test_retries_count_against_the_rate(broker: SimulatedBroker) -> None:
    """Each dispatch counts, first or not."""
    broker.destination.respond = lambda delivery: 500 if delivery.retried == 0 else 200
    await broker.publish(URL, headers={**limits("rate=1,period=10s"), "Upstash-Retry-Delay": "1000"})
    await broker.settle()
    await broker.publish(URL, headers=limits("rate=1,period=10s"))
    await broker.advance("1m")
    # The second message has waited since the start, the retry since +1 s.
    assert [(d.at - broker.destination.deliveries[0].at, d.retried) for d in broker.destination.deliveries][:3] == [
        (0, 0),
        (10_000, 0),
        (20_000, 1),
    ]


async def test_parallelism_bounds_the_calls_in_flight(broker: SimulatedBroker) -> None:
    """A place that becomes free is taken at once, and other keys are not held back."""
    gate = asyncio.Event()
    running = peak = 0

    async def slow(delivery: Delivery) -> int:
        nonlocal running, peak
        if "/free" in delivery.url:
            return 200
        running += 1
        peak = max(peak, running)
        await gate.wait()
        running -= 1
        return 200

    broker.destination.respond = slow
    items = [{"destination": f"{URL}/{n}", "headers": limits("parallelism=3")} for n in range(10)]
    await broker.api.post("/v2/batch", json=items)
    await broker.publish(f"{URL}/free")
    await broker.sent(4)
    info = await flow(broker)
    assert (info["parallelismCount"], info["parallelismMax"], info["waitListSize"]) == (3, 3, 7)
    assert len(broker.destination.to("/free")) == 1
    gate.set()
    await broker.settle()
    assert (peak, len(broker.destination.deliveries)) == (3, 11)


async def test_the_last_message_sets_the_limits(broker: SimulatedBroker) -> None:
    """And what is not given is no longer limited."""
    await publish(broker, 3, "rate=1,period=1h")
    assert (await flow(broker))["waitListSize"] == 2
    await publish(broker, 1, "parallelism=9")
    info = await flow(broker)
    assert (info["rateMax"], info["parallelismMax"], info["waitListSize"]) == (0, 9, 0)
    assert len(broker.destination.deliveries) == 4


async def test_a_pinned_key_keeps_its_limits(broker: SimulatedBroker) -> None:
    """Parallelism and rate are pinned apart; after unpinning the values stay until a message brings others."""
    await publish(broker, 1, "rate=5,parallelism=5")
    await broker.api.post("/v2/flowControl/tenant/pin?rate=2&period=30")
    await publish(broker, 3, "rate=9,parallelism=9")
    info = await flow(broker)
    assert (info["rateMax"], info["ratePeriod"], info["parallelismMax"]) == (2, 30, 9)
    assert (info["isPinnedRate"], info["isPinnedParallelism"], info["waitListSize"]) == (True, False, 1)
    await broker.api.post("/v2/flowControl/tenant/unpin?rate=true")
    info = await flow(broker)
    assert (info["isPinnedRate"], info["rateMax"]) == (False, 2)
    await publish(broker, 1, "rate=9")
    assert ((await flow(broker))["rateMax"], (await flow(broker))["waitListSize"]) == (9, 0)


async def test_a_paused_key_holds_everything(broker: SimulatedBroker) -> None:
    """New messages and retries wait; resuming lets them go within the limits."""
    broker.destination.respond = lambda delivery: 500 if delivery.retried == 0 else 200
    await broker.publish(URL, headers={**limits("parallelism=5"), "Upstash-Retry-Delay": "1000"})
    await broker.settle()
    await broker.api.post("/v2/flowControl/tenant/pause")
    await publish(broker, 1, "parallelism=5")
    await broker.advance("1h")
    assert len(broker.destination.deliveries) == 1
    assert ((await flow(broker))["isPaused"], (await flow(broker))["waitListSize"]) == (True, 2)
    await broker.api.post("/v2/flowControl/tenant/resume")
    await broker.advance("1m")
    assert len(broker.destination.deliveries) == 4


@pytest.mark.parametrize("verb", ["resetRate", "reset"])
async def test_resetting_the_rate_opens_a_window_now(broker: SimulatedBroker, verb: str) -> None:
    """What waits for the next window goes at once."""
    await publish(broker, 4, "rate=2,period=1h")
    await broker.advance("1m")
    await broker.api.post(f"/v2/flowControl/tenant/{verb}")
    await broker.settle()
    assert times(broker) == [0, 0, 60_000, 60_000]
    assert (await flow(broker))["ratePeriodStart"] == broker.clock.now() // 1000


async def test_the_window_survives_a_restart(durable_broker: SimulatedBroker) -> None:
    """A restart is no way around a rate."""
    await publish(durable_broker, 3, "rate=1,period=1m")
    await durable_broker.restart()
    assert len(durable_broker.destination.deliveries) == 1
    await durable_broker.advance("2m")
    assert times(durable_broker) == [0, 60_000, 120_000]


async def test_keys_are_listed_and_searched(broker: SimulatedBroker) -> None:
    """Keys may hold slashes and spaces."""
    for key in ("tenant/7", "tenant 8", "other"):
        await broker.publish(URL, headers=limits("rate=1", key))
    assert [info["flowControlKey"] for info in await broker.get("/v2/flowControl")] == ["other", "tenant 8", "tenant/7"]
    assert len(await broker.get("/v2/flowControl", search="tenant")) == 2
    assert (await broker.get("/v2/flowControl/tenant/7"))["flowControlKey"] == "tenant/7"
    assert (await broker.get("/v2/flowControl/tenant%208"))["flowControlKey"] == "tenant 8"
    assert (await broker.api.post("/v2/flowControl/tenant/7/pause")).status_code == 200
    assert (await broker.get("/v2/flowControl/tenant/7"))["isPaused"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("pin", "parallelism"),
        ("pin?parallelism=0", "parallelism"),
        ("pin?rate=x", "rate"),
        ("pin?rate=1&period=0", "period"),
        ("pin?rate=1&period=8d", "period"),
        ("unpin", "unpin"),
        ("unpin?rate=maybe", "rate"),
    ],
)
async def test_bad_pins_are_refused_by_name(broker: SimulatedBroker, path: str, field: str) -> None:
    """The error names the parameter."""
    response = await broker.api.post(f"/v2/flowControl/tenant/{path}")
    assert response.status_code == 400
    assert field in response.json()["error"]


async def test_a_key_goes_with_its_last_message(broker: SimulatedBroker) -> None:
    """One key for each conversation must not add up for ever; paused and pinned keys stay."""
    await broker.publish(URL, headers=limits("rate=1", "used"))
    await broker.publish(URL, headers=limits("rate=1", "paused"))
    await broker.api.post("/v2/flowControl/paused/pause")
    await broker.api.post("/v2/flowControl/pinned/pin?rate=1")
    await broker.publish(URL, headers={**limits("rate=1", "waiting"), "Upstash-Delay": "30d"})
    await broker.advance("8d")
    keys = [info["flowControlKey"] for info in await broker.get("/v2/flowControl")]
    assert keys == ["paused", "pinned", "waiting"]
