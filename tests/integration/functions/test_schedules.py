"""POST /schedules/{name}: what a schedule published runs, signed for this address, and nothing else does."""

from dataclasses import replace

import pytest

from functions.schedules import build
from shared.services import Services
from tests.integration.functions.conftest import client, deliver, signed

PATH = "/schedules/doctor.ping"
BODY = b'{"nonce": "1"}'


async def test_a_signed_delivery_runs_its_job(services: Services) -> None:
    """The job's outcome is the answer, as at /jobs."""
    response = await deliver(build, services, PATH, BODY)
    assert (response.status_code, response.json()) == (200, {"outcome": "pong"})


@pytest.mark.parametrize("headers", [{}, signed("/jobs/doctor.ping", BODY), signed(PATH, BODY + b" ")])
async def test_what_is_not_signed_for_this_address_does_not_run(services: Services, headers: dict[str, str]) -> None:
    """Unsigned, signed for the function for jobs, or for another body: 401 with the reason."""
    async with client(build, services) as calls:
        response = await calls.post(PATH, content=BODY, headers=headers)
    assert response.status_code == 401
    assert set(response.json()) == {"error"}


async def test_an_unknown_job_is_final(services: Services) -> None:
    """QStash keeps a dead letter instead of trying again."""
    response = await deliver(build, services, "/schedules/routine.unknown", {})
    assert response.status_code == 489
    assert "routine.unknown" in response.json()["error"]


async def test_without_a_queue_there_is_nothing_to_sync(services: Services) -> None:
    """A deployment whose jobs run in place has no schedules; that is no failure."""
    alone = replace(services, settings=replace(services.settings, qstash_url=""))
    response = await deliver(build, alone, "/schedules/schedules.sync", {})
    assert (response.status_code, response.json()) == (200, {"outcome": "there is no queue"})
