"""Bodies of webhooks and answers in the wire shapes of Evolution 2.3.7."""

from typing import Any

from infra.simulation.people import Person

Body = dict[str, Any]


def envelope(event: str, instance: str, number: str, data: Body) -> Body:
    """Return the body of one webhook call."""
    return {
        "event": event,
        "instance": instance,
        "data": data,
        "destination": f"https://aurora.example/webhooks/evolution/{instance}",
        "date_time": "2026-01-20T09:15:02.113Z",  # local time with a false Z: nobody may read it
        "sender": f"{number}@s.whatsapp.net",
        "server_url": "https://gateway.example",
        "apikey": None,
    }


def upsert(person: Person, message_id: str, content: Body, *, seconds: int, own: bool, hidden: bool) -> Body:
    """Return the data of `messages.upsert`; `hidden` names the chat by the person's hidden id."""
    first, second = (person.lid, person.jid) if hidden else (person.jid, person.lid)
    return {
        "key": {"remoteJid": first, "remoteJidAlt": second, "fromMe": own, "id": message_id, "addressingMode": "pn"},
        "pushName": "Você" if own else person.name,
        "status": "DELIVERY_ACK",
        "message": content,
        "contextInfo": None,
        "messageType": next(iter(content)),
        "messageTimestamp": seconds,
        "instanceId": "7f6c1c2e-0000-4000-8000-000000000001",
        "source": "web",
    }


def text(words: str) -> Body:
    """Return the content of a text."""
    return {"conversation": words}


def sticker() -> Body:
    """Return the content of a sticker."""
    return {"stickerMessage": {"mimetype": "image/webp", "isAnimated": False}}


def edited(person: Person, message_id: str, words: str) -> Body:
    """Return the data of `messages.edited` for a new text."""
    return {
        "key": {"remoteJid": person.jid, "fromMe": False, "id": message_id},
        "type": "MESSAGE_EDIT",
        "editedMessage": {"conversation": words},
        "timestampMs": "1768911399000",
    }


def revoked(person: Person, message_id: str) -> Body:
    """Return the data of `messages.edited` for a message that was deleted for everyone."""
    return {"key": {"remoteJid": person.jid, "fromMe": False, "id": message_id}, "type": "REVOKE"}


def sent(jid: str, message_id: str, words: str, *, seconds: int) -> Body:
    """Return the answer of a send, which is also the data of `send.message`."""
    return {
        "key": {"remoteJid": jid, "fromMe": True, "id": message_id},
        "pushName": "Você",
        "status": "PENDING",
        "message": {"conversation": words},
        "contextInfo": None,
        "messageType": "conversation",
        "messageTimestamp": seconds,
        "instanceId": "7f6c1c2e-0000-4000-8000-000000000001",
        "source": "unknown",
    }


def status(jid: str, message_id: str, word: str) -> Body:
    """Return the data of `messages.update`."""
    return {
        "keyId": message_id,
        "remoteJid": jid,
        "fromMe": True,
        "status": word,
        "instanceId": "7f6c1c2e-0000-4000-8000-000000000001",
        "messageId": f"row-{message_id}",
    }


def connection(instance: str, number: str, *, is_open: bool) -> Body:
    """Return the data of `connection.update`."""
    if not is_open:
        return {"instance": instance, "state": "close", "statusReason": 401}
    return {"instance": instance, "wuid": f"{number}@s.whatsapp.net", "state": "open", "statusReason": 200}
