"""The endpoints of Evolution API 2.3.7 that talk about messages and chats."""

import asyncio
import math
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.whatsapp import wire
from infra.local.whatsapp.bodies import json_object, maybe_text, optional, required
from infra.local.whatsapp.errors import BadRequestError
from infra.local.whatsapp.gateway import Gateway
from infra.local.whatsapp.media import downloaded
from infra.local.whatsapp.models import Instance, Person
from infra.local.whatsapp.phones import jid_of
from infra.local.whatsapp.tenancy import authorized

_PRESENCES = ("unavailable", "available", "composing", "recording", "paused")
_PAGE_SIZE = 50


async def send_text(request: Request) -> Response:
    """POST /message/sendText/{instance}."""
    gateway, instance = authorized(request)
    body = await json_object(request)
    number, text = required(body, "number", str), required(body, "text", str)
    quoted = maybe_text(optional(optional(body, "quoted", dict, {}), "key", dict, {}), "id")
    person = _known(gateway, number)
    await _type_first(gateway, instance, person, optional(body, "delay", int, 0))
    message = await gateway.send_text(instance, person, text, quoted)
    return JSONResponse(wire.sent(message, person, instance), status_code=201)


async def send_presence(request: Request) -> Response:
    """POST /chat/sendPresence/{instance}; holds the call for `delay` ms, as the original does."""
    gateway, instance = authorized(request)
    body = await json_object(request)
    person, presence = _known(gateway, required(body, "number", str)), required(body, "presence", str)
    delay = required(body, "delay", int)
    if presence not in _PRESENCES:
        raise BadRequestError(f"instance.presence is not one of enum values: {','.join(_PRESENCES)}")
    gateway.show_presence(instance, person, presence)
    await asyncio.sleep(delay / 1000)
    if presence in {"composing", "recording"}:
        gateway.show_presence(instance, person, "paused")
    return JSONResponse({"presence": presence}, status_code=201)


async def mark_read(request: Request) -> Response:
    """POST /chat/markMessageAsRead/{instance}; skips `@lid` addresses silently, as the original does."""
    gateway, instance = authorized(request)
    keys = required(await json_object(request), "readMessages", list)
    ids = [key["id"] for key in keys if _is_key(key) and key["remoteJid"].endswith("@s.whatsapp.net")]
    gateway.mark_read(instance, ids)
    return JSONResponse({"message": "Read messages", "read": "success"}, status_code=201)


async def whatsapp_numbers(request: Request) -> Response:
    """POST /chat/whatsappNumbers/{instance}."""
    gateway, _ = authorized(request)
    numbers = required(await json_object(request), "numbers", list)
    return JSONResponse([_checked(gateway, str(number)) for number in numbers])


async def find_messages(request: Request) -> Response:
    """POST /chat/findMessages/{instance}; `offset` is the page size, `page` starts at 1, newest first."""
    gateway, instance = authorized(request)
    body = await json_object(request)
    size = optional(body, "offset", int, _PAGE_SIZE) or _PAGE_SIZE
    page = max(optional(body, "page", int, 1), 1)
    key = optional(optional(body, "where", dict, {}), "key", dict, {})
    found = gateway.messages.search(instance.name, _filter(gateway, key))
    start = (page - 1) * size
    records = [wire.found(message, gateway.person(message.person), instance) for message in found[start : start + size]]
    counts = {"total": len(found), "pages": math.ceil(len(found) / size), "currentPage": page}
    return JSONResponse({"messages": {**counts, "records": records}})


async def media_bytes(request: Request) -> Response:
    """POST /chat/getBase64FromMediaMessage/{instance}."""
    gateway, instance = authorized(request)
    key = required(required(await json_object(request), "message", dict), "key", dict)
    found = gateway.download(instance, required(key, "id", str))
    return JSONResponse(downloaded(*found), status_code=201)


ROUTES = [
    Route("/message/sendText/{instance}", send_text, methods=["POST"]),
    Route("/chat/sendPresence/{instance}", send_presence, methods=["POST"]),
    Route("/chat/markMessageAsRead/{instance}", mark_read, methods=["POST"]),
    Route("/chat/whatsappNumbers/{instance}", whatsapp_numbers, methods=["POST"]),
    Route("/chat/findMessages/{instance}", find_messages, methods=["POST"]),
    Route("/chat/getBase64FromMediaMessage/{instance}", media_bytes, methods=["POST"]),
]


def _known(gateway: Gateway, number: str) -> Person:
    person = gateway.find_person(number)
    if person is None:
        raise BadRequestError({"exists": False, "jid": jid_of(number), "number": number})
    return person


def _checked(gateway: Gateway, number: str) -> dict[str, Any]:
    person = gateway.find_person(number)
    known = {"jid": jid_of(number), "exists": person is not None, "number": number}
    return known if person is None else {**known, "jid": person.jid, "name": person.name}


async def _type_first(gateway: Gateway, instance: Instance, person: Person, delay: int) -> None:
    """Type for `delay` ms before a text, holding the call."""
    if delay > 0 and instance.state == "open":
        gateway.show_presence(instance, person, "composing")
        await asyncio.sleep(delay / 1000)
        gateway.show_presence(instance, person, "paused")


def _is_key(key: Any) -> bool:
    return isinstance(key, dict) and isinstance(key.get("id"), str) and isinstance(key.get("remoteJid"), str)


def _filter(gateway: Gateway, key: dict[str, Any]) -> dict[str, Any]:
    where: dict[str, Any] = {"id": key.get("id")}
    if isinstance(key.get("remoteJid"), str):
        person = gateway.find_person(key["remoteJid"])
        where["person"] = person.phone if person else key["remoteJid"]
    # The original compares fromMe only when it is true.
    where["from_me"] = True if key.get("fromMe") is True else None
    return where
