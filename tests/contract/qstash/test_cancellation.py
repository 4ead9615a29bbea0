"""Cancelling messages, one or many."""

import asyncio

import pytest

from infra.local.qstash.simulation import Delivery, SimulatedBroker

URL = "https://shop.example/jobs"


async def later(broker: SimulatedBroker, count: int, **headers: str) -> list[str]:
    given = {f"Upstash-{name.replace('_', '-')}": value for name, value in headers.items()}
    return [await broker.publish(URL, headers={"Upstash-Delay": "1d", **given}) for _ in range(count)]


@pytest.mark.parametrize("shape", ["body", "repeated", "commas"])
async def test_ids_in_both_shapes(broker: SimulatedBroker, shape: str) -> None:
    """A JSON body, a repeated parameter or a comma list."""
    ids = await later(broker, 3)
    wanted = [ids[0], ids[1], "msg_unknown"]
    if shape == "body":
        response = await broker.api.request("DELETE", "/v2/messages", json={"messageIds": wanted})
    else:
        parameters = {"messageIds": wanted if shape == "repeated" else ",".join(wanted)}
        response = await broker.api.delete("/v2/messages", params=parameters)
    assert response.json() == {"cancelled": 2}
    assert (await broker.api.delete("/v2/messages")).json() == {"cancelled": 1}
    await broker.advance("2d")
    assert broker.destination.deliveries == []


async def test_filters_and_count_bound_it(broker: SimulatedBroker) -> None:
    """The oldest that match, at most as many as asked for; without a count all of them."""
    ids = await later(broker, 4, Label="a")
    await later(broker, 1, Label="b")
    response = await broker.api.delete("/v2/messages", params={"label": "a", "count": 3})
    assert response.json() == {"cancelled": 3}
    assert (await broker.api.get(f"/v2/messages/{ids[2]}")).status_code == 404
    assert (await broker.api.get(f"/v2/messages/{ids[3]}")).status_code == 200
    assert (await broker.api.delete("/v2/messages", params={"label": "a"})).json() == {"cancelled": 1}
    assert (await broker.api.delete("/v2/messages", params={"count": 100})).json() == {"cancelled": 1}


@pytest.mark.parametrize(
    ("parameters", "content", "reason"),
    [
        ({"labeel": "a"}, None, "labeel"),
        ({"label": ""}, None, "label"),
        ({"messageIds": ""}, None, "messageId"),
        ({"host": "shop.example"}, None, "host"),
        ({"count": "501"}, None, "count"),
        ({}, {"messageIds": []}, "messageIds"),
        ({}, {"messageIds": "all"}, "messageIds"),
        ({}, {}, "messageIds"),
    ],
)
async def test_nothing_is_cancelled_by_mistake(
    broker: SimulatedBroker, parameters: dict[str, str], content: object, reason: str
) -> None:
    """Typos, empty lists and empty values are refused by name."""
    await later(broker, 1)
    response = await broker.api.request("DELETE", "/v2/messages", params=parameters, json=content)
    assert response.status_code == 400
    assert reason in response.json()["error"]
    assert (await broker.api.delete("/v2/messages")).json() == {"cancelled": 1}


async def test_a_message_between_retries_can_be_cancelled(broker: SimulatedBroker) -> None:
    """It is not tried again, has no dead letter and fires no failure callback."""
    broker.destination.respond = lambda delivery: 500
    message_id = await broker.publish(URL, headers={"Upstash-Failure-Callback": "https://shop.example/failure"})
    await broker.settle()
    assert (await broker.api.delete(f"/v2/messages/{message_id}")).json() == {"cancelled": 1}
    await broker.advance("30d")
    assert len(broker.destination.deliveries) == 1
    assert (await broker.get("/v2/dlq"))["messages"] == []


@pytest.mark.parametrize(("status", "ending"), [(200, ["DELIVERED"]), (500, ["ERROR", "CANCELED"])])
async def test_an_attempt_in_flight_decides(broker: SimulatedBroker, status: int, ending: list[str]) -> None:
    """It cannot be recalled: delivered if it succeeds, cancelled instead of retried if not; never both."""
    gate = asyncio.Event()

    async def slow(delivery: Delivery) -> int:
        await gate.wait()
        return status

    broker.destination.respond = slow
    message_id = await broker.publish(URL)
    await broker.sent(1)
    assert (await broker.api.delete(f"/v2/messages/{message_id}")).json() == {"cancelled": 1}
    assert (await broker.api.get(f"/v2/messages/{message_id}")).status_code == 404
    assert (await broker.api.delete("/v2/messages")).json() == {"cancelled": 0}
    gate.set()
    await broker.settle()
    assert await broker.states(message_id) == ["CREATED", "ACTIVE", "CANCEL_REQUESTED", *ending]
    await broker.advance("2d")
    assert len(broker.destination.deliveries) == 1
    assert (await broker.get("/v2/dlq"))["messages"] == []


async def test_a_finished_message_counts_nothing(broker: SimulatedBroker) -> None:
    """Cleaning up after one that was quicker is no error."""
    message_id = await broker.publish(URL)
    await broker.settle()
    response = await broker.api.delete(f"/v2/messages/{message_id}")
    assert (response.status_code, response.json()) == (200, {"cancelled": 0})
    assert (await broker.states(message_id))[-1] == "DELIVERED"
