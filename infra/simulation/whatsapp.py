"""WhatsApp and a gateway to it: delivers to people's phones, remembers everything, and reports it as webhooks."""

import asyncio
import json
import random
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import httpx

from infra.simulation import bodies
from infra.simulation.chaos import Chaos
from infra.simulation.clocks import START, elapsed
from infra.simulation.ingress import Ingress
from infra.simulation.people import Action, Kind, Person
from infra.simulation.story import Story
from shared.whatsapp.webhook_secret import derive_webhook_secret

#: Waits between the ten attempts of one event, in seconds, as Evolution 2.3.7 makes them.
_DELAYS = (5, 10, 20, 40, 80, 160, 300, 300, 300)
#: Kept in the gateway's memory alone, so that a restart loses them; what people wrote is too, but no promise of ours.
_FORGETTABLE = frozenset({"send.message", "messages.update"})
_FINAL_STATUSES = frozenset({400, 401, 403, 404, 422})


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A message on a person's phone."""

    at: float  #: virtual seconds
    instance: str
    phone: str  #: of the person, digits
    jid: str  #: the address it was sent to
    message_id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of one webhook event."""

    event: str
    instance: str
    message_id: str
    accepted: bool  #: whether the gateway got a 2xx for it
    acknowledged_at: float | None = None


class WhatsApp:
    """The outside world's end of the trip."""

    def __init__(self, ingress: Ingress, chaos: Chaos, source: random.Random, story: Story, *, secret: str) -> None:
        self._ingress = ingress
        self._chaos = chaos
        self._source = source
        self._story = story
        self._secret = secret
        self._tasks: set[asyncio.Task[None]] = set()
        self._people: dict[str, Person] = {}
        self._closed: set[str] = set()
        self._held: dict[str, list[tuple[str, dict[str, Any], str]]] = {}
        self.arrivals: list[Arrival] = []
        self.reports: list[Report] = []

    @property
    def idle(self) -> bool:
        """Tell whether every event is reported or given up."""
        return not self._tasks

    def act(self, action: Action) -> None:
        """Let people do what the script says."""
        who = action.person.name if action.person else action.instance
        self._story.tell(f"{who} @ {action.instance}", f"{action.kind} {action.text}")
        self._story.count(f"people: {action.kind}")
        match action.kind:
            case Kind.CONNECTION_LOST | Kind.CONNECTED:
                self._connect(action.instance, is_open=action.kind is Kind.CONNECTED)
            case Kind.EDITS | Kind.REVOKES:
                assert action.person is not None  # noqa: S101 - people edit
                data = (
                    bodies.edited(action.person, action.message_id, action.text)
                    if action.kind is Kind.EDITS
                    else bodies.revoked(action.person, action.message_id)
                )
                self._emit("messages.edited", action.instance, data, action.message_id)
            case _:
                self._write(action)

    async def serve(self, request: httpx.Request) -> httpx.Response:
        """Answer a call to the gateway's API."""
        _, area, call, instance = request.url.path.split("/")
        if (area, call) == ("message", "sendText"):
            return await self._send_text(instance, json.loads(request.content))
        if (area, call) == ("chat", "findMessages"):
            return self._find_messages(instance)
        return httpx.Response(404, json={"status": 404, "error": "Not Found"})

    async def _send_text(self, instance: str, body: dict[str, Any]) -> httpx.Response:
        if instance in self._closed:
            error = {"status": 400, "error": "Bad Request", "response": {"message": ["Error: Connection Closed"]}}
            return httpx.Response(400, json=error)
        person = self._people.get(body["number"])
        if person is None:
            missing = {"exists": False, "jid": body["number"], "number": body["number"]}
            return httpx.Response(400, json={"status": 400, "error": "Bad Request", "response": {"message": [missing]}})
        message_id = f"BAE5{self._source.getrandbits(64):016X}"
        # A hidden id is taken as it is; a number becomes the person's address.
        jid = body["number"] if body["number"].endswith("@lid") else person.jid
        data = bodies.sent(jid, message_id, body["text"], seconds=_seconds())
        self.arrivals.append(
            Arrival(
                at=elapsed(), instance=instance, phone=person.phone, jid=jid, message_id=message_id, text=body["text"]
            )
        )
        self._story.tell(f"phone of {person.name}", f"{instance}: {body['text']!r}")
        self._emit("send.message", instance, data, message_id)
        self._start(self._ticks(instance, person, message_id))
        # The gateway waits for WhatsApp; the message has left all the same.
        await asyncio.sleep(self._source.uniform(0.1, 2.0))
        return httpx.Response(201, json=data)

    def _find_messages(self, instance: str) -> httpx.Response:
        records = [
            bodies.sent(each.jid, each.message_id, each.text, seconds=_seconds(each.at))
            for each in reversed(self.arrivals)
            if each.instance == instance
        ]
        counts = {"total": len(records), "pages": 1, "currentPage": 1}
        return httpx.Response(200, json={"messages": {**counts, "records": records}})

    async def _ticks(self, instance: str, person: Person, message_id: str) -> None:
        for word in ("SERVER_ACK", "DELIVERY_ACK", "READ")[: self._source.choice((0, 1, 2, 3))]:
            await asyncio.sleep(self._source.uniform(0.05, 5))
            self._emit("messages.update", instance, bodies.status(person.jid, message_id, word), message_id)

    def _write(self, action: Action) -> None:
        assert action.person is not None  # noqa: S101 - people write
        self.know(action.person)
        own = action.kind is Kind.TYPES_ON_BUSINESS_PHONE
        content = bodies.sticker() if action.kind is Kind.SENDS_STICKER else bodies.text(action.text)
        for hidden in (False, True) if action.twin else (False,):
            data = bodies.upsert(
                action.person,
                action.message_id,
                content,
                seconds=_seconds(action.at - action.age),
                own=own,
                hidden=hidden,
            )
            for _ in range(action.copies):
                self._emit("messages.upsert", action.instance, data, action.message_id)

    def know(self, person: Person) -> None:
        """Let a person have WhatsApp."""
        for name in (person.jid, person.lid, person.phone):
            self._people[name] = person

    def _connect(self, instance: str, *, is_open: bool) -> None:
        if is_open:
            self._closed.discard(instance)
            for event, data, message_id in self._held.pop(instance, []):
                self._start(self._report(event, instance, data, message_id))
        else:
            self._closed.add(instance)
        self._start(self._report("connection.update", instance, bodies.connection(instance, "0", is_open=is_open), ""))

    def _emit(self, event: str, instance: str, data: dict[str, Any], message_id: str) -> None:
        if instance in self._closed:
            self._held.setdefault(instance, []).append((event, data, message_id))
        else:
            self._start(self._report(event, instance, data, message_id))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _report(self, event: str, instance: str, data: dict[str, Any], message_id: str) -> None:
        if event in _FORGETTABLE and self._chaos.forgets():
            self._story.tell("gateway", f"forgets to report {event} {message_id}")
            self._story.count("fault: gateway forgot an event")
            return
        # One task for each event, so they keep no order.
        await asyncio.sleep(self._source.choice((0.0, 0.02, 0.1, 0.1, 0.8, 3.0)))
        accepted = False
        for delay in (*_DELAYS, None):
            status = await self._attempt(event, instance, data)
            accepted = status is not None and 200 <= status < 300
            if accepted or delay is None or status in _FINAL_STATUSES:
                break
            await asyncio.sleep(delay * self._source.uniform(0.8, 1.2))
        if not accepted:
            self._story.tell("gateway", f"gives up reporting {event} {message_id}")
        self.reports.append(
            Report(
                event=event,
                instance=instance,
                message_id=message_id,
                accepted=accepted,
                acknowledged_at=elapsed() if accepted else None,
            )
        )

    async def _attempt(self, event: str, instance: str, data: dict[str, Any]) -> int | None:
        body = bodies.envelope(event, instance, "0", data)
        request = httpx.Request(
            "POST",
            f"https://aurora.example/webhooks/evolution/{instance}",
            json=body,
            headers={"x-webhook-secret": derive_webhook_secret(self._secret, provider="evolution", instance=instance)},
        )
        try:
            async with asyncio.timeout(30):
                response = await self._ingress.handle_async_request(request)
        except (httpx.TransportError, TimeoutError):
            return None
        return response.status_code


def _seconds(at: float | None = None) -> int:
    return int(START.timestamp() + (elapsed() if at is None else at))
