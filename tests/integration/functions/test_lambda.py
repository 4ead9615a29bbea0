"""The Lambda entry points in a process of their own, with events as API Gateway makes them, against real servers."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.lambda_events import job_event, webhook_event
from infra.local.qstash import DEV_CURRENT_SIGNING_KEY, DEV_NEXT_SIGNING_KEY, DEV_TOKEN, BrokerConfig, create_app
from shared.settings import load_settings
from tests.conftest import SupabaseGateway, serving_in_thread
from tests.integration.conftest import Business
from tests.integration.functions.conftest import ENVIRONMENT

ROOT = Path(__file__).parents[3]

#: Handles each event in turn, as one container does, and prints the results and the modules that were loaded.
CONTAINER = """
import json, sys, warnings
from importlib import import_module
warnings.simplefilter("error")
handler = import_module("functions." + sys.argv[1]).handler
results = [handler(event, None) for event in json.load(sys.stdin)]
print(json.dumps({"results": results, "modules": sorted(sys.modules)}))
"""


@pytest.fixture
def broker() -> Iterator[str]:
    """The address of a QStash broker that keeps what it gets in memory."""
    broker: Any = create_app(BrokerConfig())
    with serving_in_thread(broker) as url:
        yield url


@pytest.fixture
def environment(broker: str) -> dict[str, str]:
    """A deployment whose jobs nobody answers: what is published stays in the broker."""
    return {
        **ENVIRONMENT,
        "PUBLIC_URL": "http://127.0.0.1:9",
        "QSTASH_URL": broker,
        "QSTASH_TOKEN": DEV_TOKEN,
        "QSTASH_CURRENT_SIGNING_KEY": DEV_CURRENT_SIGNING_KEY,
        "QSTASH_NEXT_SIGNING_KEY": DEV_NEXT_SIGNING_KEY,
    }


def run(function: str, environment: dict[str, str], *events: dict[str, Any]) -> dict[str, Any]:
    """Start a container of `function` and return what it made of the events."""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", CONTAINER, function],
        input=json.dumps(events),
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def test_the_webhook_queues_what_the_gateway_reports(environment: dict[str, str]) -> None:
    """Two events in one container, the second with its body in base64: both are in the broker."""
    settings = load_settings(environment)
    first, second = webhook_event("loja-a", settings), webhook_event("loja-a", settings)
    second |= {"body": base64.b64encode(second["body"].encode()).decode(), "isBase64Encoded": True}
    printed = run("webhooks", environment, first, second)
    assert [result["statusCode"] for result in printed["results"]] == [200, 200]
    assert [json.loads(result["body"]) for result in printed["results"]] == [{"accepted": 1}] * 2
    logged = httpx.get(
        f"{environment['QSTASH_URL']}/v2/logs",
        params={"label": "message.receive"},
        headers={"Authorization": f"Bearer {DEV_TOKEN}"},
    ).json()
    (entries,) = (value for value in logged.values() if isinstance(value, list))
    assert len({entry["messageId"] for entry in entries}) == 2
    heavy = {"supabase", "postgrest", "upstash_redis", "shared.assistants", "openai", "infra"}
    assert not heavy & set(printed["modules"])


def test_the_webhook_refuses_what_is_wrong(environment: dict[str, str]) -> None:
    """The container answers with the status, and goes on."""
    event = webhook_event("loja-a", load_settings(environment))
    unsigned = {**event, "headers": {"content-type": "application/json"}}
    broken = {**event, "body": "no JSON"}
    results = run("webhooks", environment, unsigned, broken, event)["results"]
    assert [result["statusCode"] for result in results] == [401, 400, 200]


def test_a_job_runs_on_a_signed_event(
    environment: dict[str, str], supabase_gateway: SupabaseGateway, business: Business
) -> None:
    """Ping, then a message with a signature of QStash's, through the database's API; an unsigned one is refused."""
    environment |= {"SUPABASE_URL": supabase_gateway.url, "SUPABASE_SECRET_KEY": supabase_gateway.secret_key}
    settings = load_settings(environment)
    business.api.rows("update app.instances set name = 'patas'")
    message = job_event("message.receive", settings)
    unsigned = {**message, "headers": {"content-type": "application/json"}}
    results = run("jobs", environment, job_event("doctor.ping", settings), message, message, unsigned)["results"]
    assert [result["statusCode"] for result in results] == [200, 200, 200, 401]
    assert [json.loads(result["body"])["outcome"] for result in results[:2]] == ["pong", "stored"]
    assert json.loads(results[2]["body"])["outcome"] == "known"
    assert business.api.value("select count(*) from app.messages") == 1


def test_the_health_of_a_container_needs_nothing(environment: dict[str, str]) -> None:
    """Alive is answered without any dependency."""
    event = webhook_event("loja-a", load_settings(environment))
    http = {**event["requestContext"]["http"], "method": "GET", "path": "/health"}
    event |= {"rawPath": "/health", "requestContext": {**event["requestContext"], "http": http}}
    (result,) = run("health", environment, event)["results"]
    assert (result["statusCode"], json.loads(result["body"])) == (200, {"status": "ok"})


@pytest.mark.parametrize("function", ["callbacks", "health", "jobs", "schedules", "webhooks"])
def test_a_container_without_settings_says_what_is_missing(function: str, environment: dict[str, str]) -> None:
    """One line names every variable that is missing."""
    for name in ("WEBHOOK_SECRET", "QSTASH_TOKEN"):
        del environment[name]
    event = webhook_event("loja-a", load_settings(ENVIRONMENT))
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", CONTAINER, function],
        input=json.dumps([event]),
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.endswith("settings: WEBHOOK_SECRET is missing; QSTASH_TOKEN is missing")
