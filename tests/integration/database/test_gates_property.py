"""Nobody is pestered, whatever the settings, the history and the order; and what may be sent is sent in the end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.conftest import Api, Business
from tests.integration.database.conftest import new_contact

WEEK = timedelta(days=7)
PHONES = ("+5511911111111", "+5511922222222", "+5511933333333")
KINDS = ("custom", "custom", "appointment_reminder", "birthday_greeting", "feedback_request")
#: A follow-up that is good for so long is withdrawn only when the person or the business does not want it.
FOREVER = timedelta(days=365)

#: Days around the nights in which clocks are changed, and one without.
_starts = st.builds(
    lambda day, minutes: day + timedelta(minutes=minutes),
    st.sampled_from(
        [datetime(2026, *day, tzinfo=UTC) for day in ((1, 20), (3, 7), (3, 28), (4, 4), (9, 26), (10, 24), (10, 31))]
    ),
    st.integers(0, 1440),
)
_zones = st.sampled_from(["America/Sao_Paulo", "America/New_York", "Europe/Lisbon", "Asia/Kolkata", "Pacific/Auckland"])
_steps = st.lists(
    st.tuples(
        st.sampled_from(
            (
                *("queue", "queue", "queue", "claim", "claim", "claim", "pass", "pass", "write", "answer"),
                *("opt_out", "opt_out", "opt_in", "consent", "take", "return"),
            )
        ),
        st.integers(0, len(PHONES) - 1),
        st.integers(0, 99),
    ),
    min_size=25,
    max_size=60,
)
_tenants = count(1)


@dataclass
class World:
    """One business and its customers, on a clock of its own; what left is written down as it leaves."""

    business: Business
    now: datetime
    zone: str
    night: tuple[int, int]  #: full hours: it ends, it begins
    cap: int
    contacts: list[str] = field(default_factory=list)
    queued: list[tuple[str, str, str]] = field(default_factory=list)  #: message, contact, kind
    left: list[tuple[datetime, str]] = field(default_factory=list)  #: when, to whom
    receipts: list[dict[str, Any]] = field(default_factory=list)

    def set(self, at: datetime) -> None:
        self.now = at
        self.business.api.rows("update public.clock set at = %s", at)

    def one(self, query: str, *values: object) -> Any:
        rows = self.business.api.rows(query, *values)
        return rows[0][0] if rows else None

    def step(self, what: str, person: int, number: int) -> None:
        contact = self.contacts[person]
        match what:
            case "queue":
                self.queue(contact, KINDS[number % len(KINDS)], FOREVER if number % 2 else timedelta(hours=number))
            case "claim" if self.queued:
                self.claim(*self.queued[number % len(self.queued)][:2], number=number)
            case "opt_out" | "opt_in" | "consent":
                event = {"opt_out": "opted_out", "opt_in": "opted_in", "consent": "marketing_granted"}[what]
                self.one(
                    "select app.note_consent(%s, %s, %s, 'message')", self.business.organization_id, contact, event
                )
            case "take" | "return":
                at = self.now if what == "take" else None
                self.one("update app.conversations set handed_over_at = %s where contact_id = %s", at, contact)
            case "write":
                self.receipts.append(self.business.receive("Oi", phone=PHONES[person], sent_at=self.now))
            case "answer" if self.receipts:
                self.answer(self.receipts.pop())
            case "pass":
                self.set(self.now + timedelta(minutes=number * number))

    def queue(self, contact: str, kind: str, good_for: timedelta) -> None:
        message_id = str(
            self.one(
                "select (app.put_outbound(app.outreach_conversation(instance, contact), 'Oi', 'proactive', null,"
                " null)).id from app.instances as instance, app.contacts as contact"
                " where instance.id = %s and contact.id = %s",
                self.business.instance_id,
                contact,
            )
        )
        self.one(
            "insert into app.followups (organization_id, contact_id, kind, idempotency_key, due_at, expires_at, state,"
            " message_id) values (%s, %s, %s, %s, %s, %s, 'queued', %s) returning id",
            *(self.business.organization_id, contact, kind, message_id),
            *(self.now, self.now + good_for + timedelta(seconds=1), message_id),
        )
        self.queued.append((message_id, contact, kind))

    def claim(self, message_id: str, contact: str, *, number: int = 0) -> None:
        """Run the job once: what is claimed leaves, one time in five without an answer."""
        claim = self.business.claim_send(message_id)
        if claim["outcome"] == "doubtful":
            self.business.settle_send(message_id, missing=True)
        if claim["outcome"] != "claimed":
            return
        self.check(contact, next(kind for queued, _, kind in self.queued if queued == message_id))
        self.left.append((self.now, contact))
        result = {"state": "sent", "provider_message_id": message_id}
        if number % 5 == 4:
            result = {"state": "unknown", "error": "no answer"}
        self.business.complete_send(message_id, claim["token"], **result)

    def answer(self, receipt: dict[str, Any]) -> None:
        claim = self.business.claim(receipt)
        if claim["outcome"] == "claimed":
            for each in self.business.complete(receipt, claim)["unsent"]:
                sent = self.business.claim_send(each["message_id"])
                if sent["outcome"] == "claimed":
                    self.business.complete_send(
                        each["message_id"], sent["token"], state="sent", provider_message_id=each["message_id"]
                    )

    def check(self, contact: str, kind: str) -> None:
        """What leaves now may leave, by rules that are told here once more."""
        assert not self.one("select opted_out_at from app.contacts where id = %s", contact), "opted out"
        local = self.now.astimezone(ZoneInfo(self.zone))
        assert self.night[0] <= local.hour < self.night[1], f"quiet hours: {local}"
        week = [at for at, whom in self.left if whom == contact and at > self.now - WEEK]
        assert len(week) < self.cap, f"over the cap: {week}"
        for earlier, later in pairwise([*(at for at, _ in self.left), self.now]):
            assert later - earlier >= timedelta(seconds=30), "out of pace"
        days = Counter(at.astimezone(ZoneInfo(self.zone)).date() for at, _ in self.left)
        warm = days[local.date()] < 20 or local.date() > min(days) + timedelta(days=3)
        assert warm or kind == "appointment_reminder", "too many while warming up"

    def settle(self) -> None:
        """Answer everybody, then let each message come back when it was told to until nothing waits."""
        while self.receipts:
            self.answer(self.receipts.pop())
        for _ in range(40 * len(self.queued)):
            waiting = self.business.api.rows(
                "select id::text,"
                " greatest(not_before, %s + case state when 'unknown' then interval '1 minute' else '0' end)"
                " from app.messages where organization_id = %s and purpose = 'proactive'"
                " and state in ('pending', 'unknown') order by 2, seq",
                self.now,
                self.business.organization_id,
            )
            if not waiting:
                return
            contacts = {message_id: contact for message_id, contact, _ in self.queued}
            message_id, at = waiting[0]
            self.set(at)
            self.claim(message_id, contacts[message_id])
        raise AssertionError("some messages wait for ever")


def _world(api: Api, now: datetime, zone: str, night: tuple[int, int], cap: int) -> World:
    instance = f"loja-{next(_tenants)}"
    api.rows("update public.clock set at = %s", now)
    tenant = {"name": "Loja", "provider": "evolution", "instance": instance, "timezone": zone}
    created = api.call("create_tenant", tenant={**tenant, "owner_phone": "+5511988887777", "owner_name": "Carla"})
    business = Business(api, created["organization_id"], created["instance_id"], instance)
    api.rows(
        "update app.organizations set quiet_until = %s, quiet_from = %s, proactive_cap = %s where id = %s",
        *(f"{night[0]}:00", f"{night[1]}:00", cap, business.organization_id),
    )
    world = World(business, now, zone, night, cap)
    world.contacts.extend(new_contact(business, None, phone) for phone in PHONES)
    return world


def _justified(world: World, contact: str, kind: str, reason: str) -> bool:
    """Whether what is good for ever may have been withdrawn for this reason."""
    return (
        reason in {"opted_out", "handed_over"}
        or (reason == "no_consent" and kind == "birthday_greeting")
        or (reason == "frequency_cap" and world.cap == 0)
    )


def test_nobody_is_pestered_and_everything_else_arrives(api: Api) -> None:
    """Nobody who opted out, nobody at night, nobody over the cap; what is wanted and keeps leaves in the end."""
    api.rows("create table public.clock as select app.now() as at")
    api.rows(
        "create or replace function app.now() returns timestamptz language sql stable as 'select at from public.clock'"
    )

    @settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(
        now=_starts,
        zone=_zones,
        night=st.tuples(st.integers(0, 11), st.integers(12, 24)),
        cap=st.sampled_from([2, 1, 3, 8, 0]),
        steps=_steps,
    )
    def pester(
        now: datetime, zone: str, night: tuple[int, int], cap: int, steps: Sequence[tuple[str, int, int]]
    ) -> None:
        world = _world(api, now, zone, night, cap)
        for step in steps:
            world.step(*step)
        world.settle()
        for message_id, contact, kind in world.queued:
            ((state, reason, good_for),) = api.rows(
                "select message.state, last_error, expires_at - due_at from app.messages as message"
                " inner join app.followups as followup on followup.message_id = message.id where message.id = %s",
                message_id,
            )
            if good_for >= FOREVER and state == "withdrawn":
                assert _justified(world, contact, kind, reason), (kind, reason)
            assert state in {"sent", "withdrawn", "failed"}

    pester()
