"""The published limits of the plans, when asked for."""

from collections.abc import AsyncIterator

import pytest

from infra.local.qstash import BrokerConfig
from infra.local.qstash.simulation import SimulatedBroker, simulated_broker

URL = "https://shop.example/jobs"


@pytest.fixture
async def free() -> AsyncIterator[SimulatedBroker]:
    async with simulated_broker(BrokerConfig(quota="free")) as simulated:
        yield simulated


async def test_there_are_no_limits_by_default(broker: SimulatedBroker) -> None:
    """Local work is not held up by a plan."""
    headers = {"Upstash-Retries": "1000000", "Upstash-Delay": "400d"}
    assert (await broker.api.post(f"/v2/publish/{URL}", headers=headers)).status_code == 201


@pytest.mark.parametrize(
    ("headers", "quota"),
    [
        ({"Upstash-Retries": "4"}, "maxRetries"),
        ({"Upstash-Delay": "8d"}, "maxDelay"),
        ({"Upstash-Not-Before": "1736380801"}, "maxDelay"),
    ],
)
async def test_a_message_beyond_the_plan_is_412(free: SimulatedBroker, headers: dict[str, str], quota: str) -> None:
    """The error names the quota."""
    response = await free.api.post(f"/v2/publish/{URL}", headers=headers)
    assert response.status_code == 412
    assert response.json()["error"].startswith(f"quota {quota} exceeded")


async def test_sizes_and_counts_are_412(free: SimulatedBroker) -> None:
    """Bodies, queues, their parallelism, schedules and groups."""
    too_long = await free.api.post(f"/v2/publish/{URL}", content=b"x" * ((1 << 20) + 1))
    consumers = await free.api.post("/v2/queues", json={"queueName": "q", "parallelism": 3})
    endpoints = {"endpoints": [{"url": URL}]}
    groups = [await free.api.post(f"/v2/topics/g{n}/endpoints", json=endpoints) for n in range(2)]
    queues = [await free.api.post(f"/v2/enqueue/q{n}/{URL}") for n in range(11)]
    cron = {"Upstash-Cron": "0 0 * * *"}
    schedules = [await free.api.post(f"/v2/schedules/{URL}", headers=cron) for _ in range(11)]
    refused = [too_long, consumers, groups[-1], queues[-1], schedules[-1]]
    assert [response.status_code for response in refused] == [412] * 5
    names = ["maxMessageSize", "maxParallelism", "maxTopics", "maxQueues", "maxSchedules"]
    assert all(name in response.json()["error"] for name, response in zip(names, refused, strict=True))
    assert all(response.is_success for response in groups[:-1] + queues[:-1] + schedules[:-1])


async def test_the_daily_messages_are_429_with_their_reset(free: SimulatedBroker) -> None:
    """The headers that the SDKs turn into their daily limit error; the next UTC day begins anew."""
    for _ in range(10):
        await free.api.post("/v2/batch", json=[{"destination": URL}] * 100)
    refused = await free.api.post(f"/v2/publish/{URL}")
    assert refused.status_code == 429
    names = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    assert [refused.headers[name] for name in names] == ["1000", "0", "1735776000"]
    await free.advance("1d")
    assert (await free.api.post(f"/v2/publish/{URL}")).status_code == 201


async def test_pay_as_you_go_has_its_own_limits() -> None:
    """No daily limit, five retries, a year of delay."""
    async with simulated_broker(BrokerConfig(quota="payg")) as payg:
        within = {"Upstash-Retries": "5", "Upstash-Delay": "365d"}
        assert (await payg.api.post(f"/v2/publish/{URL}", headers=within)).status_code == 201
        beyond = await payg.api.post(f"/v2/publish/{URL}", headers={"Upstash-Retries": "6"})
        assert "quota maxRetries exceeded" in beyond.json()["error"]


async def test_dead_letters_are_kept_as_long_as_the_plan_says(free: SimulatedBroker) -> None:
    """Three days on the free plan."""
    free.destination.respond = lambda delivery: 500
    await free.publish(URL, headers={"Upstash-Retries": "0"})
    await free.settle()
    await free.advance("2d")
    await free.publish(URL, headers={"Upstash-Retries": "0"})
    await free.settle()
    assert len((await free.get("/v2/dlq"))["messages"]) == 2
    await free.advance("2d")
    await free.publish(URL, headers={"Upstash-Retries": "0"})
    await free.settle()
    assert len((await free.get("/v2/dlq"))["messages"]) == 2
