"""Nobody is pestered, whatever the settings, the history and the order; and what may be sent is sent in the end."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.integration.conftest import Api, Business
from tests.integration.database.conftest import agreed_message, booking_of, new_contact

WEEK = timedelta(days=7)
PHONES = ("+5511911111111", "+5511922222222", "+5511933333333")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Something that the business says of its own accord, and what it must give way to."""

    name: str
    agreed: bool = False  #: an owner agreed to it; else it is a follow-up
    marketing: bool = False
    yields: bool = False  #: to a person of the team
    overtaken: bool = False  #: by a person who writes or books after the owner was asked


KINDS = (
    Kind(name="custom"),
    Kind(name="appointment_reminder"),
    Kind(name="birthday_greeting", marketing=True),
    Kind(name="feedback_request", yields=True),
    Kind(name="outreach", agreed=True),
    Kind(name="outreach", agreed=True, marketing=True),
    Kind(name="birthday_greeting", agreed=True, marketing=True),
    Kind(name="reactivation", agreed=True, marketing=True, yields=True, overtaken=True),
    Kind(name="opportunity", agreed=True, yields=True, overtaken=True),
)
#: What is good for so long is withdrawn only when the person or the business does not want it.
FOREVER = timedelta(days=365)

#: Days around the nights in which clocks are changed, and one without.
_STARTS = [datetime(2026, *day, tzinfo=UTC) for day in ((1, 20), (3, 7), (3, 28), (4, 4), (9, 26), (10, 24), (10, 31))]
_ZONES = ["America/Sao_Paulo", "America/New_York", "Europe/Lisbon", "Asia/Kolkata", "Pacific/Auckland"]
#: What happens in a world, by how often.
_STEPS = {"queue": 5, "claim": 3, "pass": 2, "write": 1, "answer": 1, "book": 2} | dict.fromkeys(
    ("opt_out", "opt_in", "consent", "refuse", "take", "return"), 1
)
#: Each is drawn from a seed of its own: an example generator would live the same few steps over and over.
WORLDS = 50

_tenants = count(1)
_days = count(1)  #: each booking has one of its own


@dataclass(frozen=True)
class Queued:
    """A message that was put into the outbox."""

    contact: str
    kind: Kind
    at: datetime
    forever: bool


@dataclass
class World:
    """One business and its customers, on a clock of its own; what left is written down as it leaves."""

    business: Business
    now: datetime
    zone: str
    night: tuple[int, int]  #: full hours: it ends, it begins
    cap: int
    contacts: list[str] = field(default_factory=list)
    queued: dict[str, Queued] = field(default_factory=dict)  #: by message
    acted: list[tuple[datetime, str]] = field(default_factory=list)  #: when who wrote or booked
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
                self.claim([*self.queued][number % len(self.queued)], number=number)
            case "opt_out" | "opt_in" | "consent" | "refuse":
                event = {
                    "opt_out": "opted_out",
                    "opt_in": "opted_in",
                    "consent": "marketing_granted",
                    "refuse": "marketing_withdrawn",
                }[what]
                self.one(
                    "select app.note_consent(%s, %s, %s, 'message')", self.business.organization_id, contact, event
                )
            case "take" | "return":
                at = self.now if what == "take" else None
                self.one("update app.conversations set handed_over_at = %s where contact_id = %s", at, contact)
            case "book":
                self.acted.append((self.now, contact))
                booking_of(self.business, contact, days=1000 + next(_days))
            case "write":
                self.acted.append((self.now, contact))
                self.receipts.append(self.business.receive("Oi", phone=PHONES[person], sent_at=self.now))
            case "answer" if self.receipts:
                self.answer(self.receipts.pop())
            case "pass":
                self.set(self.now + timedelta(minutes=number * number))

    def queue(self, contact: str, kind: Kind, good_for: timedelta) -> None:
        expires_at = self.now + good_for + timedelta(seconds=1)
        message_id = (self._agree if kind.agreed else self._follow_up)(contact, kind, expires_at)
        if message_id:
            self.queued[message_id] = Queued(contact, kind, self.now, forever=good_for >= FOREVER)

    def _agree(self, contact: str, kind: Kind, expires_at: datetime) -> str:
        return agreed_message(
            self.business,
            contact,
            kind=kind.name,
            marketing=kind.marketing,
            expiries={contact: expires_at.isoformat()},
        )

    def _follow_up(self, contact: str, kind: Kind, expires_at: datetime) -> str:
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
            *(self.business.organization_id, contact, kind.name, message_id),
            *(self.now, expires_at, message_id),
        )
        return message_id

    def claim(self, message_id: str, *, number: int = 0) -> str:
        """Run the job once: what is claimed leaves, one time in five without an answer. Return the claim's outcome."""
        claim = self.business.claim_send(message_id)
        if claim["outcome"] == "doubtful":
            self.business.settle_send(message_id, missing=True)
        outcome: str = claim["outcome"]
        if outcome != "claimed":
            return outcome
        self.check(self.queued[message_id])
        self.left.append((self.now, self.queued[message_id].contact))
        result = {"state": "sent", "provider_message_id": message_id}
        if number % 5 == 4:
            result = {"state": "unknown", "error": "no answer"}
        self.business.complete_send(message_id, claim["token"], **result)
        return outcome

    def answer(self, receipt: dict[str, Any]) -> None:
        claim = self.business.claim(receipt)
        if claim["outcome"] == "claimed":
            for each in self.business.complete(receipt, claim)["unsent"]:
                sent = self.business.claim_send(each["message_id"])
                if sent["outcome"] == "claimed":
                    self.business.complete_send(
                        each["message_id"], sent["token"], state="sent", provider_message_id=each["message_id"]
                    )

    def check(self, queued: Queued) -> None:
        """What leaves now may leave, by rules that are told here once more."""
        contact, kind = queued.contact, queued.kind
        ((opted_out, consented),) = self.business.api.rows(
            "select opted_out_at, marketing_consent_at from app.contacts where id = %s", contact
        )
        assert opted_out is None, "opted out"
        assert consented or not kind.marketing, "advertising without consent"
        assert not (kind.overtaken and self.moved_since(queued)), "the person was quicker"
        assert not (kind.yields and self.taken_over(contact)), "a person of the team speaks there"
        local = self.now.astimezone(ZoneInfo(self.zone))
        assert self.night[0] <= local.hour < self.night[1], f"quiet hours: {local}"
        week = [at for at, whom in self.left if whom == contact and at > self.now - WEEK]
        assert len(week) < self.cap, f"over the cap: {week}"
        for earlier, later in pairwise([*(at for at, _ in self.left), self.now]):
            assert later - earlier >= timedelta(seconds=30), "out of pace"
        days = Counter(at.astimezone(ZoneInfo(self.zone)).date() for at, _ in self.left)
        warm = days[local.date()] < 20 or local.date() > min(days) + timedelta(days=3)
        assert warm or kind.name == "appointment_reminder", "too many while warming up"

    def moved_since(self, queued: Queued) -> bool:
        return any(whom == queued.contact and at > queued.at for at, whom in self.acted)

    def taken_over(self, contact: str) -> bool:
        return bool(
            self.one("select 1 from app.conversations where contact_id = %s and handed_over_at is not null", contact)
        )

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
            for message_id, at in waiting:
                self.set(at)
                if self.claim(message_id) != "waiting":
                    break
        raise AssertionError("some messages wait for ever")


def _world(api: Api, random: Random) -> World:
    now = random.choice(_STARTS) + timedelta(minutes=random.randint(0, 1440))
    zone, night = random.choice(_ZONES), (random.randint(0, 11), random.randint(12, 24))
    cap = random.choices([2, 8, 3, 1, 0], [3, 3, 2, 1, 1])[0]
    instance = f"loja-{next(_tenants)}"
    api.rows("update public.clock set at = %s", now)
    tenant = {"name": "Loja", "provider": "evolution", "instance": instance, "timezone": zone}
    created = api.call("create_tenant", tenant={**tenant, "owner_phone": "+5511988887777", "owner_name": "Carla"})
    business = Business(api, created["organization_id"], created["instance_id"], instance)
    api.rows(
        "update app.organizations set quiet_until = %s, quiet_from = %s, proactive_cap = %s,"
        # Only what is queued here counts.
        """ settings = '{"followups": {"appointment_reminder": false, "silence": false}}' where id = %s""",
        *(f"{night[0]}:00", f"{night[1]}:00", cap, business.organization_id),
    )
    world = World(business, now, zone, night, cap)
    # All but the last one allow advertising to begin with.
    consents = [*(now for _ in PHONES[1:]), None]
    world.contacts.extend(
        new_contact(business, None, phone, marketing_consent_at=consent)
        for phone, consent in zip(PHONES, consents, strict=True)
    )
    return world


def _justified(world: World, queued: Queued, reason: str) -> bool:
    """Whether what is good for ever may have been withdrawn for this reason."""
    kind = queued.kind
    return {
        "opted_out": True,
        "no_consent": kind.marketing,
        "handed_over": kind.yields,
        "contact_wrote": kind.overtaken and world.moved_since(queued),
        "booked": kind.overtaken and world.moved_since(queued),
        "frequency_cap": world.cap == 0,
    }.get(reason, False)


def _lived(api: Api, random: Random) -> Iterator[tuple[Kind, str]]:
    """Live through a world of its own; yield what became of each message."""
    world = _world(api, random)
    for what in random.choices([*_STEPS], [*_STEPS.values()], k=random.randint(25, 60)):
        world.step(what, random.randrange(len(PHONES)), random.randrange(100))
    world.settle()
    for message_id, queued in world.queued.items():
        ((state, reason),) = api.rows("select state, last_error from app.messages where id = %s", message_id)
        if queued.forever and state == "withdrawn":
            assert _justified(world, queued, reason), (queued.kind, reason)
        assert state in {"sent", "withdrawn", "failed"}
        yield queued.kind, reason if state == "withdrawn" else state


def test_nobody_is_pestered_and_everything_else_arrives(api: Api) -> None:
    """Nobody who opted out, nobody at night, nobody over the cap; what is wanted and keeps leaves in the end."""
    api.rows("create table public.clock as select app.now() as at")
    api.rows(
        "create or replace function app.now() returns timestamptz language sql stable as 'select at from public.clock'"
    )

    became: Counter[tuple[Kind, str]] = Counter()
    for seed in range(WORLDS):
        try:
            became.update(_lived(api, Random(seed)))  # noqa: S311 - a world, not a secret
        except AssertionError as error:
            error.add_note(f"in the world of seed {seed}")
            raise
    # The worlds came to what this is about, with follow-ups and with what owners agreed to.
    came_to = {(kind.agreed, kind.marketing, what) for kind, what in became}
    assert came_to >= {(agreed, marketing, "sent") for agreed in (True, False) for marketing in (True, False)}
    assert came_to >= {(agreed, True, what) for agreed in (True, False) for what in ("opted_out", "no_consent")}
    assert {what for agreed, _, what in came_to if agreed} >= {"contact_wrote", "booked", "handed_over", "expired"}
