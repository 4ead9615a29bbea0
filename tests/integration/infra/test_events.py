"""`aurora events` writes events that the functions take."""

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp
from typer.testing import CliRunner, Result

from functions import jobs, webhooks
from infra.cli import app as command_line
from infra.local import qstash
from infra.local.environment import stack_environment
from infra.local.server import serving
from shared.adapters.qstash import QStashQueue
from shared.bootstrap import bootstrap
from shared.settings import load_settings


def events(*arguments: str) -> Result:
    return CliRunner().invoke(command_line, ["events", *arguments], env=stack_environment())


async def call(app: ASGIApp, event: dict[str, Any]) -> httpx.Response:
    """Make the HTTP call that an event describes."""
    http = event["requestContext"]["http"]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://functions.test") as client:
        return await client.request(http["method"], http["path"], headers=event["headers"], content=event["body"])


async def test_the_functions_run_a_signed_job() -> None:
    """Signature, address and payload are right: the job runs and answers."""
    event = json.loads(events("jobs", "doctor.ping").stdout)
    response = await call(jobs.build(bootstrap(load_settings(stack_environment()))), event)
    assert (response.status_code, response.json()) == (200, {"outcome": "pong"})


async def test_the_functions_accept_the_webhook_and_hand_it_to_the_queue() -> None:
    """The secret is this instance's, and the report holds one message that becomes one job."""
    settings = load_settings(stack_environment())
    async with serving(qstash.create_app(qstash.BrokerConfig())) as url:
        queue = QStashQueue(url, settings.qstash_token, public_url=settings.public_url)
        services = replace(bootstrap(settings), make_queue=lambda: queue)
        event = json.loads(events("webhooks", "--instance", "loja-a").stdout)
        response = await call(webhooks.build(services), event)
        await queue.aclose()
    assert (response.status_code, response.json()) == (200, {"accepted": 1})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["jobs", "nothing.known"], "no job is named 'nothing.known'"), (["webhooks", "--instance", "a/b"], "'a/b'")],
)
def test_bad_input_is_one_line(arguments: list[str], told: str) -> None:
    """Exit status 2 and nothing on standard output, so that no broken file is left behind a `>`."""
    result = events(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("aurora: ")
    assert told in result.stderr


@pytest.mark.parametrize("arguments", [["jobs", "message.receive"], ["webhooks"]])
def test_missing_settings_are_named(arguments: list[str]) -> None:
    """Without the keys nothing can be signed."""
    result = CliRunner().invoke(command_line, ["events", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "QSTASH_CURRENT_SIGNING_KEY is missing" in result.stderr
