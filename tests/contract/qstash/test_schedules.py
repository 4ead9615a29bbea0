"""Schedules under the virtual clock: fires, time zones, pauses, downtime."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra.local.qstash import BrokerConfig
from infra.local.qstash.simulation import SimulatedBroker, simulated_broker

URL = "https://shop.example/routine"


async def create(broker: SimulatedBroker, cron: str, *, body: str = "", **headers: str) -> str:
    given = {f"Upstash-{name.replace('_', '-')}": value for name, value in headers.items()}
    response = await broker.api.post(f"/v2/schedules/{URL}", content=body, headers={"Upstash-Cron": cron, **given})
    assert response.status_code == 201, response.text
    schedule_id: str = response.json()["scheduleId"]
    return schedule_id


async def schedule(broker: SimulatedBroker, schedule_id: str) -> dict[str, Any]:
    found: dict[str, Any] = await broker.get(f"/v2/schedules/{schedule_id}")
    return found


def fires(broker: SimulatedBroker, zone: str = "UTC") -> list[str]:
    moments = [datetime.fromtimestamp(delivery.at / 1000, UTC) for delivery in broker.destination.deliveries]
    return [f"{moment.astimezone(ZoneInfo(zone)):%m-%d %H:%M:%S}" for moment in moments]


def milliseconds(local: str, zone: str) -> int:
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "cron", "start", "expected"),
    [
        ("America/Sao_Paulo", "0 0 * * *", "2018-11-02T12:00", ["11-03 00:00:00", "11-05 00:00:00", "11-06 00:00:00"]),
        (
            "America/Sao_Paulo",
            "30 23 * * *",
            "2019-02-15T12:00",
            ["02-15 23:30:00", "02-16 23:30:00", "02-17 23:30:00"],
        ),
        ("America/New_York", "30 2 * * *", "2026-03-06T12:00", ["03-07 02:30:00", "03-09 02:30:00", "03-10 02:30:00"]),
        ("America/New_York", "30 1 * * *", "2026-10-30T12:00", ["10-31 01:30:00", "11-01 01:30:00", "11-02 01:30:00"]),
        ("Europe/Berlin", "30 2 * * *", "2026-03-27T12:00", ["03-28 02:30:00", "03-30 02:30:00", "03-31 02:30:00"]),
        ("Europe/Berlin", "30 2 * * *", "2026-10-23T12:00", ["10-24 02:30:00", "10-25 02:30:00", "10-26 02:30:00"]),
    ],
)
async def test_cron_across_daylight_saving(zone: str, cron: str, start: str, expected: list[str]) -> None:
    """Skipped local times do not fire that day, repeated ones fire once, all others keep their local hour."""
    async with simulated_broker(start=milliseconds(start, zone)) as broker:
        await create(broker, f"CRON_TZ={zone} {cron}")
        await broker.advance("4d")
        assert fires(broker, zone)[:3] == expected


async def test_each_fire_is_a_new_message(broker: SimulatedBroker) -> None:
    """With the template's body, headers and settings, and the id of the schedule."""
    schedule_id = await create(
        broker, "*/30 * * * *", body="tick", Forward_X_Tenant="7", Method="PUT", Label="routine", Retries="0"
    )
    await broker.advance("1h")
    first, second = broker.destination.deliveries
    assert first.message_id != second.message_id
    assert (first.method, first.body, first.headers["X-Tenant"]) == ("PUT", b"tick", "7")
    assert first.headers["Upstash-Schedule-Id"] == schedule_id
    message = await broker.get(f"/v2/messages/{first.message_id}")
    assert (message["scheduleId"], message["label"], message["maxRetries"]) == (schedule_id, "routine", 0)
    assert message["callerIP"] == "127.0.0.1"


async def test_last_and_next_times_and_states(broker: SimulatedBroker) -> None:
    """The object tells when it fired, what came of it and when it fires again."""
    broker.destination.respond = lambda delivery: 500
    start = broker.clock.now()
    schedule_id = await create(broker, "0 * * * *", Retries="1", Retry_Delay="600000")
    before = await schedule(broker, schedule_id)
    assert "lastScheduleTime" not in before
    assert before["nextScheduleTime"] == start + 3_600_000
    await broker.advance("1h")
    during = await schedule(broker, schedule_id)
    assert (during["lastScheduleTime"], during["nextScheduleTime"]) == (start + 3_600_000, start + 7_200_000)
    assert list(during["lastScheduleStates"].values()) == ["IN_PROGRESS"]
    await broker.advance("10m")
    after = await schedule(broker, schedule_id)
    assert list(after["lastScheduleStates"].values()) == ["FAIL"]


@pytest.mark.parametrize("method", ["PATCH", "POST"])
async def test_a_paused_schedule_skips_its_fires(broker: SimulatedBroker, method: str) -> None:
    """Its next time goes on advancing, and resuming makes up for nothing."""
    start = broker.clock.now()
    schedule_id = await create(broker, "0 * * * *")
    assert (await broker.api.request(method, f"/v2/schedules/{schedule_id}/pause")).status_code == 200
    await broker.advance("150m")
    paused = await schedule(broker, schedule_id)
    assert (paused["isPaused"], paused["nextScheduleTime"]) == (True, start + 3 * 3_600_000)
    assert (await broker.api.request(method, f"/v2/schedules/{schedule_id}/resume")).status_code == 200
    await broker.advance("1h")
    assert fires(broker) == ["01-01 03:00:00"]


async def test_overwriting_replaces_everything(broker: SimulatedBroker) -> None:
    """An option or a body that the new version omits is gone."""
    await create(broker, "0 * * * *", body="old", Schedule_Id="routine", Label="l", Retries="0", Delay="5s")
    await broker.advance("10m")
    assert await create(broker, "0 9 * * *", Schedule_Id="routine") == "routine"
    found = await schedule(broker, "routine")
    assert (found["cron"], found["retries"]) == ("0 9 * * *", 3)
    assert not {"body", "label", "delay", "lastScheduleTime"} & found.keys()
    assert len(await broker.get("/v2/schedules")) == 1


async def test_a_delay_delays_the_messages(broker: SimulatedBroker) -> None:
    """Not the schedule."""
    await create(broker, "0 * * * *", Delay="5m")
    await broker.advance("3h")
    assert fires(broker) == ["01-01 01:05:00", "01-01 02:05:00"]


async def test_a_schedule_can_feed_a_queue_and_a_group(broker: SimulatedBroker) -> None:
    """Every endpoint of the group gets its message, in the order of the queue."""
    endpoints = {"endpoints": [{"url": f"{URL}/1"}, {"url": f"{URL}/2"}]}
    await broker.api.post("/v2/topics/group/endpoints", json=endpoints)
    headers = {"Upstash-Cron": "0 * * * *", "Upstash-Queue-Name": "routines"}
    created = await broker.api.post("/v2/schedules/group", headers=headers)
    await broker.advance("1h")
    assert [delivery.url for delivery in broker.destination.deliveries] == [f"{URL}/1", f"{URL}/2"]
    states = (await schedule(broker, created.json()["scheduleId"]))["lastScheduleStates"]
    assert list(states.values()) == ["SUCCESS", "SUCCESS"]
    assert (await broker.get("/v2/queues/routines"))["lag"] == 0


async def test_a_schedule_whose_group_is_gone_says_so(broker: SimulatedBroker) -> None:
    """The error is on the schedule, which goes on and recovers with the group."""
    endpoints = {"endpoints": [{"url": URL}]}
    await broker.api.post("/v2/topics/group/endpoints", json=endpoints)
    created = await broker.api.post("/v2/schedules/group", headers={"Upstash-Cron": "0 * * * *"})
    schedule_id = created.json()["scheduleId"]
    await broker.api.delete("/v2/topics/group")
    await broker.advance("1h")
    assert "not found" in (await schedule(broker, schedule_id))["error"]
    await broker.api.post("/v2/topics/group/endpoints", json=endpoints)
    await broker.advance("1h")
    assert "error" not in await schedule(broker, schedule_id)
    assert len(broker.destination.deliveries) == 1


async def test_deleting_keeps_the_messages_already_made(broker: SimulatedBroker) -> None:
    """They are delivered; nothing further is made."""
    schedule_id = await create(broker, "0 * * * *", Delay="30m")
    await broker.advance("1h")
    await broker.api.delete(f"/v2/schedules/{schedule_id}")
    await broker.advance("3h")
    assert fires(broker) == ["01-01 01:30:00"]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "empty spec string"),
        ({"Upstash-Cron": "every day"}, "expected 5 fields"),
        ({"Upstash-Cron": "CRON_TZ=Nowhere 0 0 * * *"}, "unknown time zone"),
        ({"Upstash-Cron": "0 0 * * *", "Upstash-Schedule-Id": "a b"}, "Upstash-Schedule-Id"),
        ({"Upstash-Cron": "0 0 * * *", "Upstash-Not-Before": "1"}, "Upstash-Not-Before"),
        ({"Upstash-Cron": "0 0 * * *", "Upstash-Delay": "x"}, "Upstash-Delay"),
    ],
)
async def test_bad_schedules_are_refused_by_name(broker: SimulatedBroker, headers: dict[str, str], reason: str) -> None:
    """Nothing is stored, and the error says what is wrong."""
    response = await broker.api.post(f"/v2/schedules/{URL}", headers=headers)
    assert response.status_code == 400
    assert reason in response.json()["error"]
    assert await broker.get("/v2/schedules") == []


@pytest.fixture(params=["once", "skip"])
async def sleepy_broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[str, SimulatedBroker]]:
    async with simulated_broker(BrokerConfig(data=tmp_path, missed_fires=request.param)) as simulated:
        yield request.param, simulated


async def test_fires_missed_while_down_become_one_or_none(sleepy_broker: tuple[str, SimulatedBroker]) -> None:
    """As configured; then the schedule goes on as if nothing had happened."""
    mode, broker = sleepy_broker
    await create(broker, "0 * * * *")
    await broker.stop()
    # The clock goes on while the broker is down.
    broker.clock.freeze(broker.clock.now() + 5 * 3_600_000 + 600_000)
    await broker.start()
    await broker.settle()
    await broker.advance("1h")
    assert fires(broker) == (["01-01 05:10:00"] if mode == "once" else []) + ["01-01 06:00:00"]


async def test_schedules_survive_a_restart(durable_broker: SimulatedBroker) -> None:
    """With everything about them."""
    await create(durable_broker, "0 * * * *", body="tick", Schedule_Id="routine", Label="l")
    before = await schedule(durable_broker, "routine")
    await durable_broker.restart()
    assert await schedule(durable_broker, "routine") == before
    await durable_broker.advance("1h")
    assert fires(durable_broker) == ["01-01 01:00:00"]
