"""Bodies of webhooks and answers, in the wire shapes of Evolution 2.3.7."""

import secrets
from datetime import datetime
from typing import Any

from infra.local.whatsapp.media import content_of
from infra.local.whatsapp.models import Delivery, Instance, Message, Person, Status, Webhook

_SOURCES = {"person": "web", "phone": "ios", "api": "unknown"}


def local_time_with_z(moment: datetime) -> str:
    """Return the machine's local time with a Z, as the original writes `date_time`."""
    return moment.astimezone().strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def envelope(delivery: Delivery, instance: Instance, webhook: Webhook, server_url: str) -> dict[str, Any]:
    """Return the body of one webhook call; `apikey` is null, as with the original's default settings."""
    return {
        "event": delivery.event,
        "instance": instance.name,
        "data": delivery.data,
        "destination": webhook.url,
        "date_time": delivery.date_time,
        "sender": own_jid(instance),
        "server_url": server_url,
        "apikey": None,
    }


def own_jid(instance: Instance) -> str:
    """Return the address of the business itself."""
    return f"{instance.number}@s.whatsapp.net"


def received(message: Message, person: Person, instance: Instance, quoted: Message | None = None) -> dict[str, Any]:
    """Return the data of `messages.upsert` for what a person wrote, in answer to `quoted` when there is one."""
    content = {**content_of(message), "messageContextInfo": _device_info()}
    body = _body(message, _chat_key(message, person), instance)
    if quoted is not None:
        body["contextInfo"]["quotedMessage"] = content_of(quoted)
    return {**body, "pushName": person.name, "status": "DELIVERY_ACK", "message": content}


def typed_on_phone(message: Message, person: Person, instance: Instance) -> dict[str, Any]:
    """Return the data of `messages.upsert` for what somebody typed on the business's phone."""
    return _body(message, _chat_key(message, person), instance)


def sent(message: Message, person: Person, instance: Instance) -> dict[str, Any]:
    """Return the answer of a send, which is also the data of `send.message`."""
    key = {"remoteJid": person.jid, "fromMe": True, "id": message.id}
    return {"contextInfo": None, **_body(message, key, instance)}


def status_changed(message: Message, person: Person, instance: Instance) -> dict[str, Any]:
    """Return the data of `messages.update`."""
    return {
        "keyId": message.id,
        "remoteJid": person.jid,
        "fromMe": message.author != "person",
        "status": message.status,
        "instanceId": instance.id,
        "messageId": message.row_id,
    }


def edited(message: Message, person: Person, moment: datetime) -> dict[str, Any]:
    """Return the data of `messages.edited` for a new text."""
    return {
        "key": _plain_key(message, person),
        "type": "MESSAGE_EDIT",
        "editedMessage": {"conversation": message.text},
        "timestampMs": str(int(moment.timestamp() * 1000)),
    }


def revoked(message: Message, person: Person) -> dict[str, Any]:
    """Return the data of `messages.edited` for a message deleted for everyone."""
    return {"key": _plain_key(message, person), "type": "REVOKE"}


def connection(instance: Instance) -> dict[str, Any]:
    """Return the data of `connection.update`; a closed instance was logged out (401)."""
    if instance.state == "close":
        return {"instance": instance.name, "state": "close", "statusReason": 401}
    return {
        "instance": instance.name,
        "wuid": own_jid(instance),
        "profileName": instance.profile_name,
        "profilePictureUrl": None,
        "state": "open",
        "statusReason": 200,
    }


def found(message: Message, person: Person, instance: Instance) -> dict[str, Any]:
    """Return one record of `findMessages`."""
    key = {"remoteJid": person.jid, "fromMe": message.author != "person", "id": message.id}
    updates: list[dict[str, Status]] = [] if message.status == "PENDING" else [{"status": message.status}]
    body = _body(message, key, instance)
    del body["status"]
    push_name = person.name if message.author == "person" else body["pushName"]
    return {"id": message.row_id, **body, "pushName": push_name, "contextInfo": None, "MessageUpdate": updates}


def _body(message: Message, key: dict[str, Any], instance: Instance) -> dict[str, Any]:
    content = content_of(message)
    body: dict[str, Any] = {
        "key": key,
        "pushName": "Você",
        "status": message.status,
        "message": content,
        "messageType": next(iter(content)),
        "messageTimestamp": message.timestamp,
        "instanceId": instance.id,
        "source": _SOURCES[message.author],
    }
    if message.quoted is not None:
        body["contextInfo"] = {"stanzaId": message.quoted, "participant": own_jid(instance)}
    return body


def _plain_key(message: Message, person: Person) -> dict[str, Any]:
    return {"remoteJid": person.jid, "fromMe": message.author != "person", "id": message.id}


def _chat_key(message: Message, person: Person) -> dict[str, Any]:
    return {**_plain_key(message, person), "remoteJidAlt": person.lid, "addressingMode": "pn"}


def _device_info() -> dict[str, Any]:
    """Return what rides on a text; bytes come as index maps since 2.3.6."""
    secret = {str(index): byte for index, byte in enumerate(secrets.token_bytes(32))}
    return {"threadId": [], "deviceListMetadataVersion": 2, "messageSecret": secret}
