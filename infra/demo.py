"""A short scripted conversation through the running stack, from the people's side: their phones are all it touches."""

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import randbelow

from infra.instances import connect_instance
from infra.phones import Exchange, Person, Step, phones_of

INSTANCE = "patas"
BUSINESS = "Patas & Cia"
OWNER = Person("Carla (dona)", "5511988887777", "owner")
ANA = Person("Ana", "5511912345678")


@dataclass(frozen=True)
class Notice:
    """What Aurora told somebody who had not asked."""

    person: Person
    text: str


@dataclass(frozen=True)
class Transcript:
    """A demo that was played. `notice` is what the owner was told of the customer who wants a person."""

    exchanges: tuple[Exchange, ...]
    notice: Notice | None

    @property
    def messages_in(self) -> int:
        return sum(len(exchange.step.texts) for exchange in self.exchanges)

    @property
    def replies_out(self) -> int:
        return sum(exchange.reply is not None for exchange in self.exchanges)

    @property
    def lost(self) -> int:
        return sum(len(exchange.step.texts) for exchange in self.exchanges if exchange.reply is None)

    @property
    def complete(self) -> bool:
        """Whether everybody was answered and the owner was told."""
        return self.lost == 0 and self.notice is not None


def conversation() -> list[Step]:
    """Return what is played first. The owner asks last, so that the day's figures hold what was just answered."""
    return [
        Step(ANA, ("Oi! Quanto custa o banho?",)),
        Step(ANA, ("E vocês abrem no sábado?", "Até que horas?")),
        Step(OWNER, ("Como está o dia hoje?",)),
        Step(OWNER, ("Procura a cliente Célia",)),
    ]


def handover() -> Step:
    """Return the step that makes Aurora call for a person.

    It is a new customer's each time: with the last one the assistant keeps silent.
    """
    newcomer = Person("Diego", f"55119{10_000_000 + randbelow(89_999_999)}")
    return Step(newcomer, ("Bom dia, quero falar com uma pessoa, por favor",))


async def prepare(environment: Mapping[str, str]) -> None:
    """Connect the demo business's number and give its people phones. Safe to repeat.

    Raises `ConnectionRefusedError` and `httpx.HTTPError` when the gateway does not take part.
    """
    await connect_instance(environment, INSTANCE)
    async with phones_of(environment["EVOLUTION_URL"], INSTANCE) as phones:
        await phones.name_business(BUSINESS)
        for person in (ANA, OWNER):
            await phones.add(person)


async def play(environment: Mapping[str, str]) -> Transcript:
    """Play the script and return what happened. Raises `httpx.HTTPError` when the phones cannot be reached."""
    async with phones_of(environment["EVOLUTION_URL"], INSTANCE) as phones:
        exchanges = [await phones.play(step) for step in conversation()]
        step = handover()
        await phones.add(step.person)
        told = await phones.sent_to(OWNER)
        called = await phones.play(step)
        notice = await phones.next_message(OWNER, told) if called.reply is not None else None
    return Transcript((*exchanges, called), Notice(OWNER, notice) if notice is not None else None)
