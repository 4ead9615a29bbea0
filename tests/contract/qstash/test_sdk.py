"""Every method of the official Python SDK, synchronous and asynchronous, against the broker over HTTP."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from qstash import AsyncQStash, QStash
from qstash.errors import QStashError
from qstash.log import LogState
from qstash.message import BatchResponse, EnqueueResponse, FlowControl, PublishResponse, PublishUrlGroupResponse
from qstash.schedule import ScheduleState

from infra.local.qstash import (
    DEV_CURRENT_SIGNING_KEY,
    DEV_NEXT_SIGNING_KEY,
    DEV_TOKEN,
    Broker,
    BrokerConfig,
    Clock,
    broker_app,
)
from infra.local.qstash.simulation import DEFAULT_START_MS, Destination
from infra.local.server import serving

URL = "https://shop.example/jobs"

METHODS = {
    "dlq": {"delete", "delete_many", "get", "list"},
    "flow_control": {"get", "get_global_parallelism", "pause", "pin", "reset_rate", "resume", "unpin"},
    "log": {"list"},
    "message": {
        *("batch", "batch_json", "cancel", "cancel_all", "cancel_many"),
        *("enqueue", "enqueue_json", "get", "publish", "publish_json"),
    },
    "queue": {"delete", "get", "list", "pause", "resume", "upsert"},
    "schedule": {"create", "create_json", "delete", "get", "list", "pause", "resume"},
    "signing_key": {"get", "rotate"},
    "url_group": {"delete", "get", "list", "remove_endpoints", "upsert_endpoints"},
}


@dataclass
class Sdk:
    """One of the two clients with the broker that it talks to."""

    client: QStash | AsyncQStash
    broker: Broker
    clock: Clock
    destination: Destination

    async def __call__(self, call: Callable[[Any], Any]) -> Any:
        """Run `call` with the client, in a thread if it blocks, and return its result."""
        if isinstance(self.client, AsyncQStash):
            return await call(self.client)
        return await asyncio.to_thread(call, self.client)

    async def settle(self) -> None:
        await self.broker.settle()

    async def advance(self, seconds: int) -> None:
        await self.broker.advance(seconds * 1000)


@pytest.fixture(params=[QStash, AsyncQStash], ids=["sync", "async"])
async def sdk(request: pytest.FixtureRequest) -> AsyncIterator[Sdk]:
    clock = Clock(frozen_at=DEFAULT_START_MS)
    destination = Destination(clock)
    broker = Broker(BrokerConfig(), clock=clock, transport=destination)
    async with serving(broker_app(broker)) as url:
        client = request.param(DEV_TOKEN, base_url=url, retry=False)
        yield Sdk(client, broker, clock, destination)
        if isinstance(client, AsyncQStash):
            await client.http._client.aclose()
        else:
            client.http._client.close()


def _get_message(message_id: str) -> Callable[[Any], Any]:
    return lambda client: client.message.get(message_id)


def _list_letters(wanted: dict[str, str]) -> Callable[[Any], Any]:
    return lambda client: client.dlq.list(filter=wanted, count=1)


def _list_logs(cursor: str | None) -> Callable[[Any], Any]:
    return lambda client: client.log.list(cursor=cursor, count=4, filter={"label": "l"})


@pytest.mark.parametrize("client_class", [QStash, AsyncQStash])
def test_no_method_of_the_sdk_is_left_out(client_class: type[QStash | AsyncQStash]) -> None:
    """A method that a new release adds is noticed here."""
    client = client_class(DEV_TOKEN)
    found = {
        name: {method for method, _ in inspect.getmembers(api, inspect.isroutine) if not method.startswith("_")}
        for name, api in vars(client).items()
        if name != "http"
    }
    assert found == METHODS


async def test_publish(sdk: Sdk) -> None:
    """Every option of publish arrives and is shown."""
    published = await sdk(
        lambda client: client.message.publish(
            url=f"{URL}?tenant=7",
            body="olá",
            content_type="text/plain",
            method="PUT",
            headers={"x-tenant": "7"},
            callback="https://shop.example/cb",
            callback_headers={"Forward-X-One": "1"},
            failure_callback="https://shop.example/fcb",
            failure_callback_headers={"Forward-X-Two": "2", "Retries": "1"},
            retries=2,
            retry_delay="1000",
            delay="1h",
            deduplication_id="order-7",
            timeout=30,
            label="orders",
        )
    )
    assert isinstance(published, PublishResponse)
    assert not published.deduplicated
    message = await sdk(lambda client: client.message.get(published.message_id))
    assert (message.url, message.method, message.body) == (f"{URL}?tenant=7", "PUT", "olá")
    assert message.headers == {"Content-Type": ["text/plain"], "X-Tenant": ["7"]}
    assert (message.callback, message.callback_headers) == ("https://shop.example/cb", {"X-One": ["1"]})
    assert (message.failure_callback, message.failure_callback_headers) == (
        "https://shop.example/fcb",
        {"X-Two": ["2"]},
    )
    assert (message.max_retries, message.retry_delay_expression, message.label) == (2, "1000", "orders")
    assert (message.created_at, message.not_before) == (DEFAULT_START_MS, DEFAULT_START_MS + 3_600_000)
    again = await sdk(lambda client: client.message.publish(url=URL, deduplication_id="order-7"))
    assert again == PublishResponse(message_id=published.message_id, deduplicated=True)
    assert sdk.destination.deliveries == []
    await sdk.advance(3600)
    delivery = sdk.destination.deliveries[0]
    assert (delivery.method, delivery.url, delivery.body) == ("PUT", f"{URL}?tenant=7", "olá".encode())


async def test_publish_json(sdk: Sdk) -> None:
    """JSON bodies are delivered as the SDK wrote them; there is exactly one DELIVERED event."""
    published = await sdk(lambda client: client.message.publish_json(url=URL, body={"name": "ação"}))
    await sdk.settle()
    assert sdk.destination.deliveries[0].body == b'{"name": "a\\u00e7\\u00e3o"}'
    assert sdk.destination.deliveries[0].headers["Content-Type"] == "application/json"
    delivered = await sdk(
        lambda client: client.log.list(filter={"message_id": published.message_id, "state": LogState.DELIVERED})
    )
    assert len(delivered.logs) == 1
    message = await sdk(lambda client: client.message.get(published.message_id))
    assert message.body == '{"name": "a\\u00e7\\u00e3o"}'


async def test_a_body_that_is_no_text(sdk: Sdk) -> None:
    """Bytes are delivered untouched and shown in base64."""
    published = await sdk(lambda client: client.message.publish(url=URL, body=b"\xff\x00", delay=60))
    message = await sdk(lambda client: client.message.get(published.message_id))
    assert (message.body, message.body_base64) == (None, "/wA=")
    await sdk.advance(60)
    assert sdk.destination.deliveries[0].body == b"\xff\x00"


async def test_flow_control_of_messages(sdk: Sdk) -> None:
    """Limits that were not given are absent, the period is always there."""
    asked: list[tuple[FlowControl, tuple[int | None, int | None, int]]] = [
        (FlowControl(key="a", rate=1), (None, 1, 1)),
        (FlowControl(key="b", rate=23, period="1h30m3s"), (None, 23, 5403)),
        (FlowControl(key="c", parallelism=5), (5, None, 1)),
    ]
    batch = [{"url": URL, "body": {}, "flow_control": flow, "delay": 60} for flow, _ in asked]
    published = await sdk(lambda client: client.message.batch_json(batch))
    for response, (flow, expected) in zip(published, asked, strict=True):
        message = await sdk(_get_message(response.message_id))
        found = message.flow_control
        assert (found.key, found.parallelism, found.rate, found.period) == (flow["key"], *expected)


async def test_batch(sdk: Sdk) -> None:
    """Items go to URLs, queues and groups, each with its own options."""
    await sdk(lambda client: client.url_group.upsert_endpoints("group", [{"url": f"{URL}/1"}, {"url": f"{URL}/2"}]))
    published = await sdk(
        lambda client: client.message.batch(
            [
                {"url": URL, "body": "hi", "content_type": "text/plain", "retries": 0, "headers": {"X-A": "1"}},
                {"url": URL, "queue": "orders"},
                {"url_group": "group", "body": "both"},
            ]
        )
    )
    assert isinstance(published[0], BatchResponse)
    assert [response.url for response in published[2]] == [f"{URL}/1", f"{URL}/2"]
    await sdk.settle()
    assert sorted((delivery.url, delivery.body) for delivery in sdk.destination.deliveries) == [
        (URL, b""),
        (URL, b"hi"),
        (f"{URL}/1", b"both"),
        (f"{URL}/2", b"both"),
    ]
    queued = await sdk(lambda client: client.log.list(filter={"queue": "orders", "state": LogState.DELIVERED}))
    assert [log.message_id for log in queued.logs] == [published[1].message_id]


async def test_enqueue(sdk: Sdk) -> None:
    """A queue comes into being with its first message, one consumer wide."""
    first = await sdk(lambda client: client.message.enqueue(queue="orders", url=URL, body="1"))
    second = await sdk(lambda client: client.message.enqueue_json(queue="orders", url=URL, body=2))
    assert isinstance(first, EnqueueResponse)
    await sdk.settle()
    assert [delivery.body for delivery in sdk.destination.deliveries] == [b"1", b"2"]
    assert (await sdk(lambda client: client.queue.get("orders"))).parallelism == 1
    assert (await sdk(lambda client: client.message.get(second.message_id))).queue == "orders"


async def test_cancel(sdk: Sdk) -> None:
    """One, several or all; only what is not finished counts, and it is gone afterwards."""
    batch = [{"url": URL, "delay": "10d"} for _ in range(4)]
    ids = [response.message_id for response in await sdk(lambda client: client.message.batch(batch))]
    done = await sdk(lambda client: client.message.publish(url=URL))
    await sdk.settle()
    await sdk(lambda client: client.message.cancel(ids[0]))
    assert await sdk(lambda client: client.message.cancel_many([ids[0], ids[1], done.message_id])) == 1
    assert await sdk(lambda client: client.message.cancel_all()) == 2
    assert await sdk(lambda client: client.message.cancel_all()) == 0
    with pytest.raises(QStashError, match="404"):
        await sdk(lambda client: client.message.get(ids[0]))
    logs = await sdk(lambda client: client.log.list(filter={"message_id": ids[3]}))
    assert [log.state for log in logs.logs] == [LogState.CANCELED, LogState.CANCEL_REQUESTED, LogState.CREATED]


async def test_queues(sdk: Sdk) -> None:
    """Create, change, pause, resume, list and delete."""
    await sdk(lambda client: client.queue.upsert("orders", parallelism=2))
    await sdk(lambda client: client.queue.pause("orders"))
    await sdk(lambda client: client.message.enqueue(queue="orders", url=URL))
    queue = await sdk(lambda client: client.queue.get("orders"))
    assert (queue.name, queue.parallelism, queue.paused, queue.lag) == ("orders", 2, True, 1)
    assert (queue.created_at, queue.updated_at) == (DEFAULT_START_MS, DEFAULT_START_MS)
    await sdk(lambda client: client.queue.resume("orders"))
    await sdk.settle()
    assert [(q.name, q.lag, q.paused) for q in await sdk(lambda client: client.queue.list())] == [("orders", 0, False)]
    await sdk(lambda client: client.queue.upsert("orders", parallelism=1, paused=True))
    assert (await sdk(lambda client: client.queue.get("orders"))).paused
    await sdk(lambda client: client.queue.delete("orders"))
    assert await sdk(lambda client: client.queue.list()) == []


async def test_schedules(sdk: Sdk) -> None:
    """Create, read, fire, pause, resume, overwrite and delete."""
    schedule_id = await sdk(
        lambda client: client.schedule.create(
            destination=URL,
            cron="*/10 * * * *",
            body="tick",
            retries=1,
            delay=5,
            timeout="30s",
            label="routine",
            queue="routines",
            retry_delay="100",
            schedule_id="routine-1",
            flow_control={"key": "tenant", "rate": 3},
        )
    )
    assert schedule_id == "routine-1"
    schedule = await sdk(lambda client: client.schedule.get(schedule_id))
    assert (schedule.cron, schedule.destination, schedule.body, schedule.method) == (
        "*/10 * * * *",
        URL,
        "tick",
        "POST",
    )
    assert (schedule.delay, schedule.timeout, schedule.queue, schedule.label) == (5, 30, "routines", "routine")
    assert (schedule.retries, schedule.retry_delay_expression, schedule.flow_control.rate) == (1, "100", 3)
    assert (schedule.last_schedule_time, schedule.next_schedule_time) == (None, DEFAULT_START_MS + 600_000)
    await sdk.advance(605)
    schedule = await sdk(lambda client: client.schedule.get(schedule_id))
    assert schedule.last_schedule_time == DEFAULT_START_MS + 600_000
    assert list(schedule.last_schedule_states.values()) == [ScheduleState.SUCCESS]
    assert sdk.destination.deliveries[0].headers["Upstash-Schedule-Id"] == "routine-1"
    await sdk(lambda client: client.schedule.pause(schedule_id))
    assert (await sdk(lambda client: client.schedule.get(schedule_id))).paused
    await sdk.advance(1200)
    await sdk(lambda client: client.schedule.resume(schedule_id))
    assert len(sdk.destination.deliveries) == 1
    await sdk(
        lambda client: client.schedule.create_json(destination=URL, cron="0 9 * * *", schedule_id=schedule_id, body={})
    )
    listed = await sdk(lambda client: client.schedule.list())
    assert [(s.schedule_id, s.cron, s.body, s.queue, s.paused) for s in listed] == [
        ("routine-1", "0 9 * * *", "{}", None, False)
    ]
    await sdk(lambda client: client.schedule.delete(schedule_id))
    assert await sdk(lambda client: client.schedule.list()) == []


async def test_url_groups(sdk: Sdk) -> None:
    """Endpoints are merged in and taken out; publishing reaches each."""
    await sdk(lambda client: client.url_group.delete("group"))
    await sdk(
        lambda client: client.url_group.upsert_endpoints(
            "group", [{"url": f"{URL}/1", "name": "one"}, {"url": f"{URL}/2"}]
        )
    )
    published = await sdk(lambda client: client.message.publish(url_group="group", body="x"))
    assert all(isinstance(response, PublishUrlGroupResponse) for response in published)
    assert [response.url for response in published] == [f"{URL}/1", f"{URL}/2"]
    await sdk.settle()
    assert {delivery.headers["Upstash-Topic-Name"] for delivery in sdk.destination.deliveries} == {"group"}
    message = await sdk(lambda client: client.message.get(published[0].message_id))
    assert (message.url_group, message.endpoint) == ("group", "one")
    await sdk(lambda client: client.url_group.remove_endpoints("group", [{"name": "one"}]))
    group = await sdk(lambda client: client.url_group.get("group"))
    assert [(endpoint.url, endpoint.name) for endpoint in group.endpoints] == [(f"{URL}/2", None)]
    await sdk(lambda client: client.url_group.remove_endpoints("group", [{"url": f"{URL}/2"}]))
    assert await sdk(lambda client: client.url_group.list()) == []


async def test_dead_letters(sdk: Sdk) -> None:
    """List, filter, get and delete what failed, with its last response."""
    sdk.destination.respond = lambda delivery: 404
    batch = [{"url": URL, "retries": 0, "retry_delay": "1000", "label": f"l{n}"} for n in range(3)]
    ids = [response.message_id for response in await sdk(lambda client: client.message.batch(batch))]
    await sdk.settle()
    letters = (await sdk(lambda client: client.dlq.list())).messages
    assert [letter.message_id for letter in letters] == ids
    letter = await sdk(lambda client: client.dlq.get(letters[0].dlq_id))
    assert (letter.response_status, letter.retry_delay_expression, letter.max_retries) == (404, "1000", 0)
    for filter_ in ({"message_id": ids[1]}, {"label": "l1"}):
        found = await sdk(_list_letters(filter_))
        assert ([letter.message_id for letter in found.messages], found.cursor) == ([ids[1]], None)
    await sdk(lambda client: client.dlq.delete(letters[0].dlq_id))
    with pytest.raises(QStashError, match="404"):
        await sdk(lambda client: client.dlq.get(letters[0].dlq_id))
    assert await sdk(lambda client: client.dlq.delete_many([letter.dlq_id for letter in letters])) == 2


async def test_the_log(sdk: Sdk) -> None:
    """Pages follow one another by cursor until there is none."""
    batch = [{"url": URL, "body": "x", "label": "l"} for _ in range(5)]
    await sdk(lambda client: client.message.batch(batch))
    await sdk.settle()
    states: list[LogState] = []
    cursor: str | None = None
    while True:
        page = await sdk(_list_logs(cursor))
        states.extend(log.state for log in page.logs)
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(state.value for state in states) == ["ACTIVE"] * 5 + ["CREATED"] * 5 + ["DELIVERED"] * 5
    assert page.logs[0].body_base64 == "eA=="


async def test_flow_control_keys(sdk: Sdk) -> None:
    """Read, pause, resume, pin, unpin and reset."""
    flow: FlowControl = {"key": "tenant 7", "parallelism": 5, "rate": 10, "period": "1m"}
    await sdk(lambda client: client.message.publish(url=URL, flow_control=flow))
    await sdk.settle()
    info = await sdk(lambda client: client.flow_control.get("tenant 7"))
    assert (info.key, info.parallelism_max, info.rate_max, info.rate_period) == ("tenant 7", 5, 10, 60)
    assert (info.wait_list_size, info.parallelism_count, info.rate_count) == (0, 0, 1)
    assert info.rate_period_start == DEFAULT_START_MS // 1000
    await sdk(lambda client: client.flow_control.pause("tenant 7"))
    await sdk(lambda client: client.message.publish(url=URL, flow_control=flow))
    info = await sdk(lambda client: client.flow_control.get("tenant 7"))
    assert (info.is_paused, info.wait_list_size) == (True, 1)
    await sdk(lambda client: client.flow_control.resume("tenant 7"))
    await sdk(lambda client: client.flow_control.reset_rate("tenant 7"))
    await sdk(lambda client: client.flow_control.pin("tenant 7", {"parallelism": 3, "rate": 20, "period": 120}))
    info = await sdk(lambda client: client.flow_control.get("tenant 7"))
    assert (info.is_pinned_parallelism, info.parallelism_max) == (True, 3)
    assert (info.is_pinned_rate, info.rate_max, info.rate_period, info.rate_count) == (True, 20, 120, 0)
    await sdk(lambda client: client.flow_control.unpin("tenant 7", {"parallelism": True, "rate": True}))
    info = await sdk(lambda client: client.flow_control.get("tenant 7"))
    assert (info.is_pinned_parallelism, info.is_pinned_rate, info.is_paused) == (False, False, False)
    overall = await sdk(lambda client: client.flow_control.get_global_parallelism())
    assert (overall.parallelism_max, overall.parallelism_count) == (100, 0)


async def test_signing_keys(sdk: Sdk) -> None:
    """Rotation makes the next key current and draws a new one."""
    keys = await sdk(lambda client: client.signing_key.get())
    assert (keys.current, keys.next) == (DEV_CURRENT_SIGNING_KEY, DEV_NEXT_SIGNING_KEY)
    rotated = await sdk(lambda client: client.signing_key.rotate())
    assert rotated.current == DEV_NEXT_SIGNING_KEY
    assert rotated.next not in (DEV_CURRENT_SIGNING_KEY, DEV_NEXT_SIGNING_KEY)
    assert await sdk(lambda client: client.signing_key.get()) == rotated


async def test_errors_reach_the_caller(sdk: Sdk) -> None:
    """The SDK shows the status and the broker's reason."""
    with pytest.raises(QStashError, match=r"status: 400.*Upstash-Delay"):
        await sdk(lambda client: client.message.publish(url=URL, delay="soon"))
    with pytest.raises(QStashError, match=r"status: 404.*not found"):
        await sdk(lambda client: client.message.get("msg_unknown"))
