"""Whatever happens in whatever order, every message ends delivered, dead or cancelled: one of them, and never lost."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from infra.local.qstash import BrokerConfig
from infra.local.qstash.simulation import DEFAULT_START_MS, Delivery, SimulatedBroker

URL = "https://shop.example/jobs"
FINAL = {"DELIVERED", "FAILED", "CANCELED"}
#: Longer than any delay, retry or window of the rules below, shorter than the log is kept.
ENOUGH = "6d"


class BrokerMachine(RuleBasedStateMachine):
    """Publishes, cancels, pauses, fails, restarts and advances at random."""

    messages: Bundle[str] = Bundle("messages")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        config = BrokerConfig(data=Path(self.folder.name), parallelism=3)
        self.broker = SimulatedBroker(config, start=DEFAULT_START_MS, seed=0, patience=0.03)
        self.broker.destination.respond = self.respond
        self.failing: set[str] = set()
        self.accepted: set[str] = set()
        self.retried: set[str] = set()
        self.gate: asyncio.Event | None = None
        self.wait(self.broker.start())

    def wait(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    async def respond(self, delivery: Delivery) -> int:
        if self.gate is not None:
            await self.gate.wait()
        kind = delivery.url.removeprefix(f"{URL}/")
        return 500 if kind in self.failing or (kind == "flaky" and delivery.retried == 0) else 200

    @rule(
        target=messages,
        kind=st.sampled_from(["good", "flaky", "bad"]),
        queue=st.sampled_from([None, "fifo", "wide"]),
        retries=st.integers(0, 2),
        delay=st.sampled_from(["0", "5s", "2m"]),
        flow=st.sampled_from([None, "rate=1,period=20s", "parallelism=1", "rate=2,parallelism=2"]),
        callbacks=st.booleans(),
        deduplication=st.sampled_from([None, None, "a", "b"]),
    )
    def publish(
        self,
        kind: str,
        queue: str | None,
        retries: int,
        delay: str,
        flow: str | None,
        callbacks: bool,
        deduplication: str | None,
    ) -> str:
        headers = {"Upstash-Retries": str(retries), "Upstash-Delay": delay, "Upstash-Retry-Delay": "7000"}
        if flow is not None:
            headers |= {"Upstash-Flow-Control-Key": f"key/{kind}", "Upstash-Flow-Control-Value": flow}
        if callbacks:
            headers |= {"Upstash-Callback": f"{URL}/flaky", "Upstash-Failure-Callback": f"{URL}/good"}
        if deduplication is not None:
            headers["Upstash-Deduplication-Id"] = deduplication
        message_id: str = self.wait(self.broker.publish(f"{URL}/{kind}", queue=queue, headers=headers))
        self.accepted.add(message_id)
        return message_id

    @rule(target=messages, count=st.integers(1, 4))
    def publish_batch(self, count: int) -> Any:
        items = [{"destination": f"{URL}/flaky", "queue": "fifo"}] * count
        answer = self.wait(self.broker.api.post("/v2/batch", json=items))
        ids = [item["messageId"] for item in answer.json()]
        self.accepted.update(ids)
        return multiple(*ids)

    @rule(message_id=messages)
    def cancel(self, message_id: str) -> None:
        self.wait(self.broker.api.delete(f"/v2/messages/{message_id}"))

    @rule(queue=st.sampled_from(["fifo", "wide"]), verb=st.sampled_from(["pause", "resume"]))
    def pause_queue(self, queue: str, verb: str) -> None:
        self.wait(self.broker.api.post(f"/v2/queues/{queue}/{verb}"))

    @rule(parallelism=st.integers(1, 3))
    def widen_queue(self, parallelism: int) -> None:
        self.wait(self.broker.api.post("/v2/queues", json={"queueName": "wide", "parallelism": parallelism}))

    @rule(kind=st.sampled_from(["good", "flaky", "bad"]), verb=st.sampled_from(["pause", "resume", "resetRate"]))
    def pause_key(self, kind: str, verb: str) -> None:
        self.wait(self.broker.api.post(f"/v2/flowControl/key/{kind}/{verb}"))

    @rule(kind=st.sampled_from(["good", "bad"]))
    def break_destination(self, kind: str) -> None:
        self.failing.add(kind)

    @rule(kind=st.sampled_from(["good", "bad"]))
    def mend_destination(self, kind: str) -> None:
        self.failing.discard(kind)

    @rule(action=st.sampled_from(["drop", "duplicate"]))
    def disturb(self, action: str) -> None:
        self.wait(self.broker.api.post("/_dev/faults", json={"action": action}))

    @rule()
    def hang(self) -> None:
        """Let attempts stay in flight until they are released."""
        if self.gate is None:
            self.gate = asyncio.Event()

    @rule()
    def release(self) -> None:
        if self.gate is not None:
            self.gate.set()
            self.gate = None
            self.wait(self.broker.settle())

    @rule()
    def retry_the_dead(self) -> None:
        self.retried |= self.dead_letters()
        answer = self.wait(self.broker.api.post("/v2/dlq/retry"))
        self.accepted.update(response["messageId"] for response in answer.json()["responses"])

    @rule()
    def restart(self) -> None:
        self.wait(self.broker.restart())

    @rule(duration=st.sampled_from(["1s", "7s", "20s", "10m"]))
    def advance(self, duration: str) -> None:
        self.wait(self.broker.advance(duration))

    @invariant()
    def no_message_has_two_endings(self) -> None:
        for message_id, states in self.histories().items():
            endings = [state for state in states if state in FINAL]
            assert len(endings) <= 1, (message_id, states)
            assert not endings or states[-1] == endings[0], (message_id, states)

    def histories(self) -> dict[str, list[str]]:
        """Return the states of every message in order, callbacks included."""
        found: dict[str, list[str]] = {}
        cursor: str | None = ""
        while cursor is not None:
            more = {"cursor": cursor} if cursor else {}
            page = self.wait(self.broker.get("/v2/events", order="earliestFirst", count=1000, **more))
            for event in page["events"]:
                found.setdefault(event["messageId"], []).append(event["state"])
            cursor = page.get("cursor")
        return found

    def teardown(self) -> None:
        self.release()
        self.broker.patience = 10.0
        self.restart()
        for queue in ("fifo", "wide"):
            self.pause_queue(queue, "resume")
        for kind in ("good", "flaky", "bad"):
            self.pause_key(kind, "resume")
        self.wait(self.broker.advance(ENOUGH))
        histories = self.histories()
        assert self.accepted <= histories.keys()
        unfinished = {message_id: states for message_id, states in histories.items() if states[-1] not in FINAL}
        assert not unfinished
        self.check_endings(histories)
        for queue in self.wait(self.broker.get("/v2/queues")):
            assert queue["lag"] == 0
        self.wait(self.broker.stop())
        self.loop.close()
        self.folder.cleanup()

    def dead_letters(self) -> set[str]:
        """Return the ids of the messages in the dead letters."""
        found: set[str] = set()
        cursor: str | None = ""
        while cursor is not None:
            more = {"cursor": cursor} if cursor else {}
            page = self.wait(self.broker.get("/v2/dlq", **more))
            found.update(letter["messageId"] for letter in page["messages"])
            cursor = page.get("cursor")
        return found

    def check_endings(self, histories: dict[str, list[str]]) -> None:
        """Failed messages, and only they, are in the dead letters until retried; delivered ones have arrived."""
        ending = {message_id: states[-1] for message_id, states in histories.items()}
        failed = {message_id for message_id, state in ending.items() if state == "FAILED"}
        assert self.dead_letters() == failed - self.retried
        arrived = {delivery.message_id for delivery in self.broker.destination.deliveries}
        assert {message_id for message_id, state in ending.items() if state == "DELIVERED"} <= arrived


TestBroker = BrokerMachine.TestCase
TestBroker.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
