"""The log: filters, order, pages, redaction."""

from typing import Any

import pytest

from infra.local.qstash.simulation import SimulatedBroker

URL = "https://shop.example/jobs"


async def events(broker: SimulatedBroker, **filters: str | int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await broker.get("/v2/events", **filters))["events"]
    return found


@pytest.mark.parametrize("order", ["earliestFirst", "latestFirst"])
async def test_pages_over_2500_events(broker: SimulatedBroker, order: str) -> None:
    """Each exactly once and in order, also when events are added meanwhile; no cursor on the last page."""
    for _ in range(5):
        await broker.api.post("/v2/batch", json=[{"destination": URL, "headers": {"Upstash-Delay": "1h"}}] * 500)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await broker.get("/v2/events", order=order, count=700, **({"cursor": cursor} if cursor else {}))
        seen.extend(event["messageId"] for event in page["events"])
        cursor = page.get("cursor")
        if order == "latestFirst":
            await broker.publish(URL, headers={"Upstash-Delay": "1h"})
    assert len(seen) == len(set(seen)) == 2500


async def test_both_addresses_serve_the_log(broker: SimulatedBroker) -> None:
    """`/v2/events` with `events` for the SDKs, `/v2/logs` with `logs` as documented."""
    await broker.publish(URL)
    await broker.settle()
    assert (await broker.get("/v2/logs"))["logs"] == await events(broker)
    assert [event["state"] for event in await events(broker)] == ["DELIVERED", "ACTIVE", "CREATED"]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 9),
        ({"state": "CREATED"}, 2),
        ({"state": "CREATED,DELIVERED"}, 3),
        ({"state": "IN_PROGRESS"}, 4),
        ({"state": "CANCELED"}, 1),
        ({"state": "CANCELLED"}, 1),
        ({"url": "https://shop.example/a?x=1,2"}, 3),
        ({"host": "shop.example"}, 3),
        ({"host": "other.example:8443"}, 6),
        ({"path": "/a"}, 3),
        ({"path": "/b"}, 6),
        ({"label": "one"}, 3),
        ({"label": "two"}, 9),
        ({"label": "three,four"}, 6),
        ({"label": "on"}, 0),
        ({"queueName": "orders"}, 3),
        ({"queueName": "orders,none"}, 3),
        ({"flowControlKey": "k"}, 6),
        ({"topicName": "group"}, 0),
        ({"scheduleId": "s"}, 0),
        ({"callerIp": "127.0.0.1"}, 9),
        ({"callerIp": "10.0.0.1"}, 0),
        ({"fromDate": 1_735_689_660_000}, 2),
        ({"toDate": 1_735_689_659_999}, 7),
        ({"fromDate": 1_735_689_600_000, "toDate": 1_735_689_600_000, "state": "CREATED"}, 2),
        ({"label": "two", "host": "shop.example", "state": "DELIVERED"}, 1),
    ],
)
async def test_filters(broker: SimulatedBroker, filters: dict[str, str | int], count: int) -> None:
    """Any of the values, all of the filters."""
    broker.destination.respond = lambda delivery: 500 if "other" in delivery.url else 200
    await broker.publish("https://shop.example/a?x=1,2", queue="orders", headers={"Upstash-Label": "one,two"})
    failing = await broker.publish(
        "https://other.example:8443/b",
        headers={
            "Upstash-Label": "two, three",
            "Upstash-Flow-Control-Key": "k",
            "Upstash-Flow-Control-Value": "rate=9",
            "Upstash-Retry-Delay": "3600000",
        },
    )
    await broker.advance("1m")
    await broker.api.delete(f"/v2/messages/{failing}")
    if filters.get("state") == "IN_PROGRESS":
        # ACTIVE twice, ERROR and RETRY once.
        assert {event["state"] for event in await events(broker, **filters)} == {"ACTIVE", "ERROR", "RETRY"}
    assert len(await events(broker, **filters)) == count


async def test_several_message_ids(broker: SimulatedBroker) -> None:
    """Repeated parameters, and other filters are ignored beside them."""
    ids = [await broker.publish(URL, headers={"Upstash-Delay": "1h"}) for _ in range(3)]
    response = await broker.api.get("/v2/events", params={"messageIds": ids[:2], "label": "none"})
    assert [event["messageId"] for event in response.json()["events"]] == [ids[1], ids[0]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("labeel", "x"),
        ("state", "DONE"),
        ("order", "random"),
        ("count", "1001"),
        ("count", "x"),
        ("cursor", "x"),
        ("fromDate", "now"),
        ("responseStatus", "500"),
    ],
)
async def test_unknown_filters_and_bad_values_are_refused_by_name(
    broker: SimulatedBroker, name: str, value: str
) -> None:
    """400 with the parameter at fault."""
    response = await broker.api.get("/v2/events", params={name: value})
    assert response.status_code == 400
    assert name in response.json()["error"]


async def test_an_event_shows_the_settings_of_its_message(broker: SimulatedBroker) -> None:
    """Under the names that events use, plural where messages are singular."""
    await broker.publish(
        URL,
        body=b"x",
        headers={
            "Upstash-Callback": "https://shop.example/cb",
            "Upstash-Callback-Forward-X-One": "1",
            "Upstash-Failure-Callback": "https://shop.example/fcb",
            "Upstash-Failure-Callback-Forward-X-Two": "2",
            "Upstash-Timeout": "30s",
            "Upstash-Retry-Delay": "1000",
            "Upstash-Flow-Control-Key": "k",
            "Upstash-Flow-Control-Value": "parallelism=2",
            "Upstash-Delay": "1h",
            "Upstash-Label": "a,b",
        },
    )
    [event] = await events(broker)
    expected = {
        "time": broker.clock.now(),
        "state": "CREATED",
        "url": URL,
        "body": "eA==",
        "method": "POST",
        "callback": "https://shop.example/cb",
        "callbackHeaders": {"X-One": ["1"]},
        "failureCallback": "https://shop.example/fcb",
        "failureCallbackHeaders": {"X-Two": ["2"]},
        "timeout": 30_000,
        "maxRetries": 3,
        "retryDelayExpr": "1000",
        "retryDelayExpression": "1000",
        "flowControlKey": "k",
        "parallelism": 2,
        "period": 1,
        "label": "a",
        "labels": ["a", "b"],
    }
    assert {name: event[name] for name in expected} == expected
    assert "rate" not in event


@pytest.mark.parametrize("fields", ["body,header", "body,headers", "body,headers[X-Secret]"])
async def test_redacted_fields_are_hidden_everywhere_but_delivered(broker: SimulatedBroker, fields: str) -> None:
    """Log and message show the hash of the original, which is what arrives."""
    headers = {"Upstash-Redact-Fields": fields, "Upstash-Forward-X-Secret": "s", "Upstash-Delay": "1s"}
    message_id = await broker.publish(URL, body=b"secret", headers=headers)
    message = await broker.get(f"/v2/messages/{message_id}")
    [event] = await events(broker)
    for shown in (message, event):
        assert shown["body"] == "REDACTED:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
        assert shown["header"]["X-Secret"][0].startswith("REDACTED:")
    await broker.advance("1s")
    assert broker.destination.deliveries[0].body == b"secret"
    assert broker.destination.deliveries[0].headers["X-Secret"] == "s"


async def test_old_events_and_finished_messages_are_forgotten(broker: SimulatedBroker) -> None:
    """After a week and some; what still waits and the dead letters stay."""
    broker.destination.respond = lambda delivery: 500 if "dead" in delivery.url else 200
    done = await broker.publish(f"{URL}/done")
    await broker.publish(f"{URL}/dead", headers={"Upstash-Retries": "0"})
    waiting = await broker.publish(f"{URL}/waiting", headers={"Upstash-Delay": "30d"})
    await broker.advance("7d")
    assert (await broker.api.get(f"/v2/messages/{done}")).status_code == 200
    await broker.advance("2h")
    assert (await broker.api.get(f"/v2/messages/{done}")).status_code == 404
    assert await events(broker) == []
    assert (await broker.get(f"/v2/messages/{waiting}"))["messageId"] == waiting
    assert len((await broker.get("/v2/dlq"))["messages"]) == 1
    await broker.advance("30d")
    assert broker.destination.to("waiting")
