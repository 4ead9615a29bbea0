"""Webhook bodies of Evolution API v2 (2.2.3 to 2.4.0) as Aurora's events. Pure: no clock, no input or output.

Every call has the shape `{"event", "instance", "data", …}` around one message. Beside it stand `date_time` (local time
marked `Z`: never used), `sender` (our own number) and `apikey` (a secret: never read). Evolution keeps no order between
calls and may repeat them, also under another of a person's addresses.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from shared.errors import MalformedWebhookError
from shared.whatsapp.events import (
    Author,
    DeliveryStatus,
    Event,
    Identity,
    InstanceStateChanged,
    MessageEcho,
    MessageEdited,
    MessageReceived,
    MessageRevoked,
    MessageStatusChanged,
)
from shared.whatsapp.evolution_content import read_content, unwrap
from shared.whatsapp.jid import Jid, Party, parse_jid
from shared.whatsapp.json_values import id_of, integer_of, members, moment_of, name_of

_STATUSES = {
    "ERROR": DeliveryStatus.FAILED,
    "PENDING": DeliveryStatus.SENT,
    "SERVER_ACK": DeliveryStatus.SENT,
    "DELIVERY_ACK": DeliveryStatus.DELIVERED,
    "READ": DeliveryStatus.READ,
    "PLAYED": DeliveryStatus.READ,
}

_Members = Mapping[str, object]


def parse(body: object, *, instance: str) -> tuple[Event, ...]:
    """Return what the decoded JSON `body` reports about `instance`, the instance that the webhook's address names.

    An empty tuple means authentic but of no interest: groups, status updates, channels, QR codes, unknown events,
    reactions taken back. Every text is cut to WhatsApp's limit and free of what UTF-8 or PostgreSQL cannot hold.
    Raises `MalformedWebhookError` naming the member that is missing or wrong, never its value.
    """
    envelope = _object(body, "the body")
    event = envelope.get("event")
    if not isinstance(event, str) or not event:
        raise MalformedWebhookError("evolution: `event` must be a name")
    if not isinstance(envelope.get("instance"), str):
        raise MalformedWebhookError("evolution: `instance` must be a name")
    if envelope["instance"] != instance:
        raise MalformedWebhookError("evolution: `instance` is not the one that the webhook's address names")
    read = _READERS.get(event.lower().replace("_", ".").replace("-", "."))
    if read is None:
        return ()
    happening = read(_object(envelope.get("data"), "`data`"))
    return () if happening is None else (happening,)


def _message(data: _Members) -> Event | None:
    """Read `messages.upsert`: somebody wrote, the contact or the business on its own phone."""
    key = _object(data.get("key"), "`data.key`")
    peer = _peer(key)
    if peer is None:
        return None
    message = members(data.get("message"))
    protocol = members(unwrap(message).get("protocolMessage"))
    if protocol:
        return _change(protocol)
    content = read_content(message, members(data.get("contextInfo")))
    if content is None:
        return None
    own = _own(key)
    return MessageReceived(
        provider_message_id=_message_id(key, "id", "`data.key.id`"),
        author=Author.BUSINESS if own else Author.CONTACT,
        peer=peer,
        name=None if own else name_of(data.get("pushName")),
        kind=content.kind,
        text=content.text,
        quoted_id=content.quoted_id,
        media=content.media,
        sent_at=_moment(data),
    )


def _echo(data: _Members) -> Event | None:
    """Read `send.message`: the gateway sent what its API was given."""
    key = _object(data.get("key"), "`data.key`")
    peer = _peer(key)
    if peer is None:
        return None
    content = read_content(members(data.get("message")), {})
    return MessageEcho(
        provider_message_id=_message_id(key, "id", "`data.key.id`"),
        peer=peer,
        text=content.text if content else None,
        sent_at=_moment(data),
    )


def _change(data: _Members) -> Event | None:
    """Read `messages.edited`, which carries any protocol message: only edits and revocations matter."""
    kind = data.get("type")
    if kind not in ("MESSAGE_EDIT", "REVOKE"):  # a tuple: `kind` may be anything, unhashable too
        return None
    key = _object(data.get("key"), "`key` of the changed message")
    if not _may_be_a_persons(key):
        return None
    message_id = _message_id(key, "id", "`key.id` of the changed message")
    if kind == "REVOKE":
        return MessageRevoked(provider_message_id=message_id)
    content = read_content(_object(data.get("editedMessage"), "`editedMessage`"), {})
    return MessageEdited(provider_message_id=message_id, text=content.text) if content and content.text else None


def _revocation(data: _Members) -> Event | None:
    """Read `messages.delete`, whose `data` is the message's key."""
    if not _may_be_a_persons(data):
        return None
    return MessageRevoked(provider_message_id=_message_id(data, "id", "`data.id`"))


def _status(data: _Members) -> Event | None:
    """Read `messages.update`: only our own messages have a status worth keeping."""
    status = data.get("status")
    if data.get("fromMe") is not True or not _may_be_a_persons(data) or not isinstance(status, str):
        return None
    message_id = _message_id(data, "keyId", "`data.keyId`")
    if status not in _STATUSES:
        return None
    return MessageStatusChanged(provider_message_id=message_id, status=_STATUSES[status])


def _state(data: _Members) -> Event | None:
    """Read `connection.update`. `refused` means that nobody scanned the QR code in time: closed, as far as we care."""
    reason = integer_of(data.get("statusReason"))
    own = _jid(data.get("wuid"))
    phone = own.phone if own else None
    match data.get("state"):
        case "open":
            return InstanceStateChanged(state="open", reason=reason, phone=phone)
        case "connecting":
            return InstanceStateChanged(state="connecting", reason=reason, phone=phone)
        case "close" | "refused":
            return InstanceStateChanged(state="close", reason=reason, phone=phone)
        case _:
            return None


_READERS: Mapping[str, Callable[[_Members], Event | None]] = {
    "messages.upsert": _message,
    "send.message": _echo,
    "messages.edited": _change,
    "messages.delete": _revocation,
    "messages.update": _status,
    "connection.update": _state,
}


def _peer(key: _Members) -> Identity | None:
    """Return the person at the other side, `None` when the chat is no person's.

    The address to write to is the chat's own, as given but for the device. Evolution 2.3.1 to 2.3.4 says the phone of
    a hidden id in `senderPn`, 2.3.3 and later in `remoteJidAlt`; 2.3.7 puts the phone into both, 2.4.0 swaps the two.
    The `sender…` members name who wrote, so they say nothing of the other side when that was us.
    """
    own = _own(key)
    chat = _jid(key.get("remoteJid"))
    if own and "senderPn" in key and key["senderPn"] == key.get("remoteJid"):
        chat = _jid(key.get("previousRemoteJid")) or chat
    if chat is None:
        raise MalformedWebhookError("evolution: `data.key.remoteJid` must be a WhatsApp address")
    if chat.party is not Party.PERSON:
        return None
    others = ("remoteJidAlt",) if own else ("remoteJidAlt", "senderPn", "senderLid", "previousRemoteJid")
    known = [chat, *(jid for name in others if (jid := _jid(key.get(name))) is not None)]
    return Identity(
        phone=_first(jid.phone for jid in known),
        lid=_first(jid.lid for jid in known),
        address=chat.without_device(),
    )


def _first(values: Iterator[str | None]) -> str | None:
    return next((value for value in values if value is not None), None)


def _may_be_a_persons(key: _Members) -> bool:
    """Tell whether the message of `key` can be in a person's chat; some calls leave the chat out."""
    chat = _jid(key.get("remoteJid"))
    return chat is None or chat.party is Party.PERSON


def _own(key: _Members) -> bool:
    return key.get("fromMe") is True


def _jid(value: object) -> Jid | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_jid(value)
    except ValueError:
        return None


def _object(value: object, what: str) -> _Members:
    if not isinstance(value, dict):
        raise MalformedWebhookError(f"evolution: {what} must be a JSON object")
    return value


def _message_id(source: _Members, name: str, what: str) -> str:
    message_id = id_of(source.get(name))
    if message_id is None:
        raise MalformedWebhookError(f"evolution: {what} must be a message id")
    return message_id


def _moment(data: _Members) -> datetime:
    moment = moment_of(data.get("messageTimestamp"))
    if moment is None:
        raise MalformedWebhookError("evolution: `data.messageTimestamp` must be a Unix time in seconds")
    return moment
