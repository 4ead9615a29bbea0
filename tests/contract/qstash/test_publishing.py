"""Publish, enqueue and batch over raw HTTP: paths, statuses, errors."""

import httpx
import pytest

from infra.local.qstash import DEV_TOKEN
from infra.local.qstash.simulation import SimulatedBroker

URL = "https://shop.example/jobs"


@pytest.mark.parametrize(
    ("path", "destination"),
    [
        ("https://shop.example/a%20b/%C3%A7%C3%A3o", "https://shop.example/a%20b/%C3%A7%C3%A3o"),
        ("https://shop.example/", "https://shop.example/"),
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example//double//", "https://shop.example//double//"),
        ("https://shop.example/200?sleep=30000&x=a%26b", "https://shop.example/200?sleep=30000&x=a%26b"),
        ("https://shop.example/?x=1&upstash-retries=1&qstash_token=t&y=2", "https://shop.example/?x=1&y=2"),
        ("https://shop.example/?upstash-label=a", "https://shop.example/"),
        ("https://user@shop.example:8443/x?a=%3D", "https://user@shop.example:8443/x?a=%3D"),
        ("https%3A%2F%2Fshop.example%2Fa%3Fb=1", "https://shop.example/a?b=1"),
    ],
)
async def test_the_destination_is_taken_as_it_stands(broker: SimulatedBroker, path: str, destination: str) -> None:
    """Encoding, slashes and query belong to the destination; only the broker's own parameters are taken out."""
    message_id = await broker.publish(path, headers={"Upstash-Delay": "1m"})
    assert (await broker.get(f"/v2/messages/{message_id}"))["url"] == destination


async def test_created_and_duplicate_differ_in_status(broker: SimulatedBroker) -> None:
    """201 when something was stored, 202 when all of it was a duplicate."""
    headers = {"Upstash-Deduplication-Id": "a"}
    first = await broker.api.post(f"/v2/publish/{URL}", headers=headers)
    second = await broker.api.post(f"/v2/publish/{URL}", headers=headers)
    assert (first.status_code, second.status_code) == (201, 202)
    assert second.json() == {**first.json(), "deduplicated": True}
    item = {"destination": URL, "headers": headers}
    assert (await broker.api.post("/v2/batch", json=[item])).status_code == 202
    assert (await broker.api.post("/v2/batch", json=[item, {"destination": URL}])).status_code == 201


async def test_the_token_may_be_a_parameter(broker: SimulatedBroker) -> None:
    """Environments that cannot set headers authenticate in the query; it never reaches the destination."""
    async with httpx.AsyncClient(transport=broker.api._transport, base_url="http://broker") as anonymous:
        refused = await anonymous.post(f"/v2/publish/{URL}")
        wrong = await anonymous.get("/v2/keys", headers={"Authorization": "Bearer wrong"})
        accepted = await anonymous.post(f"/v2/publish/{URL}?qstash_token={DEV_TOKEN.replace('=', '%3D')}&a=1")
    assert (refused.status_code, wrong.status_code) == (401, 401)
    assert refused.json() == {"error": "unable to authenticate: invalid token"}
    assert accepted.json()["url"] == f"{URL}?a=1"


@pytest.mark.parametrize(
    ("destination", "status", "reason"),
    [
        ("shop.example/jobs", 400, "endpoint has invalid scheme, add http:// or https://"),
        ("ftp://shop.example", 400, "invalid destination url"),
        ("https:/shop.example", 400, "invalid destination url"),
        ("no-such-group", 404, "url group 'no-such-group' not found"),
    ],
)
async def test_a_bad_destination_is_refused(
    broker: SimulatedBroker, destination: str, status: int, reason: str
) -> None:
    """A missing scheme is told from a missing group."""
    response = await broker.api.post(f"/v2/publish/{destination}")
    assert response.status_code == status
    assert reason in response.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/v2/publish/{URL}", 405),
        ("PUT", "/v2/batch", 405),
        ("POST", "/v2/publish/", 400),
        ("GET", "/v2/workflows/logs", 404),
        ("POST", "/v2/notify/event", 404),
        ("GET", "/v2/messages/msg_unknown", 404),
        ("DELETE", "/v2/messages/msg_unknown", 404),
        ("GET", "/v2/queues/unknown", 404),
        ("POST", "/v2/queues/unknown/pause", 404),
        ("GET", "/v2/schedules/unknown", 404),
        ("PATCH", "/v2/schedules/unknown/pause", 404),
        ("DELETE", "/v2/schedules/unknown", 404),
        ("GET", "/v2/topics/unknown", 404),
        ("PATCH", "/v2/topics/unknown", 400),
        ("DELETE", "/v2/topics/unknown", 200),
        ("DELETE", "/v2/queues/unknown", 200),
        ("GET", "/v2/dlq/1-1", 404),
        ("GET", "/v2/dlq/nonsense", 404),
        ("DELETE", "/v2/dlq/1-1", 404),
        ("POST", "/v2/dlq/retry/1-1", 404),
        ("GET", "/v2/flowControl/unknown", 404),
        ("POST", "/v2/flowControl/unknown/pause", 404),
        ("POST", "/v2/batch", 400),
        ("POST", "/v2/queues", 400),
        ("DELETE", "/v2/messages/", 400),
        ("DELETE", "/v2/dlq/", 400),
        ("POST", f"/v2/enqueue/bad%20name/{URL}", 400),
        ("POST", f"/v2/schedules/{URL}", 400),
    ],
)
async def test_errors_have_their_status_and_a_reason(
    broker: SimulatedBroker, method: str, path: str, status: int
) -> None:
    """JSON with an error, except for a method that a path does not have."""
    response = await broker.api.request(method, path)
    assert response.status_code == status
    if status == 405:
        assert response.text == "Method Not Allowed"
    elif status >= 400:
        assert response.json()["error"]
    else:
        assert response.json() == {}


async def test_a_batch_sends_its_good_items(broker: SimulatedBroker) -> None:
    """Each bad item carries its own error, in its place; the others are stored."""
    response = await broker.api.post(
        "/v2/batch",
        json=[
            {"destination": URL, "body": "1"},
            {"destination": URL, "headers": {"Upstash-Delay": "soon"}},
            {"destination": "no-such-group"},
            {"body": "nowhere"},
            "text",
            {"destination": URL, "queue": "bad name"},
            {"destination": URL, "body": {"json": True}, "headers": {"upstash-retries": 0}, "queue": None},
        ],
    )
    assert response.status_code == 201
    answers = response.json()
    reasons = ["", "Upstash-Delay", "not found", "destination", "JSON object", "bad name", ""]
    assert [set(answer) for answer in answers] == [{"error"} if reason else {"messageId", "url"} for reason in reasons]
    assert all(reason in answer.get("error", "") for reason, answer in zip(reasons, answers, strict=True))
    await broker.settle()
    assert sorted(delivery.body for delivery in broker.destination.deliveries) == [b"1", b'{"json": true}']


async def test_nothing_of_a_refused_request_is_stored(broker: SimulatedBroker) -> None:
    """A request answered 4xx leaves no message, queue or key behind."""
    for path, headers in (
        (f"/v2/enqueue/orders/{URL}", {"Upstash-Retries": "many"}),
        ("/v2/enqueue/orders/no-such-group", {}),
        (f"/v2/publish/{URL}", {"Upstash-Flow-Control-Key": "k", "Upstash-Flow-Control-Value": "rate=none"}),
    ):
        assert (await broker.api.post(path, headers=headers)).status_code in (400, 404)
    assert await broker.get("/v2/queues") == []
    assert await broker.get("/v2/flowControl") == []
    assert (await broker.get("/v2/events"))["events"] == []


async def test_absent_values_have_no_key(broker: SimulatedBroker) -> None:
    """The SDKs expect a missing key, not null or an empty text."""
    message_id = await broker.publish(URL)
    message = await broker.get(f"/v2/messages/{message_id}")
    assert set(message) == {"messageId", "url", "method", "maxRetries", "notBefore", "createdAt", "callerIP"}


async def test_header_maps_are_canonical_and_ours_alone(broker: SimulatedBroker) -> None:
    """Go's spelling, lists of values, none of the SDK's own headers."""
    headers = {
        "content-type": "text/plain",
        "upstash-forward-test-header": "v",
        "upstash-forward-bypass-tunnel-reminder": "true",
        "upstash-telemetry-sdk": "x",
        "user-agent": "sdk",
    }
    message_id = await broker.publish(URL, headers=headers)
    assert (await broker.get(f"/v2/messages/{message_id}"))["header"] == {
        "Content-Type": ["text/plain"],
        "Test-Header": ["v"],
        "Bypass-Tunnel-Reminder": ["true"],
    }


async def test_delays_and_moments(broker: SimulatedBroker) -> None:
    """A moment wins over a delay, and one in the past is now."""
    start = broker.clock.now()
    later = await broker.publish(URL, headers={"Upstash-Delay": "1h", "Upstash-Not-Before": str(start // 1000 + 60)})
    past = await broker.publish(URL, headers={"Upstash-Not-Before": "1"})
    await broker.advance("59s")
    assert [delivery.message_id for delivery in broker.destination.deliveries] == [past]
    await broker.advance("1s")
    assert [(d.message_id, d.at - start) for d in broker.destination.deliveries] == [(past, 0), (later, 60_000)]


async def test_header_values_arrive_as_the_bytes_that_they_were(broker: SimulatedBroker) -> None:
    """UTF-8, Latin-1, or text in a batch that is neither; labels are read as text."""
    headers = [(b"Upstash-Forward-X-Utf8", "ação".encode()), (b"Upstash-Forward-X-Latin", b"a\xe7\xe3o")]
    label = (b"Upstash-Label", "ação".encode())
    await broker.api.post(f"/v2/publish/{URL}", headers=[*headers, label])
    item = {"destination": URL, "headers": {"Upstash-Forward-X-Any": "🎉 ", "Upstash-Label": "ação"}}
    await broker.api.post("/v2/batch", json=[item])
    await broker.settle()
    first, second = (dict(delivery.headers.raw) for delivery in broker.destination.deliveries)
    assert (first[b"X-Utf8"], first[b"X-Latin"]) == ("ação".encode(), b"a\xe7\xe3o")
    assert second[b"X-Any"] == "🎉".encode()
    assert len((await broker.get("/v2/events", label="ação", state="CREATED"))["events"]) == 2


@pytest.mark.parametrize(
    "item",
    [
        {"destination": URL, "headers": {"Content-Type": "text/plain\r\nX: 1"}},
        {"destination": URL, "headers": {"Upstash-Forward-X": "1\r\nX: 1"}},
        {"destination": URL, "headers": {"Upstash-Forward-X Y": "1"}},
        {"destination": f"{URL}\nX: 1"},
        {"destination": URL, "headers": {"Upstash-Callback": f"{URL}\t", "Upstash-Callback-Forward-X": "\0"}},
    ],
)
async def test_nothing_can_be_smuggled_into_a_delivery(broker: SimulatedBroker, item: dict[str, object]) -> None:
    """Line breaks and control characters in names, values and URLs are refused."""
    [answer] = (await broker.api.post("/v2/batch", json=[item])).json()
    assert set(answer) == {"error"}


@pytest.mark.parametrize(
    "body", [b"{", b"[1", b"\xff", b'[{"destination": "https://a.example/\\ud800"}]', b"{}", b'"x"']
)
async def test_a_body_that_is_no_batch_is_refused(broker: SimulatedBroker, body: bytes) -> None:
    """400 with the reason, whatever comes in."""
    response = await broker.api.post("/v2/batch", content=body)
    assert response.status_code == 400
    assert "body" in response.json()["error"]
