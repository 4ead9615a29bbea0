"""What arrives at the destination, and what follows from its answer."""

import asyncio
import json
import time

import httpx
import pytest
from qstash import Receiver
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.local.qstash import DEV_CURRENT_SIGNING_KEY, DEV_NEXT_SIGNING_KEY, Broker, BrokerConfig, broker_app
from infra.local.qstash.simulation import Delivery, SimulatedBroker, simulated_broker
from infra.local.server import serving

URL = "https://shop.example/jobs"
BODY = bytes(range(256))


async def test_the_request_is_the_documented_one(broker: SimulatedBroker) -> None:
    """Body byte for byte, forwarded headers, the broker's own headers, nothing of the publisher's."""
    message_id = await broker.publish(
        f"{URL}?a=1",
        body=BODY,
        headers={
            "Content-Type": "application/octet-stream",
            "Upstash-Method": "PATCH",
            "Upstash-Forward-X-Tenant": "7",
            "X-Not-Forwarded": "1",
        },
    )
    await broker.settle()
    [delivery] = broker.destination.deliveries
    assert (delivery.method, delivery.url, delivery.body) == ("PATCH", f"{URL}?a=1", BODY)
    headers = dict(delivery.headers)
    assert headers.pop("upstash-signature").count(".") == 2
    assert headers == {
        "host": "shop.example",
        "content-type": "application/octet-stream",
        "content-length": "256",
        "x-tenant": "7",
        "user-agent": "Upstash-QStash",
        "upstash-message-id": message_id,
        "upstash-retried": "0",
        "upstash-caller-ip": "127.0.0.1",
        "upstash-region": "EU-CENTRAL-1",
    }


async def test_a_get_carries_the_body_too(broker: SimulatedBroker) -> None:
    """As the service does."""
    await broker.publish(URL, body=b"x", headers={"Upstash-Method": "GET"})
    await broker.settle()
    assert [(d.method, d.body) for d in broker.destination.deliveries] == [("GET", b"x")]


async def test_the_official_receiver_verifies_real_deliveries() -> None:
    """Signed with the current key over the destination as it was given, before and after a rotation."""
    received: list[tuple[str, str]] = []

    async def receive(request: Request) -> Response:
        received.append((request.headers["upstash-signature"], (await request.body()).decode()))
        return Response()

    broker = Broker(BrokerConfig())
    target = Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])])
    async with serving(target) as target_url, serving(broker_app(broker)) as url, httpx.AsyncClient() as client:
        client.headers["Authorization"] = f"Bearer {broker.config.token}"
        destination = f"{target_url}/a%20b/%C3%A7?x=1&y=%2F"
        await client.post(f"{url}/v2/publish/{destination}", content="olá")
        await broker.settle()
        keys = (await client.post(f"{url}/v2/keys/rotate")).json()
        await client.post(f"{url}/v2/publish/{destination}", content="")
        await broker.settle()
    assert [body for _, body in received] == ["olá", ""]
    before = Receiver(current_signing_key=DEV_CURRENT_SIGNING_KEY, next_signing_key=DEV_NEXT_SIGNING_KEY)
    after = Receiver(current_signing_key=keys["current"], next_signing_key=keys["next"])
    before.verify(signature=received[0][0], body="olá", url=destination)
    # Signed with what used to be the next key, so that a receiver not yet updated still accepts it.
    before.verify(signature=received[1][0], body="", url=destination)
    after.verify(signature=received[1][0], body="", url=destination)


async def test_a_rewritten_host_changes_only_the_connection() -> None:
    """Signature, log and message keep the original destination, and so does the Host header."""
    seen: list[tuple[str, str, str]] = []

    async def receive(request: Request) -> Response:
        seen.append((request.url.path, request.url.query, request.headers["host"]))
        return Response(status_code=404, content="404 Not Found")

    target = Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])])
    async with serving(target) as target_url:
        broker = Broker(BrokerConfig(rewrites={"api.example.com": f"{target_url}/mock"}))
        async with serving(broker_app(broker)) as url, httpx.AsyncClient() as client:
            client.headers["Authorization"] = f"Bearer {broker.config.token}"
            await client.post(f"{url}/v2/publish/https://api.example.com/v1/x?y=1", headers={"Upstash-Retries": "0"})
            await broker.settle()
            letter = (await client.get(f"{url}/v2/dlq")).json()["messages"][0]
    assert seen == [("/mock/v1/x", "y=1", "api.example.com")]
    assert (letter["url"], letter["responseBody"]) == ("https://api.example.com/v1/x?y=1", "404 Not Found")


async def test_retries_keep_the_documented_times(broker: SimulatedBroker) -> None:
    """12 s, 2 m 28 s and 30 m 8 s after each failure; then the dead letters. The log tells all of it."""
    broker.destination.respond = lambda delivery: 500
    start = broker.clock.now()
    message_id = await broker.publish(URL)
    await broker.advance("1d")
    assert [(d.retried, d.at - start) for d in broker.destination.deliveries] == [
        (0, 0),
        (1, 12_182),
        (2, 12_182 + 148_413),
        (3, 12_182 + 148_413 + 1_808_042),
    ]
    attempt = ["ACTIVE", "ERROR", "RETRY"]
    assert await broker.states(message_id) == ["CREATED", *attempt * 3, "ACTIVE", "ERROR", "FAILED"]
    events = (await broker.get("/v2/events", messageId=message_id, state="RETRY", order="earliestFirst"))["events"]
    assert [event["nextDeliveryTime"] - start for event in events] == [12_182, 160_595, 1_968_637]


async def test_a_retry_that_succeeds_ends_the_message(broker: SimulatedBroker) -> None:
    """Exactly one DELIVERED event and no dead letter."""
    broker.destination.respond = lambda delivery: 503 if delivery.retried < 2 else 204
    message_id = await broker.publish(URL, headers={"Upstash-Retry-Delay": "1000 * pow(2, retried)"})
    await broker.advance("1h")
    first = broker.destination.deliveries[0].at
    assert [d.at - first for d in broker.destination.deliveries] == [0, 1000, 3000]
    assert (await broker.states(message_id)).count("DELIVERED") == 1
    assert (await broker.get("/v2/dlq"))["messages"] == []


async def test_the_destination_may_ask_for_a_delay(broker: SimulatedBroker) -> None:
    """Retry-After beats the expression."""
    broker.destination.respond = lambda delivery: httpx.Response(429, headers={"Retry-After": "1m"})
    await broker.publish(URL, headers={"Upstash-Retries": "1", "Upstash-Retry-Delay": "1000"})
    await broker.advance("1h")
    first, second = broker.destination.deliveries
    assert second.at - first.at == 60_000


async def test_a_refusal_for_good_is_not_retried(broker: SimulatedBroker) -> None:
    """Status 489 with its header goes straight to the dead letters."""
    broker.destination.respond = lambda delivery: httpx.Response(489, headers={"Upstash-NonRetryable-Error": "true"})
    message_id = await broker.publish(URL)
    await broker.advance("1d")
    assert len(broker.destination.deliveries) == 1
    assert (await broker.states(message_id))[-2:] == ["ERROR", "FAILED"]


@pytest.mark.parametrize("status", [301, 400, 401, 500])
async def test_everything_but_a_2xx_is_retried(broker: SimulatedBroker, status: int) -> None:
    """Redirects are not followed but retried, and client errors like any other."""
    broker.destination.respond = lambda delivery: httpx.Response(status, headers={"Location": "https://other.example"})
    await broker.publish(URL, headers={"Upstash-Retries": "1"})
    await broker.advance("1m")
    assert [d.url for d in broker.destination.deliveries] == [URL, URL]


async def test_no_answer_is_a_failure_with_its_reason(broker: SimulatedBroker) -> None:
    """A refused connection has status 0 in the dead letters and the reason in the log."""

    def refuse(delivery: Delivery) -> int:
        raise httpx.ConnectError("connection refused")

    broker.destination.respond = refuse
    await broker.publish(URL, headers={"Upstash-Retries": "0"})
    await broker.settle()
    assert (await broker.get("/v2/dlq"))["messages"][0]["responseStatus"] == 0
    [event] = (await broker.get("/v2/events", state="ERROR"))["events"]
    assert event["error"] == "ConnectError: connection refused"
    assert "responseStatus" not in event


async def test_an_attempt_ends_with_its_timeout(broker: SimulatedBroker) -> None:
    """The clock decides, also a virtual one; the retry follows the usual policy."""

    async def hang(delivery: Delivery) -> int:
        if delivery.retried == 0:
            await asyncio.Event().wait()
        return 200

    broker.destination.respond = hang
    message_id = await broker.publish(URL, headers={"Upstash-Timeout": "30s"})
    started = time.monotonic()
    # The attempt in flight would be waited for; ordering the moves by hand keeps the test quick.
    await broker.sent(1)
    await broker.clock.advance(30_000)
    await broker.settle()
    await broker.advance("13s")
    assert time.monotonic() - started < 5
    assert [d.at - broker.destination.deliveries[0].at for d in broker.destination.deliveries] == [0, 42_182]
    assert (await broker.states(message_id))[-1] == "DELIVERED"
    [event] = (await broker.get("/v2/events", state="ERROR"))["events"]
    assert event["error"] == "no response within 30 s"


async def test_a_crashing_attempt_is_a_failed_one(broker: SimulatedBroker) -> None:
    """Whatever goes wrong inside an attempt, the message is retried and not stuck."""

    def crash(delivery: Delivery) -> int:
        raise RuntimeError("bug")

    broker.destination.respond = crash
    message_id = await broker.publish(URL, headers={"Upstash-Retries": "1"})
    await broker.advance("1d")
    assert (await broker.states(message_id)).count("ERROR") == 2


async def test_deliveries_run_side_by_side_up_to_the_limit() -> None:
    """No more attempts than configured at a time, and a free place is taken at once."""
    gate = asyncio.Event()
    running = peak = 0

    async def slow(delivery: Delivery) -> int:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await gate.wait()
        running -= 1
        return 200

    async with simulated_broker(BrokerConfig(parallelism=3)) as broker:
        broker.destination.respond = slow
        await broker.api.post("/v2/batch", json=[{"destination": URL}] * 10)
        await broker.sent(3)
        assert await broker.get("/v2/globalParallelism") == {"parallelismMax": 3, "parallelismCount": 3}
        gate.set()
        await broker.settle()
    assert (peak, len(broker.destination.deliveries)) == (3, 10)


async def test_a_response_too_long_to_keep_is_cut(broker: SimulatedBroker) -> None:
    """A destination that streams without end must not fill the broker."""
    broker.destination.respond = lambda delivery: httpx.Response(500, content=b"x" * (3 << 20))
    await broker.publish(URL, headers={"Upstash-Retries": "0"})
    await broker.settle()
    assert len((await broker.get("/v2/dlq"))["messages"][0]["responseBody"]) == 1 << 20


async def test_error_events_carry_the_response(broker: SimulatedBroker) -> None:
    """Under the names of the SDKs and of the documents."""
    broker.destination.respond = lambda delivery: httpx.Response(500, headers={"X-A": "1"}, content=b"no")
    await broker.publish(URL, headers={"Upstash-Retries": "0", "Upstash-Retry-Delay": "1000"})
    await broker.settle()
    events = {event["state"]: event for event in (await broker.get("/v2/events"))["events"]}
    error = events["ERROR"]
    assert (error["responseStatus"], error["responseBody"]) == (500, "bm8=")
    assert error["responseHeader"] == error["responseHeaders"]
    assert error["responseHeader"]["X-A"] == ["1"]
    assert error["retryDelayExpr"] == error["retryDelayExpression"] == "1000"
    assert all("responseStatus" not in events[state] for state in ("CREATED", "ACTIVE", "FAILED"))
    assert json.dumps(events["FAILED"])


async def test_credentials_in_the_url_become_a_header(broker: SimulatedBroker) -> None:
    """As HTTP clients do; a forwarded Authorization wins."""
    await broker.publish("https://shop:p%40ss@shop.example/a")
    await broker.publish("https://shop:x@shop.example/b", headers={"Upstash-Forward-Authorization": "Bearer t"})
    await broker.settle()
    sent = {d.url[-1]: (d.headers["Authorization"], d.headers["Host"]) for d in broker.destination.deliveries}
    assert sent == {"a": ("Basic c2hvcDpwQHNz", "shop.example"), "b": ("Bearer t", "shop.example")}


@pytest.mark.parametrize("name", ["Host", "Content-Length", "Transfer-Encoding"])
async def test_headers_of_the_connection_cannot_be_forwarded(broker: SimulatedBroker, name: str) -> None:
    """They would make the delivery malformed, so they are refused at once."""
    response = await broker.api.post(f"/v2/publish/{URL}", headers={f"Upstash-Forward-{name}": "1"})
    assert response.status_code == 400
    assert name in response.json()["error"]
