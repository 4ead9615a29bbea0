"""People's phones at the local WhatsApp gateway: write as somebody and see what Aurora answers."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx

#: Silence after which a message counts as lost, in seconds.
PATIENCE = 30.0
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Person:
    """Somebody with a phone."""

    name: str
    phone: str  #: digits with the country code
    role: Literal["customer", "owner"] = "customer"


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


class Phones:
    """The phones of everybody who writes to one instance."""

    def __init__(self, client: httpx.AsyncClient, instance: str) -> None:
        self._client = client
        self._instance = instance

    async def add(self, person: Person) -> None:
        """Give `person` a phone; one that is there already is renamed."""
        await self._call("POST", "/_people", {"name": person.name, "phone": person.phone, "role": person.role})

    async def name_business(self, name: str) -> None:
        """Give the instance the name that people see."""
        await self._call("PATCH", f"/_instances/{self._instance}", {"profile_name": name})

    async def play(self, step: Step) -> Exchange:
        """Write all of a step and wait for the answer."""
        told = await self.sent_to(step.person)
        await self.write(step)
        written = time.monotonic()
        reply = await self.next_message(step.person, told)
        return Exchange(step, reply, time.monotonic() - written)

    async def write(self, step: Step) -> None:
        """Write all of a step."""
        for text in step.texts:
            path = f"/_people/{step.person.phone}/messages"
            await self._call("POST", path, {"instance": self._instance, "text": text})

    async def next_message(self, person: Person, told: Mapping[str, str]) -> str | None:
        """Return the first message that Aurora sends to `person` beyond those in `told`, None without patience."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for message_id, text in (await self.sent_to(person)).items():
                if message_id not in told:
                    return text
            await asyncio.sleep(POLL_SECONDS)
        return None

    async def sent_to(self, person: Person) -> dict[str, str]:
        """Return the texts that Aurora sent to `person`, by message id."""
        answer = await self._call("GET", f"/_messages?after=0&instance={self._instance}&person={person.phone}")
        return {str(each["id"]): str(each["text"]) for each in answer["messages"] if each["author"] == "api"}

    async def _call(self, method: str, path: str, body: object = None) -> Any:
        response = await self._client.request(method, path, json=body)
        response.raise_for_status()
        return response.json()


@asynccontextmanager
async def phones_of(gateway_url: str, instance: str) -> AsyncIterator[Phones]:
    """Yield the phones of the people who write to `instance` at the local gateway.

    Its calls raise `httpx.HTTPError` when the gateway cannot be reached or refuses.
    """
    async with httpx.AsyncClient(base_url=gateway_url, timeout=10.0) as client:
        yield Phones(client, instance)
