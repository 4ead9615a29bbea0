"""Any order of events keeps the promises: random conversations, with every rule checked after every step."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.integration.conftest import NOW, Api, Business, broken_promises

PHONES = ["+5511912345678", "+5511955554444", "+5511988887777"]  # the last is the owner's
LIDS = ["111111111111", "222222222222"]


class Conversations(RuleBasedStateMachine):
    """Two people and the owner, two runs of every job, a gateway that repeats, forgets and reports late."""

    business: Business  # set by the subclass that a test makes
    at: Callable[[datetime], None]

    def __init__(self) -> None:
        super().__init__()
        api = self.business.api
        api.rows("truncate app.contacts, app.conversations, app.messages, app.ai_interactions cascade")
        api.rows("update app.organizations set assistant_enabled = true")
        self.now = NOW
        self.at(self.now)
        self.stored: list[dict[str, Any]] = []
        self.receipts: list[dict[str, Any]] = []
        self.replies: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self.sends: list[tuple[str, str]] = []
        self.outcomes: dict[str, str | None] = {}

    @rule(
        phone=st.sampled_from([*PHONES, None]),
        lid=st.sampled_from([*LIDS, None]),
        kind=st.sampled_from(["text", "text", "text", "reaction"]),
        author=st.sampled_from(["contact", "contact", "contact", "business"]),
        age=st.sampled_from([0, 0, 0, 3600]),
    )
    def receive(self, phone: str | None, lid: str | None, kind: str, author: str, age: int) -> None:
        if phone is None and lid is None:
            return
        message = self.business.message(
            phone=phone, lid=lid, kind=kind, author=author, sent_at=self.now - timedelta(seconds=age)
        )
        self.stored.append(message)
        self._remember(self.business.store(message))

    @rule(data=st.data())
    def receive_again(self, data: st.DataObject) -> None:
        if self.stored:
            receipt = self.business.store(data.draw(st.sampled_from(self.stored)))
            assert not receipt["created"]

    @rule(data=st.data(), owner=st.sampled_from(["job-1", "job-2"]), attempt=st.integers(1, 3))
    def claim(self, data: st.DataObject, owner: str, attempt: int) -> None:
        if self.receipts:
            receipt = data.draw(st.sampled_from(self.receipts))
            claim = self.business.claim(receipt, owner=owner, attempt=attempt)
            if claim["outcome"] == "claimed":
                self.replies.append((receipt, claim))

    @rule(data=st.data(), hand_over=st.booleans())
    def complete(self, data: st.DataObject, hand_over: bool) -> None:
        if self.replies:
            receipt, claim = data.draw(st.sampled_from(self.replies))
            self._fenced(self.business.complete, receipt, claim, reason="a person" if hand_over else None)

    @rule(data=st.data(), owner=st.sampled_from(["send-1", "send-2"]), attempt=st.integers(1, 3))
    def claim_send(self, data: st.DataObject, owner: str, attempt: int) -> None:
        waiting = self._outgoing()
        if waiting:
            message_id = data.draw(st.sampled_from(waiting))
            claim = self.business.claim_send(message_id, owner=owner, attempt=attempt)
            if claim["outcome"] == "claimed":
                self.sends.append((message_id, claim["token"]))

    @rule(data=st.data(), state=st.sampled_from(["sent", "failed", "unknown", "pending"]))
    def complete_send(self, data: st.DataObject, state: str) -> None:
        if self.sends:
            message_id, token = data.draw(st.sampled_from(self.sends))
            result = {"state": state, "error": None if state == "sent" else "why"}
            if state == "sent":
                result["provider_message_id"] = f"OUT-{message_id}"
            self._fenced(self.business.complete_send, message_id, token, **result)

    @rule(data=st.data(), finding=st.sampled_from(["found", "missing", "cannot say"]))
    def settle_send(self, data: st.DataObject, finding: str) -> None:
        doubtful = [each for each in self._outgoing() if self._state(each) == "unknown"]
        if doubtful:
            message_id = data.draw(st.sampled_from(doubtful))
            found = {"provider_message_id": f"OUT-{message_id}"}
            self.business.settle_send(
                message_id, **(found if finding == "found" else {"missing": finding == "missing"})
            )

    @rule(state=st.sampled_from(["open", "close"]))
    def connection(self, state: str) -> None:
        self.business.api.call(
            "update_instance", provider="evolution", instance=self.business.instance, state={"state": state}
        )

    @rule()
    def sweep(self) -> None:
        policy = {"after_seconds": 90, "keep_interactions_days": 400, "keep_dead_letters_days": 90}
        self.business.api.call("sweep", policy=policy)

    @rule(data=st.data(), status=st.sampled_from(["delivered", "read", "failed"]))
    def status(self, data: st.DataObject, status: str) -> None:
        waiting = self._outgoing()
        if waiting:
            message_id = data.draw(st.sampled_from(waiting))
            self.business.change(type="status", provider_message_id=f"OUT-{message_id}", status=status)

    @rule(data=st.data(), kind=st.sampled_from(["edit", "revoke"]))
    def change(self, data: st.DataObject, kind: str) -> None:
        if self.stored:
            change = {
                "type": kind,
                "provider_message_id": data.draw(st.sampled_from(self.stored))["provider_message_id"],
            }
            assert self.business.change(**change, **({"text": "Novo"} if kind == "edit" else {}))

    @rule(data=st.data())
    def give_up_sending(self, data: st.DataObject) -> None:
        waiting = self._outgoing()
        if waiting:
            letter = {
                "organization_id": self.business.organization_id,
                "job": "message.send",
                "queue_message_id": data.draw(st.sampled_from(["send-1", "send-2"])),
                "payload": {"message_id": data.draw(st.sampled_from(waiting))},
            }
            self.business.api.call("record_dead_letter", letter=letter)

    @rule(seconds=st.sampled_from([1, 30, 100, 3601]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.at(self.now)

    @rule(enabled=st.booleans())
    def switch(self, enabled: bool) -> None:
        self.business.api.rows("update app.organizations set assistant_enabled = %s", enabled)

    @rule()
    def return_to_the_assistant(self) -> None:
        self.business.api.rows("update app.conversations set handed_over_at = null, paused_until = null")

    @invariant()
    def promises_hold(self) -> None:
        assert broken_promises(self.business.api) == {}

    @invariant()
    def what_became_of_a_message_stays(self) -> None:
        """An answer or a decision is for good, unless the answer was withdrawn before it left."""
        rows = self.business.api.rows(
            "select id::text, coalesce(answered_by::text, decision) from app.messages where direction = 'inbound'"
        )
        withdrawn = {each for each in self._outgoing() if self._state(each) == "withdrawn"}
        for message_id, outcome in rows:
            assert self.outcomes.get(message_id) in {None, outcome} | withdrawn
            self.outcomes[message_id] = outcome

    def teardown(self) -> None:
        """When the dust settles, the newest job of every conversation leaves nothing open."""
        self.now += timedelta(hours=1)
        self.at(self.now)
        for receipt in self.receipts:
            claim = self.business.claim(receipt, owner="last")
            if claim["outcome"] == "claimed":
                self.business.complete(receipt, claim)
        open_messages = """
            select seq from app.messages where direction = 'inbound' and answered_by is null and decision is null
        """
        assert self.business.api.rows(open_messages) == []
        self.promises_hold()

    def _remember(self, receipt: dict[str, Any]) -> None:
        if receipt["reply_due"]:
            self.receipts.append(receipt)

    def _outgoing(self) -> list[str]:
        return [
            message_id
            for (message_id,) in self.business.api.rows(
                "select id::text from app.messages where purpose is not null order by conversation_id, seq"
            )
        ]

    def _state(self, message_id: str) -> str:
        state: str = self.business.api.value("select state from app.messages where id = %s", message_id)
        return state

    def _fenced(self, write: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        try:
            write(*arguments, **named)
        except psycopg.Error as refused:
            if refused.sqlstate != "PT409":
                raise


@pytest.fixture
def conversations(
    business: Business, database: str, freeze_database_clock: Callable[[str, datetime], None]
) -> type[Conversations]:
    class OnThisDatabase(Conversations):
        pass

    OnThisDatabase.business = business
    OnThisDatabase.at = staticmethod(lambda moment: freeze_database_clock(database, moment))
    return OnThisDatabase


def test_random_conversations_keep_the_promises(conversations: type[Conversations], api: Api) -> None:
    """Whatever comes twice, late, in another order or not at all: the promises hold after every step."""
    run_state_machine_as_test(
        conversations,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
