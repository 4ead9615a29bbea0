"""URL groups over raw HTTP."""

import pytest

from infra.local.qstash.simulation import SimulatedBroker

URL = "https://shop.example/jobs"


async def upsert(broker: SimulatedBroker, *endpoints: dict[str, str]) -> None:
    (await broker.api.post("/v2/topics/group/endpoints", json={"endpoints": endpoints})).raise_for_status()


async def test_an_upsert_merges(broker: SimulatedBroker) -> None:
    """A known URL takes the new name, a known name moves to the new URL, the order stays."""
    await upsert(broker, {"url": f"{URL}/1", "name": "one"}, {"url": f"{URL}/2"})
    await upsert(broker, {"url": f"{URL}/2", "name": "two"}, {"url": f"{URL}/3", "name": "one"})
    group = await broker.get("/v2/topics/group")
    assert group["endpoints"] == [{"url": f"{URL}/2", "name": "two"}, {"url": f"{URL}/3", "name": "one"}]
    assert group["createdAt"] == group["updatedAt"] == broker.clock.now()


async def test_default_headers_of_a_group(broker: SimulatedBroker) -> None:
    """Sent with every message of the group; the publisher's own win."""
    await upsert(broker, {"url": URL})
    headers = {"headers": {"x-shop": ["1"], "x-key": "default"}}
    assert (await broker.api.patch("/v2/topics/group", json=headers)).status_code == 200
    await broker.api.post("/v2/publish/group", headers={"Upstash-Forward-X-Key": "own"})
    await broker.settle()
    delivered = broker.destination.deliveries[0].headers
    assert (delivered["X-Shop"], delivered["X-Key"]) == ("1", "own")


async def test_each_endpoint_succeeds_or_fails_for_itself(broker: SimulatedBroker) -> None:
    """One message each, with its own id and its own retries."""
    broker.destination.respond = lambda delivery: 500 if delivery.url.endswith("/2") else 200
    await upsert(broker, {"url": f"{URL}/1"}, {"url": f"{URL}/2", "name": "two"})
    await broker.api.post("/v2/publish/group", headers={"Upstash-Retries": "0"})
    await broker.settle()
    [letter] = (await broker.get("/v2/dlq", topicName="group"))["messages"]
    assert (letter["url"], letter["topicName"], letter["endpointName"]) == (f"{URL}/2", "group", "two")


async def test_a_group_can_be_enqueued(broker: SimulatedBroker) -> None:
    """Its messages stand in the queue one behind the other."""
    await upsert(broker, {"url": f"{URL}/1"}, {"url": f"{URL}/2"})
    response = await broker.api.post("/v2/enqueue/orders/group")
    assert [receipt["url"] for receipt in response.json()] == [f"{URL}/1", f"{URL}/2"]
    await broker.settle()
    assert [delivery.url for delivery in broker.destination.deliveries] == [f"{URL}/1", f"{URL}/2"]


@pytest.mark.parametrize(
    ("method", "path", "content", "reason"),
    [
        ("POST", "group/endpoints", {"endpoints": [{"url": "shop.example"}]}, "url of an endpoint"),
        ("POST", "group/endpoints", {"endpoints": [{"name": "x"}]}, "url of an endpoint"),
        ("POST", "group/endpoints", {"endpoints": [{"url": 1}]}, "url"),
        ("POST", "group/endpoints", {"endpoints": []}, "endpoints"),
        ("POST", "group/endpoints", {}, "endpoints"),
        ("POST", "group/endpoints", [], "JSON object"),
        ("POST", "a%20b/endpoints", {"endpoints": [{"url": URL}]}, "url group name"),
        ("DELETE", "group/endpoints", {"endpoints": [{}]}, "url or its name"),
        ("PATCH", "group", {"headers": []}, "headers"),
    ],
)
async def test_bad_requests_are_refused_by_name(
    broker: SimulatedBroker, method: str, path: str, content: object, reason: str
) -> None:
    """400 with the field at fault; no group comes into being."""
    response = await broker.api.request(method, f"/v2/topics/{path}", json=content)
    assert response.status_code == 400
    assert reason in response.json()["error"]
    assert await broker.get("/v2/topics") == []
