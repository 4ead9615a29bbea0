"""Callbacks and failure callbacks: when they fire, what they say, how they fail."""

import base64
import json
from typing import Any

import httpx

from infra.local.qstash.simulation import Delivery, SimulatedBroker

URL = "https://shop.example/jobs"
CALLBACK = "https://shop.example/callback"
FAILURE = "https://shop.example/failure"


def reports(broker: SimulatedBroker, part: str) -> list[dict[str, Any]]:
    return [json.loads(delivery.body) for delivery in broker.destination.to(part)]


async def test_the_report_is_complete(broker: SimulatedBroker) -> None:
    """Response and source, bodies in base64, times as texts of milliseconds."""
    broker.destination.respond = lambda delivery: (
        httpx.Response(201, headers={"X-Result": "ok"}, content=b"\xffdone") if "jobs" in delivery.url else 200
    )
    start = broker.clock.now()
    message_id = await broker.publish(
        f"{URL}?a=1",
        body=b"\x00in",
        headers={
            "Upstash-Callback": CALLBACK,
            "Upstash-Method": "PUT",
            "Upstash-Forward-X-Tenant": "7",
            "Upstash-Delay": "5s",
        },
    )
    await broker.advance("5s")
    [report] = reports(broker, "callback")
    assert report.pop("header")["X-Result"] == ["ok"]
    assert report == {
        "status": 201,
        "body": base64.b64encode(b"\xffdone").decode(),
        "retried": 0,
        "maxRetries": 3,
        "sourceMessageId": message_id,
        "url": f"{URL}?a=1",
        "method": "PUT",
        "sourceHeader": {"X-Tenant": ["7"]},
        "sourceBody": base64.b64encode(b"\x00in").decode(),
        "notBefore": str(start + 5000),
        "createdAt": str(start),
        "callerIP": "127.0.0.1",
    }


async def test_the_callback_is_a_message_of_its_own(broker: SimulatedBroker) -> None:
    """Own id, own log, signed for its own address, with the method and headers that were asked for."""
    message_id = await broker.publish(
        URL,
        headers={
            "Upstash-Callback": CALLBACK,
            "Upstash-Callback-Method": "PATCH",
            "Upstash-Callback-Forward-X-Key": "k",
        },
    )
    await broker.settle()
    [delivery] = broker.destination.to("callback")
    assert delivery.message_id != message_id
    assert (delivery.method, delivery.headers["X-Key"]) == ("PATCH", "k")
    assert delivery.headers["Content-Type"] == "application/json"
    claims = json.loads(base64.urlsafe_b64decode(delivery.headers["Upstash-Signature"].split(".")[1] + "=="))
    assert claims["sub"] == CALLBACK
    assert await broker.states(delivery.message_id) == ["CREATED", "ACTIVE", "DELIVERED"]


async def test_the_callback_fires_after_every_attempt_and_the_failure_callback_once(broker: SimulatedBroker) -> None:
    """Final is the report whose `retried` equals `maxRetries`; only the failure report names the dead letter."""
    broker.destination.respond = lambda delivery: 500 if "jobs" in delivery.url else 200
    await broker.publish(
        URL,
        headers={
            "Upstash-Callback": CALLBACK,
            "Upstash-Failure-Callback": FAILURE,
            "Upstash-Retries": "2",
            "Upstash-Retry-Delay": "1000",
        },
    )
    await broker.advance("1m")
    assert [(r["status"], r["retried"], r["maxRetries"], "dlqId" in r) for r in reports(broker, "callback")] == [
        (500, 0, 2, False),
        (500, 1, 2, False),
        (500, 2, 2, False),
    ]
    [failure] = reports(broker, "failure")
    [letter] = (await broker.get("/v2/dlq"))["messages"]
    assert (failure["dlqId"], failure["retried"]) == (letter["dlqId"], 2)


async def test_a_refusal_for_good_fires_both(broker: SimulatedBroker) -> None:
    """489 with its header is final for the callbacks too."""
    refusal = httpx.Response(489, headers={"Upstash-NonRetryable-Error": "true"})
    broker.destination.respond = lambda delivery: refusal if "jobs" in delivery.url else 200
    await broker.publish(URL, headers={"Upstash-Callback": CALLBACK, "Upstash-Failure-Callback": FAILURE})
    await broker.settle()
    assert len(reports(broker, "callback")) == len(reports(broker, "failure")) == 1


async def test_success_fires_no_failure_callback(broker: SimulatedBroker) -> None:
    """Also when it came only with a retry."""
    broker.destination.respond = lambda delivery: 500 if delivery.retried == 0 and "jobs" in delivery.url else 200
    await broker.publish(URL, headers={"Upstash-Failure-Callback": FAILURE})
    await broker.advance("1m")
    assert broker.destination.to("failure") == []


async def test_a_callback_is_retried_with_the_retries_of_its_message(broker: SimulatedBroker) -> None:
    """Unless it has its own; when it gives up it is a dead letter of its own and fires nothing further."""

    def only_jobs(delivery: Delivery) -> int:
        return 200 if "jobs" in delivery.url else 500

    broker.destination.respond = only_jobs
    await broker.publish(f"{URL}/1", headers={"Upstash-Callback": f"{CALLBACK}/1", "Upstash-Retries": "1"})
    await broker.publish(
        f"{URL}/2",
        headers={
            "Upstash-Callback": f"{CALLBACK}/2",
            "Upstash-Retries": "1",
            "Upstash-Callback-Retries": "2",
            "Upstash-Callback-Retry-Delay": "1000",
            "Upstash-Failure-Callback": FAILURE,
        },
    )
    await broker.advance("1d")
    assert len(broker.destination.to("callback/1")) == 2
    assert len(broker.destination.to("callback/2")) == 3
    assert broker.destination.to("failure") == []
    letters = (await broker.get("/v2/dlq"))["messages"]
    assert sorted(letter["url"] for letter in letters) == [f"{CALLBACK}/1", f"{CALLBACK}/2"]


async def test_a_callback_can_be_delayed(broker: SimulatedBroker) -> None:
    """By its own sub-header."""
    await broker.publish(URL, headers={"Upstash-Callback": CALLBACK, "Upstash-Callback-Delay": "10m"})
    await broker.advance("9m")
    assert broker.destination.to("callback") == []
    await broker.advance("1m")
    assert len(broker.destination.to("callback")) == 1


async def test_no_response_is_reported_as_status_0(broker: SimulatedBroker) -> None:
    """A failure callback learns that nothing answered."""

    def unreachable(delivery: Delivery) -> int:
        if "jobs" in delivery.url:
            raise httpx.ConnectError("refused")
        return 200

    broker.destination.respond = unreachable
    await broker.publish(URL, headers={"Upstash-Failure-Callback": FAILURE, "Upstash-Retries": "0"})
    await broker.settle()
    [report] = reports(broker, "failure")
    assert (report["status"], report["body"], report["header"]) == (0, "", {})
