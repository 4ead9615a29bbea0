"""Schedules, kept by the real SDK at a real broker."""

from collections.abc import AsyncIterator

import httpx
import pytest

from infra.local.qstash import DEV_TOKEN, BrokerConfig, create_app
from infra.local.server import serving
from infra.schedules import sync_schedules
from shared.adapters.qstash_schedules import QStashSchedules
from shared.registry import Context, Payload, Registry, job


class Nothing(Payload):
    """A payload without a field."""


async def handle(payload: Nothing, context: Context) -> str:
    return "done"


def registry_with(**crons: str) -> Registry:
    jobs = Registry()
    for name, cron in crons.items():
        job(f"test.{name}", cron=cron, into=jobs)(handle)
    job("test.without", into=jobs)(handle)
    return jobs


@pytest.fixture
async def broker() -> AsyncIterator[httpx.AsyncClient]:
    """A broker that keeps its state in memory."""
    async with serving(create_app(BrokerConfig())) as url:
        headers = {"Authorization": f"Bearer {DEV_TOKEN}"}
        async with httpx.AsyncClient(base_url=url, headers=headers) as client:
            yield client


@pytest.fixture
async def schedules(broker: httpx.AsyncClient) -> AsyncIterator[QStashSchedules]:
    """The schedules of a deployment at that broker."""
    adapter = QStashSchedules(str(broker.base_url), DEV_TOKEN, public_url="https://aurora.example")
    yield adapter
    await adapter.aclose()


async def test_sync_makes_the_schedules_what_the_jobs_declare(
    broker: httpx.AsyncClient, schedules: QStashSchedules
) -> None:
    """Ours are created, updated and deleted, a repeat changes nothing, and somebody else's schedule stays as it is."""
    headers = {"Upstash-Cron": "0 0 * * *", "Upstash-Schedule-Id": "other"}
    (await broker.post("/v2/schedules/https://other.example", headers=headers)).raise_for_status()

    first = await sync_schedules(schedules, registry_with(a="*/5 * * * *", b="0 9 * * *"))
    repeat = await sync_schedules(schedules, registry_with(a="*/5 * * * *", b="0 9 * * *"))
    second = await sync_schedules(schedules, registry_with(a="*/10 * * * *"))

    assert [each.id for each in first.create] == ["aurora.test.a", "aurora.test.b"]
    assert repeat.empty
    assert [each.id for each in second.update] == ["aurora.test.a"]
    assert [each.id for each in second.delete] == ["aurora.test.b"]
    left = {each["scheduleId"]: each["cron"] for each in (await broker.get("/v2/schedules")).json()}
    assert left == {"aurora.test.a": "*/10 * * * *", "other": "0 0 * * *"}


async def test_a_schedule_runs_the_job_as_a_publication_would(
    broker: httpx.AsyncClient, schedules: QStashSchedules
) -> None:
    """The schedule carries the job's retries, its backoff, its label and the callback that keeps what gives up."""
    await sync_schedules(schedules, registry_with(a="*/5 * * * *"))

    kept = (await broker.get("/v2/schedules/aurora.test.a")).json()
    assert kept["destination"] == "https://aurora.example/jobs/test.a"
    assert kept["body"] == "{}"
    assert kept["retries"] == 2
    assert kept["failureCallback"] == "https://aurora.example/callbacks/failure"
    assert kept["label"] == "test.a"
