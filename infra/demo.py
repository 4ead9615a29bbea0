"""A short scripted conversation through the running stack, from the people's side: their phones are all it touches."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import randbelow
from typing import Any

import httpx

from infra.instances import connect_instance

INSTANCE = "patas"
#: Silence after which a person who was not answered counts as lost, in seconds.
PATIENCE = 30.0
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Person:
    """Somebody in the script."""

    name: str
    phone: str  #: digits with the country code
    role: str


@dataclass(frozen=True)
class Step:
    """What one person writes in one go, and then waits for one answer."""

    person: Person
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Exchange:
    """A step that was played. `reply` is None when nobody answered."""

    step: Step
    reply: str | None
    seconds: float  #: from the last text to the reply


@dataclass(frozen=True)
class Notice:
    """What Aurora told somebody who had not asked."""

    person: Person
    text: str


@dataclass(frozen=True)
class Transcript:
    """A demo that was played."""

    exchanges: tuple[Exchange, ...]
    notice: Notice | None

    @property
    def messages_in(self) -> int:
        return sum(len(exchange.step.texts) for exchange in self.exchanges)

    @property
    def replies_out(self) -> int:
        return sum(exchange.reply is not None for exchange in self.exchanges)

    @property
    def complete(self) -> bool:
        """Whether everybody was answered and the owner was told."""
        return self.lost == 0 and self.notice is not None

    @property
    def lost(self) -> int:
        return sum(len(exchange.step.texts) for exchange in self.exchanges if exchange.reply is None)


OWNER = Person("Carla (dona)", "5511988887777", "owner")
ANA = Person("Ana", "5511912345678", "customer")


def conversations() -> list[list[Step]]:
    """Return what is played first: each list is one person's steps, and the lists run at the same time."""
    return [
        [
            Step(ANA, ("Oi! Quanto custa o banho?",)),
            Step(ANA, ("E vocês abrem no sábado?", "Até que horas?")),
        ],
        [
            Step(OWNER, ("Como está o dia hoje?",)),
            Step(OWNER, ("Procura a cliente Célia",)),
        ],
    ]


def handover() -> Step:
    """Return the step that makes Aurora call for a person.

    It is a new customer's each time: with the last one the assistant keeps silent.
    """
    newcomer = Person("Diego", f"55119{10_000_000 + randbelow(89_999_999)}", "customer")
    return Step(newcomer, ("Bom dia, quero falar com uma pessoa, por favor",))


async def prepare(environment: Mapping[str, str]) -> None:
    """Connect the demo business's number and put the people's phones on the chat page. Safe to repeat."""
    await connect_instance(environment, INSTANCE)
    async with _phones(environment) as phones:
        await _call(phones, "PATCH", f"/_instances/{INSTANCE}", {"profile_name": "Patas & Cia"})
        for person in (ANA, OWNER):
            await _add(phones, person)


async def play(environment: Mapping[str, str]) -> Transcript:
    """Play the script and return what happened. Raises `httpx.HTTPError` when the phones cannot be reached."""
    async with _phones(environment) as phones:
        played = await asyncio.gather(*(_play_in_turn(phones, each) for each in conversations()))
        step = handover()
        await _add(phones, step.person)
        told = await _sent_to(phones, OWNER)
        called = await _play(phones, step)
        notice = await _next_message(phones, OWNER, told) if called.reply is not None else None
    exchanges = tuple(exchange for each in played for exchange in each)
    return Transcript((*exchanges, called), Notice(OWNER, notice) if notice is not None else None)


async def _play_in_turn(phones: httpx.AsyncClient, steps: list[Step]) -> list[Exchange]:
    return [await _play(phones, step) for step in steps]


async def _play(phones: httpx.AsyncClient, step: Step) -> Exchange:
    told = await _sent_to(phones, step.person)
    for text in step.texts:
        await _call(phones, "POST", f"/_people/{step.person.phone}/messages", {"instance": INSTANCE, "text": text})
    written = time.monotonic()
    reply = await _next_message(phones, step.person, told)
    return Exchange(step, reply, time.monotonic() - written)


async def _next_message(phones: httpx.AsyncClient, person: Person, told: Mapping[str, str]) -> str | None:
    """Return the first message that Aurora sends to `person` beyond those in `told`, None without patience."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for message_id, text in (await _sent_to(phones, person)).items():
            if message_id not in told:
                return text
        await asyncio.sleep(POLL_SECONDS)
    return None


async def _sent_to(phones: httpx.AsyncClient, person: Person) -> dict[str, str]:
    """Return the texts that Aurora sent to `person`, by message id."""
    answer = await _call(phones, "GET", f"/_messages?after=0&instance={INSTANCE}&person={person.phone}")
    return {str(each["id"]): str(each["text"]) for each in answer["messages"] if each["author"] == "api"}


async def _add(phones: httpx.AsyncClient, person: Person) -> None:
    await _call(phones, "POST", "/_people", {"name": person.name, "phone": person.phone, "role": person.role})


def _phones(environment: Mapping[str, str]) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=environment["EVOLUTION_URL"], timeout=10.0)


async def _call(phones: httpx.AsyncClient, method: str, path: str, body: object = None) -> Any:
    response = await phones.request(method, path, json=body)
    response.raise_for_status()
    return response.json()
