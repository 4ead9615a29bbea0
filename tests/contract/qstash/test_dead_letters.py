"""The dead letter queue: filters, pages, deletion and replay."""

from typing import Any

import httpx
import pytest

from infra.local.qstash.simulation import SimulatedBroker

URL = "https://shop.example/jobs"


async def fail(broker: SimulatedBroker, count: int, **headers: str) -> list[str]:
    """Let `count` messages fail and return their dead letter ids."""
    given = {f"Upstash-{name.replace('_', '-')}": value for name, value in headers.items()}
    item = {"destination": URL, "headers": {"Upstash-Retries": "0", **given}, "body": "x"}
    before = broker.destination.respond
    broker.destination.respond = lambda delivery: httpx.Response(500, headers={"X-A": "1"}, content=b"\xff")
    known = {letter["dlqId"] for letter in await letters(broker)}
    (await broker.api.post("/v2/batch", json=[item] * count)).raise_for_status()
    await broker.settle()
    broker.destination.respond = before
    return [letter["dlqId"] for letter in await letters(broker) if letter["dlqId"] not in known]


async def letters(broker: SimulatedBroker, **filters: str | int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await broker.get("/v2/dlq", **filters))["messages"]
    return found


async def test_a_letter_is_the_message_with_its_last_response(broker: SimulatedBroker) -> None:
    """Status, headers and body; a body that is no text is in base64."""
    [dlq_id] = await fail(broker, 1, Label="a,b", Forward_X_Tenant="7")
    letter = await broker.get(f"/v2/dlq/{dlq_id}")
    assert (letter["dlqId"], letter["url"], letter["body"], letter["labels"]) == (dlq_id, URL, "x", ["a", "b"])
    assert (letter["responseStatus"], letter["responseHeader"]["X-A"]) == (500, ["1"])
    assert letter["responseBodyBase64"] == "/w=="
    assert "responseBody" not in letter
    assert dlq_id.startswith(f"{broker.clock.now()}-")


async def test_pages_over_2500_letters(broker: SimulatedBroker) -> None:
    """Each exactly once, in both orders, a hundred at a time, and no cursor on the last page."""
    broker.destination.respond = lambda delivery: 500
    item = {"destination": URL, "headers": {"Upstash-Retries": "0"}}
    for _ in range(5):
        await broker.api.post("/v2/batch", json=[item] * 500)
    await broker.settle()
    orders: dict[str, list[str]] = {}
    for order in ("earliestFirst", "latestFirst"):
        pages: list[list[str]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await broker.get("/v2/dlq", order=order, **({"cursor": cursor} if cursor else {}))
            pages.append([letter["dlqId"] for letter in page["messages"]])
            cursor = page.get("cursor")
        assert [len(page) for page in pages] == [100] * 25
        orders[order] = [dlq_id for page in pages for dlq_id in page]
        assert len(set(orders[order])) == 2500
    assert orders["earliestFirst"] == orders["latestFirst"][::-1]


@pytest.mark.parametrize(
    ("filters", "matches"),
    [
        ({"label": "b"}, True),
        ({"label": "b,z"}, True),
        ({"label": "z"}, False),
        ({"url": URL}, True),
        ({"url": f"{URL}/x"}, False),
        ({"responseStatus": 500}, True),
        ({"responseStatus": "404,500"}, True),
        ({"responseStatus": 404}, False),
        ({"callerIp": "127.0.0.1"}, True),
        ({"callerIP": "127.0.0.1"}, True),
        ({"flowControlKey": "k"}, True),
        ({"queueName": "orders"}, True),
        ({"topicName": "group"}, False),
        ({"scheduleId": "s"}, False),
        ({"fromDate": 1_735_689_600_000, "toDate": 1_735_689_600_000}, True),
        ({"fromDate": 1_735_689_600_001}, False),
        ({"toDate": 1_735_689_599_999}, False),
        ({"label": "a", "responseStatus": 404}, False),
    ],
)
async def test_filters(broker: SimulatedBroker, filters: dict[str, str | int], matches: bool) -> None:
    """Any of the values, all of the filters; dates are inclusive."""
    flow = {"Flow_Control_Key": "k", "Flow_Control_Value": "rate=9"}
    [dlq_id] = await fail(broker, 1, Label="a,b", Queue_Name="orders", **flow)
    assert [letter["dlqId"] for letter in await letters(broker, **filters)] == ([dlq_id] if matches else [])


@pytest.mark.parametrize("name", ["labeel", "state", "host", "path"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/v2/dlq"), ("DELETE", "/v2/dlq"), ("POST", "/v2/dlq/retry")])
async def test_an_unknown_filter_changes_nothing(broker: SimulatedBroker, method: str, path: str, name: str) -> None:
    """A typo must not delete or replay everything."""
    await fail(broker, 2)
    response = await broker.api.request(method, path, params={name: "x"})
    assert response.status_code == 400
    assert name in response.json()["error"]
    assert len(await letters(broker)) == 2


@pytest.mark.parametrize("shape", ["body", "repeated", "commas"])
async def test_deleting_by_ids_in_both_shapes(broker: SimulatedBroker, shape: str) -> None:
    """A JSON body, a repeated parameter or a comma list; ids that do not exist are passed over."""
    ids = await fail(broker, 3)
    wanted = [ids[0], ids[2], "1-99"]
    if shape == "body":
        response = await broker.api.request("DELETE", "/v2/dlq", json={"dlqIds": wanted})
    elif shape == "repeated":
        response = await broker.api.delete("/v2/dlq", params={"dlqIds": wanted})
    else:
        response = await broker.api.delete("/v2/dlq", params={"dlqIds": ",".join(wanted)})
    assert response.json() == {"deleted": 2}
    assert [letter["dlqId"] for letter in await letters(broker)] == [ids[1]]


async def test_deleting_by_filter_and_count(broker: SimulatedBroker) -> None:
    """A bounded delete gives a cursor while there is more; an unbounded one takes all that match."""
    await fail(broker, 5, Label="a")
    await fail(broker, 2, Label="b")
    first = (await broker.api.delete("/v2/dlq", params={"label": "a", "count": 3})).json()
    assert first["deleted"] == 3
    second = (await broker.api.delete("/v2/dlq", params={"label": "a", "count": 3, "cursor": first["cursor"]})).json()
    assert second == {"deleted": 2}
    assert (await broker.api.delete("/v2/dlq")).json() == {"deleted": 2}


@pytest.mark.parametrize("content", [{"dlqIds": []}, {"dlqIds": [""]}, {"dlqIds": "x"}, {"ids": ["x"]}, ["x"]])
async def test_an_empty_or_odd_list_is_refused(broker: SimulatedBroker, content: object) -> None:
    """Nothing is deleted by mistake."""
    await fail(broker, 1)
    assert (await broker.api.request("DELETE", "/v2/dlq", json=content)).status_code == 400
    assert (await broker.api.request("DELETE", "/v2/dlq?dlqIds=")).status_code == 400
    assert len(await letters(broker)) == 1


async def test_a_retry_is_a_new_message_and_the_letter_is_gone(broker: SimulatedBroker) -> None:
    """Same destination, body and headers, a new id; the old letter is 404 afterwards."""
    [dlq_id] = await fail(broker, 1, Forward_X_Tenant="7", Label="l", Method="PUT")
    before = broker.destination.deliveries[-1]
    response = await broker.api.post(f"/v2/dlq/retry/{dlq_id}")
    assert response.status_code == 201
    await broker.settle()
    after = broker.destination.deliveries[-1]
    assert after.message_id == response.json()["messageId"] != before.message_id
    assert (after.method, after.url, after.body, after.headers["X-Tenant"]) == ("PUT", URL, b"x", "7")
    assert after.retried == 0
    assert (await broker.states(after.message_id))[-1] == "DELIVERED"
    for method, path in (("GET", "/v2/dlq"), ("DELETE", "/v2/dlq"), ("POST", "/v2/dlq/retry")):
        assert (await broker.api.request(method, f"{path}/{dlq_id}")).status_code == 404


async def test_a_retry_may_change_headers(broker: SimulatedBroker) -> None:
    """What the retry gives replaces the original; the rest stays."""
    [dlq_id] = await fail(broker, 1, Forward_X_Tenant="7", Forward_X_Key="old")
    headers = {"Upstash-Forward-X-Key": "new", "Upstash-Retries": "5"}
    message_id = (await broker.api.post(f"/v2/dlq/retry/{dlq_id}", headers=headers)).json()["messageId"]
    await broker.settle()
    delivered = broker.destination.deliveries[-1].headers
    assert (delivered["X-Tenant"], delivered["X-Key"]) == ("7", "new")
    assert (await broker.get(f"/v2/messages/{message_id}"))["maxRetries"] == 5
    response = await broker.api.post(f"/v2/dlq/retry/{dlq_id}", headers={"Upstash-Retries": "many"})
    assert response.status_code == 400


@pytest.mark.parametrize("shape", ["body", "parameters", "filter"])
async def test_bulk_retry(broker: SimulatedBroker, shape: str) -> None:
    """By ids in both shapes or by filter; the cursor is an empty text at the end."""
    ids = await fail(broker, 2, Label="a")
    await fail(broker, 1, Label="b")
    if shape == "body":
        response = await broker.api.post("/v2/dlq/retry", json={"dlqIds": ids})
    else:
        parameters = {"dlqIds": ids} if shape == "parameters" else {"label": "a"}
        response = await broker.api.post("/v2/dlq/retry", params=parameters)
    assert response.status_code == 201
    assert response.json()["cursor"] == ""
    assert len(response.json()["responses"]) == 2
    await broker.settle()
    assert [letter["label"] for letter in await letters(broker)] == ["b"]


async def test_a_retried_queue_message_goes_through_its_queue(broker: SimulatedBroker) -> None:
    """It takes its place behind what waits there."""
    [dlq_id] = await fail(broker, 1, Queue_Name="orders")
    await broker.api.post("/v2/queues/orders/pause")
    await broker.publish(f"{URL}/waiting", queue="orders")
    await broker.api.post(f"/v2/dlq/retry/{dlq_id}")
    await broker.api.post("/v2/queues/orders/resume")
    await broker.settle()
    assert [delivery.url for delivery in broker.destination.deliveries[1:]] == [f"{URL}/waiting", URL]


async def test_redacted_fields_are_restored_by_a_retry(broker: SimulatedBroker) -> None:
    """The API shows hashes; the delivery of the retry carries the originals."""
    [dlq_id] = await fail(broker, 1, Redact_Fields="body,header[Authorization]", Forward_Authorization="Bearer s")
    letter = await broker.get(f"/v2/dlq/{dlq_id}")
    assert letter["body"].startswith("REDACTED:")
    assert letter["header"]["Authorization"][0].startswith("REDACTED:")
    await broker.api.post(f"/v2/dlq/retry/{dlq_id}")
    await broker.settle()
    assert broker.destination.deliveries[-1].body == b"x"
    assert broker.destination.deliveries[-1].headers["Authorization"] == "Bearer s"
