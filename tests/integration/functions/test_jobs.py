"""POST /jobs/{name}: only what QStash signed runs, and the answer tells QStash what to do next."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest

from functions.jobs import build
from shared.services import Services
from tests.integration.conftest import Business
from tests.integration.functions.conftest import RecordingQueue, client, deliver, signed

PATH = "/jobs/message.receive"


def received(business: Business, **changes: Any) -> dict[str, Any]:
    """Return the payload of a message of Ana's."""
    return {"provider": "evolution", "instance": business.instance, "message": business.message(), **changes}


async def test_a_signed_delivery_runs(with_database: Services, business: Business, queue: RecordingQueue) -> None:
    """200 with the outcome, after the work is done; the trip's id goes on."""
    headers = {"x-correlation-id": "trip-7"}
    response = await deliver(build, with_database, PATH, received(business), headers=headers)
    assert (response.status_code, response.json()) == (200, {"outcome": "stored"})
    assert business.api.value("select count(*) from app.messages") == 1
    assert [(each.job, each.headers["X-Correlation-Id"]) for each in queue.published] == [
        ("conversation.reply", "trip-7")
    ]


async def test_a_delivery_signed_with_the_next_key_runs(with_database: Services, business: Business) -> None:
    """Keys are rotated without a pause."""
    body = json.dumps(received(business)).encode()
    async with client(build, with_database) as calls:
        headers = signed(PATH, body, key="QSTASH_NEXT_SIGNING_KEY")
        assert (await calls.post(PATH, content=body, headers=headers)).status_code == 200


BODY = b'{"nonce": "1"}'


def with_token(token: str) -> dict[str, str]:
    return {"upstash-signature": token}


def unsigned_token() -> dict[str, str]:
    claims = jwt.decode(signed("/jobs/doctor.ping", BODY)["upstash-signature"], options={"verify_signature": False})
    return with_token(jwt.encode(claims, "", algorithm="none"))


REFUSED: dict[str, Callable[[], dict[str, str]]] = {
    "no signature": lambda: {},
    "an empty signature": lambda: with_token(""),
    "no token": lambda: with_token("nonsense"),
    "three parts of nonsense": lambda: with_token("a.b.c"),
    "another body": lambda: signed("/jobs/doctor.ping", BODY + b" "),
    "another address": lambda: signed("/jobs/message.send", BODY),
    "another host": lambda: signed("/jobs/doctor.ping", BODY, sub="https://evil.example/jobs/doctor.ping"),
    "expired": lambda: signed("/jobs/doctor.ping", BODY, exp=datetime.now(UTC) - timedelta(seconds=31)),
    "not yet valid": lambda: signed("/jobs/doctor.ping", BODY, nbf=datetime.now(UTC) + timedelta(seconds=60)),
    "another issuer": lambda: signed("/jobs/doctor.ping", BODY, iss="Somebody"),
    "another key": lambda: signed("/jobs/doctor.ping", BODY, key="a key that nobody was given, of 32 bytes"),
    "no algorithm": unsigned_token,
}


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
async def test_what_qstash_did_not_sign_for_this_address_does_not_run(
    services: Services, headers: Callable[[], dict[str, str]]
) -> None:
    """401 with the reason; the job, which would answer, is not asked."""
    async with client(build, services) as calls:
        response = await calls.post("/jobs/doctor.ping", content=BODY, headers=headers())
        assert response.status_code == 401
        assert set(response.json()) == {"error"}
        allowed = await calls.post("/jobs/doctor.ping", content=BODY, headers=signed("/jobs/doctor.ping", BODY))
        assert allowed.status_code == 200


async def test_nothing_of_an_unsigned_call_is_read(with_database: Services, business: Business) -> None:
    """An unsigned call for an unknown job or with a bad payload is 401 as well, and stores nothing."""
    async with client(build, with_database) as calls:
        for path, payload in [(PATH, received(business)), (PATH, {}), ("/jobs/nothing", {})]:
            assert (await calls.post(path, json=payload)).status_code == 401
    assert business.api.value("select count(*) from app.messages") == 0


def assert_final(response: httpx.Response, reason: str) -> None:
    """QStash must not try again: it keeps a dead letter and calls the failure callback."""
    assert response.status_code == 489
    assert response.headers["upstash-nonretryable-error"] == "true"
    assert reason in response.json()["error"]


async def test_an_unknown_job_is_final(services: Services) -> None:
    """The name is what is wrong, and the answer says so."""
    assert_final(await deliver(build, services, "/jobs/message.unknown", {}), "message.unknown")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "body"),
        (b"nonsense", "body"),
        (b"[]", "body"),
        ({}, "provider"),
        ({"provider": "evolution", "instance": "loja-a", "message": {}, "more": 1}, "more"),
        ({"provider": "evolution", "instance": 7, "message": None}, "instance"),
        (b"\xff", "body"),
    ],
)
async def test_an_invalid_payload_is_final(services: Services, payload: object, reason: str) -> None:
    """The answer names the fields that do not fit."""
    assert_final(await deliver(build, services, PATH, payload), reason)


async def test_what_people_wrote_is_not_in_the_answer(services: Services, business: Business) -> None:
    """A payload that does not fit is described by its fields, never by their values."""
    message = {**business.message("meu CPF é 123"), "kind": "segredo da Ana"}
    response = await deliver(build, services, PATH, received(business, message=message))
    assert_final(response, "message.kind")
    assert "CPF" not in response.text
    assert "segredo" not in response.text


async def test_an_instance_nobody_has_is_final(with_database: Services, business: Business) -> None:
    """The database knows all instances there are; the job is kept as a dead letter."""
    response = await deliver(build, with_database, PATH, received(business, instance="nobody"))
    assert_final(response, "nobody")


async def test_a_delivery_over_one_mebibyte_is_too_large(services: Services) -> None:
    """413, as for the webhook."""
    response = await deliver(build, services, PATH, b" " * (1024 * 1024 + 1))
    assert response.status_code == 413


async def test_a_job_that_says_when_to_come_back_is_503_with_that_time(
    with_database: Services, business: Business
) -> None:
    """A status that overtook its message: once more in five seconds, then it is let go."""
    change = {"type": "status", "provider_message_id": "NEVER", "status": "read"}
    payload = {"provider": "evolution", "instance": business.instance, "change": change}
    response = await deliver(build, with_database, "/jobs/message.update", payload)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    again = await deliver(build, with_database, "/jobs/message.update", payload, headers={"upstash-retried": "1"})
    assert (again.status_code, again.json()) == (200, {"outcome": "unknown"})


@pytest.mark.parametrize("retried", ["", "-1", "one", "²"])
async def test_a_nonsensical_count_of_retries_is_a_first_attempt(
    with_database: Services, business: Business, retried: str
) -> None:
    """The header is the queue's and not signed: nothing in it may break a run."""
    payload = {
        "provider": "evolution",
        "instance": business.instance,
        "change": {"type": "revoke", "provider_message_id": "NEVER"},
    }
    body = json.dumps(payload).encode()
    headers = httpx.Headers({**signed("/jobs/message.update", body), "upstash-retried": retried}, encoding="utf-8")
    async with client(build, with_database) as calls:
        assert (await calls.post("/jobs/message.update", content=body, headers=headers)).status_code == 503


async def test_a_dependency_that_is_away_is_500_and_tried_again(services: Services, business: Business) -> None:
    """QStash backs off; the answer names the dependency."""
    response = await deliver(build, services, PATH, received(business))
    assert response.status_code == 500
    assert "Supabase cannot be reached" in response.json()["error"]
    assert "upstash-nonretryable-error" not in response.headers


async def test_a_queue_that_is_away_after_the_message_is_stored_is_tried_again(
    with_database: Services, business: Business, queue: RecordingQueue
) -> None:
    """Stored is not published: the delivery fails, and the next attempt publishes."""
    queue.broken = True
    payload = received(business)
    assert (await deliver(build, with_database, PATH, payload)).status_code == 500
    queue.broken = False
    response = await deliver(build, with_database, PATH, payload, headers={"upstash-retried": "1"})
    assert (response.status_code, response.json()) == (200, {"outcome": "known"})
    assert len(queue.published) == 1


async def test_an_error_nobody_expected_is_500_and_tells_nothing(services: Services, business: Business) -> None:
    """The text of such an error may quote a customer: the answer has its type alone."""

    class BrokenDatabase:
        async def call(self, function: str, **arguments: object) -> object:
            raise KeyError("meu CPF é 123")

        async def check(self) -> None:
            """Never asked."""

    response = await deliver(build, replace(services, make_database=BrokenDatabase), PATH, received(business))
    assert (response.status_code, response.json()) == (500, {"error": "KeyError"})


async def test_the_address_that_was_signed_is_the_public_one(services: Services) -> None:
    """Behind a gateway the host of the request is another one: what counts is the configured address."""
    transport = httpx.ASGITransport(build(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7:3000") as calls:
        response = await calls.post("/jobs/doctor.ping", content=BODY, headers=signed("/jobs/doctor.ping", BODY))
    assert response.status_code == 200
