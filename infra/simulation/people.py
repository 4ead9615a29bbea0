"""Who lives in a world, and what they will do: all of it decided beforehand, from the seed."""

import random
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from infra.local.whatsapp.phones import jid_of, lid_of


@dataclass(frozen=True, kw_only=True)
class Business:
    """A tenant with its WhatsApp numbers."""

    name: str
    timezone: str
    locale: str
    owner_phone: str  #: digits
    instances: tuple[str, ...]
    quiet_until: time = time(8)  #: between the two its own messages may leave, by the wall clock of its zone
    quiet_from: time = time(20)
    proactive_cap: int = 2  #: per person in seven days
    reply_window_hours: int | None = None
    consenting: frozenset[str] = frozenset()  #: phones of who allows advertising


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a phone."""

    name: str
    phone: str  #: digits

    @property
    def jid(self) -> str:
        return jid_of(self.phone)

    @property
    def lid(self) -> str:
        return lid_of(self.phone)


class Kind(StrEnum):
    """What somebody does."""

    WRITES = "writes"
    SENDS_STICKER = "sends a sticker"
    EDITS = "edits"
    REVOKES = "revokes"
    TYPES_ON_BUSINESS_PHONE = "types on the business phone"  #: a person at the business
    CONNECTION_LOST = "connection lost"
    CONNECTED = "connected"
    DELAYED = "written earlier, delivered now"  #: the gateway's backlog


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something that happens at `at`, in virtual seconds, whatever comes of it."""

    at: float
    kind: Kind
    instance: str
    person: Person | None = None
    message_id: str = ""  #: WhatsApp's id of the message written, edited or revoked
    text: str = ""
    age: float = 0.0  #: how long before `at` it was written, in seconds
    copies: int = 1  #: how often the gateway reports it by itself
    twin: bool = False  #: whether the gateway reports it under the person's hidden id as well

    @property
    def mark(self) -> str:
        """The word of the text, such as `[m7]`, that is in no other message."""
        return self.text.rpartition(" ")[2]

    @property
    def is_message(self) -> bool:
        """Tell whether something is written, and not changed or connected."""
        return self.kind in {Kind.WRITES, Kind.SENDS_STICKER, Kind.TYPES_ON_BUSINESS_PHONE, Kind.DELAYED}


class Errand(StrEnum):
    """What a business does of its own accord, for a client of its address book."""

    WRITES_FOLLOWUP = "writes a follow-up"
    ADVERTISES = "plans a reactivation"
    SENDS_TO = "sends a text of the owner's"
    BOOKS = "books"
    MOVES = "moves a booking"
    CANCELS = "cancels a booking"
    CALLS_OFF = "calls a follow-up off"
    WITHDRAWS_CONSENT = "notes that advertising is unwelcome"


@dataclass(frozen=True, kw_only=True)
class OwnAccord:
    """An errand that is run at `at`, in virtual seconds."""

    at: float
    errand: Errand
    business: Business
    person: Person
    mark: str  #: a word such as `[p7]` that is in the text of every message that comes of it
    due_in: float = 0.0  #: the message is due so long after `at`, in seconds; moved, so much later


@dataclass(frozen=True, kw_only=True)
class Script:
    """The whole of what people do in one world."""

    businesses: tuple[Business, ...]
    actions: tuple[Action, ...]
    errands: tuple[OwnAccord, ...] = ()

    @property
    def horizon(self) -> float:
        """When the last of it happens."""
        return max([action.at for action in self.actions] + [errand.at for errand in self.errands])


_ZONES = ("America/Sao_Paulo", "America/Manaus", "Europe/Lisbon", "Pacific/Auckland", "America/St_Johns")
_OPENINGS = ("Oi", "Bom dia!", "Tem horário amanhã?", "Quanto custa o banho?", "e a tosa?", "é para a Mel", "ok", "??")
_HANDOVERS = ("quero falar com um atendente", "me passa para uma pessoa, por favor")
_QUIET = 4.0


def write_script(source: random.Random) -> Script:
    """Draw a world's people and what they do."""
    businesses = tuple(_business(source, index) for index in range(source.choice((1, 2, 2, 3))))
    writer = _Writer(source)
    # Some people write to several businesses: the same phone, other tenants.
    crowd = [
        Person(name=f"Pessoa {index}", phone=f"55{11 + index}9{source.randrange(10**8):08d}") for index in range(5)
    ]
    for business in businesses:
        for instance in business.instances:
            for person in source.sample(crowd, source.choice((1, 2, 2, 3))):
                writer.conversation(instance, person, audience_is_owner=False)
            if source.random() < 0.3:
                writer.connection(instance)
        if source.random() < 0.4:
            owner = Person(name="Dona", phone=business.owner_phone)
            writer.conversation(business.instances[0], owner, audience_is_owner=True)
    return Script(businesses=businesses, actions=tuple(sorted(writer.actions, key=lambda action: action.at)))


def _business(source: random.Random, index: int) -> Business:
    instances = tuple(f"loja-{index}{letter}" for letter in "ab"[: source.choice((1, 1, 2))])
    return Business(
        name=f"Loja {index}",
        timezone=source.choice(_ZONES),
        locale=source.choice(("pt-BR", "en")),
        owner_phone=f"55119{70_000_000 + index:08d}",
        instances=instances,
    )


class _Writer:
    """Writes conversations into a script."""

    def __init__(self, source: random.Random) -> None:
        self._source = source
        self._count = 0
        self.actions: list[Action] = []

    def conversation(self, instance: str, person: Person, *, audience_is_owner: bool) -> None:
        source, at = self._source, self._source.uniform(0, 240)
        for _ in range(source.choice((1, 1, 2, 3))):
            at = self._burst(instance, person, at)
            if not audience_is_owner and source.random() < 0.08:
                self._add(at + source.uniform(0, 20), Kind.TYPES_ON_BUSINESS_PHONE, instance, person)
            # Sooner than the answer, about with it, or long after.
            at += source.choice((source.uniform(1, 12), source.uniform(8, 40), source.uniform(60, 500)))
        if source.random() < 0.1:
            self._add(at + 1, Kind.DELAYED, instance, person, age=source.choice((30.0, 1200.0, 7200.0)))

    def connection(self, instance: str) -> None:
        """Let a WhatsApp number lose its connection for a while."""
        start = self._source.uniform(0, 400)
        length = self._source.choice((self._source.uniform(5, 60), self._source.uniform(120, 900)))
        self.actions.append(Action(at=start, kind=Kind.CONNECTION_LOST, instance=instance))
        self.actions.append(Action(at=start + length, kind=Kind.CONNECTED, instance=instance))

    def _burst(self, instance: str, person: Person, at: float) -> float:
        """Write a burst from `at` on and return when it ends."""
        source = self._source
        slow = source.random() < 0.1  # a slow typist: longer than the cap, without ever pausing for the quiet window
        for _ in range(source.choice((8, 10)) if slow else source.choice((1, 1, 2, 3, 4))):
            kind = Kind.SENDS_STICKER if source.random() < 0.06 else Kind.WRITES
            written = self._add(at, kind, instance, person)
            if kind is Kind.WRITES and source.random() < 0.1:
                self._change(written, at + source.choice((0.3, 2.0, 15.0)))
            at += source.uniform(2.0, 3.5) if slow else source.choice((0.2, 1.0, 3.0, _QUIET - 0.2, _QUIET + 0.3))
        return at

    def _change(self, written: Action, at: float) -> None:
        kind = self._source.choice((Kind.EDITS, Kind.REVOKES))
        text = f"corrigindo: {written.text}" if kind is Kind.EDITS else ""
        self.actions.append(
            Action(
                at=at,
                kind=kind,
                instance=written.instance,
                person=written.person,
                message_id=written.message_id,
                text=text,
            )
        )

    def _add(self, at: float, kind: Kind, instance: str, person: Person, *, age: float = 0.0) -> Action:
        source = self._source
        self._count += 1
        opening = source.choice(_HANDOVERS) if source.random() < 0.03 else source.choice(_OPENINGS)
        action = Action(
            at=at,
            kind=kind,
            instance=instance,
            person=person,
            message_id=f"3EB0{source.getrandbits(72):018X}",
            text=f"{opening} [m{self._count}]",
            age=age,
            copies=source.choice((1, 1, 1, 1, 2)),
            twin=source.random() < 0.1,
        )
        self.actions.append(action)
        return action
