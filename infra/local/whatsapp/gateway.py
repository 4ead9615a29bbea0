"""What happens on WhatsApp: people and businesses write, edit, delete and read."""

import asyncio
from dataclasses import asdict, replace
from typing import Any

from infra.local.whatsapp import wire
from infra.local.whatsapp.background import Background
from infra.local.whatsapp.config import GatewayConfig
from infra.local.whatsapp.errors import BadRequestError, HangUpError, NotFoundError
from infra.local.whatsapp.faults import Fault, Faults
from infra.local.whatsapp.feed import Change, Feed
from infra.local.whatsapp.messages import Messages
from infra.local.whatsapp.models import Attachment, File, Instance, Message, NewMessage, Person, State, Status
from infra.local.whatsapp.phones import jids_of
from infra.local.whatsapp.store import Store
from infra.local.whatsapp.webhooks import WebhookSender

#: WhatsApp's own limit of a text.
MAX_TEXT = 65_536


class Gateway:
    """All chats of all instances, with the events that they cause."""

    def __init__(self, config: GatewayConfig) -> None:
        self.config = config
        self.store = Store(config.data)
        self.messages = Messages(self.store, config.now)
        self.webhooks = WebhookSender(config, self.store)
        self.feed = Feed()
        self.faults = Faults()
        self._ticking = Background()

    def start(self) -> None:
        """Go on with the webhooks and ticks that an earlier process left."""
        self.webhooks.resume()
        for message in self.messages.waiting_for_ticks():
            self._ticking.start(self._tick(message))

    async def idle(self, seconds: float) -> None:
        """Wait until ticks and webhooks are through, at most `seconds` each."""
        await self._ticking.idle(seconds)
        await self.webhooks.idle(seconds)

    async def close(self) -> None:
        """Stop everything and close the file; nothing pending is lost."""
        self.feed.close()
        await self._ticking.close()
        await self.webhooks.close()
        self.store.close()

    def instance(self, name: str) -> Instance:
        """Return an instance; raises `NotFoundError` with Evolution's text."""
        instance = self.store.instance(name)
        if instance is None:
            raise NotFoundError(f'The "{name}" instance does not exist')
        return instance

    def person(self, phone: str) -> Person:
        """Return the person of a phone; raises `NotFoundError`."""
        person = self.find_person(phone)
        if person is None:
            raise NotFoundError(f'nobody has the phone "{phone}"; add the person first')
        return person

    def find_person(self, number: str) -> Person | None:
        """Return who answers a number or address on WhatsApp, with or without the ninth digit."""
        people = (self.store.person(jid) for jid in jids_of(number))
        return next((person for person in people if person is not None), None)

    def message(self, instance: str, message_id: str) -> Message:
        """Return a message; raises `NotFoundError`."""
        message = self.messages.get(instance, message_id)
        if message is None:
            raise NotFoundError(f'instance "{instance}" has no message "{message_id}"')
        return message

    def person_writes(
        self, person: Person, instance: Instance, text: str, quoted: str | None = None, *, file: File | None = None
    ) -> Message:
        """Send a person's text, or `file` with it as a caption; one tick until the instance is open to take it.

        `quoted` is the id of the message it answers.
        """
        text = text if file and not text else checked_text(text)
        answered = self.message(instance.name, quoted) if quoted else None
        status: Status = "DELIVERY_ACK" if instance.state == "open" else "SERVER_ACK"
        with self.store.transaction():
            new = NewMessage(instance.name, person.phone, "person", text, status, quoted, file=file)
            message = self.messages.add(new)
            self.webhooks.emit(instance, "messages.upsert", wire.received(message, person, instance, answered))
        return self._show(message)

    def person_edits(self, person: Person, message: Message, text: str) -> Message:
        """Change the text of a person's own message."""
        self._check_author(person, message)
        if message.revoked:
            raise BadRequestError("a deleted message cannot be edited")
        with self.store.transaction():
            changed = self.messages.save(replace(message, text=checked_text(text), edited=True))
            data = wire.edited(changed, person, self.config.now())
            self.webhooks.emit(self.instance(message.instance), "messages.edited", data)
        return self._show(changed)

    def person_revokes(self, person: Person, message: Message) -> Message:
        """Delete a person's own message for everyone; a second time changes nothing."""
        self._check_author(person, message)
        if message.revoked:
            return message
        with self.store.transaction():
            changed = self.messages.save(replace(message, text="", revoked=True))
            self.webhooks.emit(self.instance(message.instance), "messages.edited", wire.revoked(changed, person))
        return self._show(changed)

    def business_types(self, instance: Instance, person: Person, text: str) -> Message:
        """Write to a person on the business's own phone, which works while the gateway is cut off, too."""
        with self.store.transaction():
            message = self.messages.add(
                NewMessage(instance.name, person.phone, "phone", checked_text(text), "SERVER_ACK")
            )
            self.webhooks.emit(instance, "messages.upsert", wire.typed_on_phone(message, person, instance))
        self._ticking.start(self._tick(message))
        return self._show(message)

    async def send_text(self, instance: Instance, person: Person, text: str, quoted: str | None) -> Message:
        """Send a text for the API, unless a fault is played on it.

        Raises `BadRequestError` when it fails or seems to, `HangUpError` when the caller must not learn how it went.
        """
        checked_text(text)
        if self.instance(instance.name).state == "close":  # it may have closed while the call was held
            raise BadRequestError("Error: Connection Closed")
        fault = self.faults.take()
        lost = fault is not None and not fault.delivered
        new = NewMessage(instance.name, person.phone, "api", text, "PENDING", quoted, lost)
        if fault is None:
            return self._leave(instance, person, new)
        if fault.kind in {"drop", "reject"}:
            message = self._leave(instance, person, new)
            return self._refused(message) if fault.kind == "reject" else message
        if fault.delivered:
            self._leave(instance, person, new)
        raise await _spoilt(fault)

    def download(self, instance: Instance, message_id: str) -> tuple[Message, Attachment, bytes]:
        """Return a message with its file for the API, unless a fault is played on it. Raises `BadRequestError`."""
        message = self.messages.get(instance.name, message_id)
        if message is None:
            raise BadRequestError("Error: Message not found")
        content = self.messages.content(message)
        if message.media is None or content is None:
            raise BadRequestError("Error: The message is not of the media type")
        if self.faults.take_missing():
            raise BadRequestError("Error: Failed to fetch stream from https://mmg.whatsapp.net/made-up.enc")
        return message, message.media, content

    def mark_read(self, instance: Instance, ids: list[str]) -> None:
        """Show people that the business has read their messages."""
        for message_id in ids:
            message = self.messages.get(instance.name, message_id)
            if message is not None and message.author == "person":
                changed = self.messages.raise_status(message, "READ")
                if changed is not None:
                    self._show(changed)

    def show_presence(self, instance: Instance, person: Person, presence: str) -> None:
        """Show a person what the business is doing right now."""
        data = {"instance": instance.name, "person": person.phone, "presence": presence}
        self.feed.publish(Change("presence", data))

    def set_state(self, instance: Instance, state: State) -> Instance:
        """Open or close an instance; opening hands over what people wrote meanwhile."""
        changed = replace(instance, state=state)
        if changed == instance:
            return instance
        arrived: list[Message] = []
        with self.store.transaction():
            self.store.save_instance(changed)
            self.webhooks.emit(changed, "connection.update", wire.connection(changed))
            if state == "open":
                self.webhooks.release(instance.name)
                waiting = self.messages.waiting_for_instance(instance.name)
                arrived = [self.messages.save(replace(message, status="DELIVERY_ACK")) for message in waiting]
        for message in arrived:
            self._show(message)
        self.announce_instance(changed)
        return changed

    def announce_instance(self, instance: Instance) -> None:
        """Tell the watchers about a new or changed instance."""
        self.feed.publish(Change("instance", instance_view(instance)))

    def _leave(self, instance: Instance, person: Person, new: NewMessage) -> Message:
        with self.store.transaction():
            message = self.messages.add(new)
            self.webhooks.emit(instance, "send.message", wire.sent(message, person, instance))
        if not message.lost:
            self._ticking.start(self._tick(message))
            self._show(message)
        return message

    def _refused(self, message: Message) -> Message:
        with self.store.transaction():
            self._report(self.messages.save(replace(message, status="ERROR")))
        return message

    async def _tick(self, message: Message) -> None:
        """Move a sent message up as far as the tick switch allows."""
        steps: tuple[tuple[float, Status, set[str]], ...] = (
            (self.config.delivered_after, "DELIVERY_ACK", {"delivered", "read"}),
            (self.config.read_after, "READ", {"read"}),
        )
        for wait, status, allowed in steps:
            await asyncio.sleep(wait)
            if self.store.switch("ticks", "read") not in allowed:
                return
            with self.store.transaction():
                changed = self.messages.raise_status(message, status)
                if changed is not None:
                    self._report(changed)
            if changed is not None:
                self._show(changed)

    def _report(self, message: Message) -> None:
        instance, person = self.instance(message.instance), self.person(message.person)
        self.webhooks.emit(instance, "messages.update", wire.status_changed(message, person, instance))

    def _show(self, message: Message) -> Message:
        self.feed.publish(Change("message", message_view(message), message.revision))
        return message

    def _check_author(self, person: Person, message: Message) -> None:
        if message.author != "person" or message.person != person.phone:
            raise BadRequestError("only the person who wrote a message may change it")


def checked_text(text: str) -> str:
    """Return `text`; raises `BadRequestError` when WhatsApp would not take it."""
    if not text.strip():
        raise BadRequestError("Text is required")
    if len(text) > MAX_TEXT:
        raise BadRequestError(f"a text has at most {MAX_TEXT} characters, this one {len(text)}")
    return text


def message_view(message: Message) -> dict[str, Any]:
    """Return a message as the people's side shows it."""
    return asdict(message)


def instance_view(instance: Instance) -> dict[str, Any]:
    """Return an instance as the people's side shows it, without its token."""
    return {
        "name": instance.name,
        "profile_name": instance.profile_name,
        "number": instance.number,
        "state": instance.state,
    }


async def _spoilt(fault: Fault) -> BadRequestError | HangUpError:
    if fault.kind == "timeout":
        await asyncio.sleep(fault.seconds)
        return BadRequestError("Error: Timed Out")
    return HangUpError() if fault.kind == "hang_up" else BadRequestError(fault.message)
