"""The endpoints of Evolution API 2.3.7 that set up instances, webhooks and settings."""

import re
import secrets
import uuid
import zlib
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.whatsapp.bodies import json_object, maybe_text, optional, required
from infra.local.whatsapp.errors import BadRequestError, ForbiddenError
from infra.local.whatsapp.gateway import Gateway
from infra.local.whatsapp.models import Instance, Webhook
from infra.local.whatsapp.phones import phone_of
from infra.local.whatsapp.tenancy import administrator, authorized
from infra.local.whatsapp.wire import connection, own_jid

#: What a webhook may ask for (schema of the original).
EVENTS = (
    *("APPLICATION_STARTUP", "QRCODE_UPDATED", "MESSAGES_SET", "MESSAGES_UPSERT", "MESSAGES_EDITED", "MESSAGES_UPDATE"),
    *("MESSAGES_DELETE", "SEND_MESSAGE", "SEND_MESSAGE_UPDATE", "CONTACTS_SET", "CONTACTS_UPSERT", "CONTACTS_UPDATE"),
    *("PRESENCE_UPDATE", "CHATS_SET", "CHATS_UPSERT", "CHATS_UPDATE", "CHATS_DELETE", "GROUPS_UPSERT", "GROUP_UPDATE"),
    *("GROUP_PARTICIPANTS_UPDATE", "CONNECTION_UPDATE", "LABELS_EDIT", "LABELS_ASSOCIATION", "CALL", "TYPEBOT_START"),
    *("TYPEBOT_CHANGE_STATUS", "REMOVE_INSTANCE", "LOGOUT_INSTANCE"),
)
_HEADER_NAME, _HEADER_VALUE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"), re.compile(r"[\t\x20-\x7e]*")
_FLAGS = ("rejectCall", "groupsIgnore", "alwaysOnline", "readMessages", "readStatus", "syncFullHistory")


async def create_instance(request: Request) -> Response:
    """POST /instance/create; nobody scans a QR code here, so the instance is open at once."""
    gateway = administrator(request)
    body = await json_object(request)
    instance = _new_instance(gateway, body)
    webhook = optional(body, "webhook", dict, {})
    with gateway.store.transaction():
        gateway.store.save_instance(instance)
        saved = _save_webhook(gateway, instance, {"enabled": True, **webhook}) if webhook else None
        gateway.webhooks.emit(instance, "connection.update", connection(instance))
    gateway.announce_instance(instance)
    return JSONResponse(_created(instance, saved), status_code=201)


async def fetch_instances(request: Request) -> Response:
    """GET /instance/fetchInstances?instanceName=…."""
    gateway = administrator(request)
    name = request.query_params.get("instanceName")
    instances = [gateway.instance(name)] if name else gateway.store.instances()
    return JSONResponse([_listed(gateway, instance) for instance in instances])


async def connection_state(request: Request) -> Response:
    """GET /instance/connectionState/{instance}."""
    _, instance = authorized(request)
    return JSONResponse({"instance": {"instanceName": instance.name, "state": instance.state}})


async def set_webhook(request: Request) -> Response:
    """POST /webhook/set/{instance}."""
    gateway, instance = authorized(request)
    body = required(await json_object(request), "webhook", dict)
    required(body, "enabled", bool)
    return JSONResponse(_webhook_view(_save_webhook(gateway, instance, body), instance), status_code=201)


async def find_webhook(request: Request) -> Response:
    """GET /webhook/find/{instance}: the webhook, or null."""
    gateway, instance = authorized(request)
    webhook = gateway.store.webhook(instance.name)
    return JSONResponse(_webhook_view(webhook, instance) if webhook else None)


async def set_settings(request: Request) -> Response:
    """POST /settings/set/{instance}."""
    gateway, instance = authorized(request)
    body = await json_object(request)
    settings: dict[str, Any] = {name: required(body, name, bool) for name in _FLAGS}
    settings["msgCall"] = optional(body, "msgCall", str, "")
    gateway.store.save_instance(replace(gateway.instance(instance.name), settings=settings))
    return JSONResponse({"settings": {"instanceName": instance.name, "settings": settings}}, status_code=201)


ROUTES = [
    Route("/instance/create", create_instance, methods=["POST"]),
    Route("/instance/fetchInstances", fetch_instances),
    Route("/instance/connectionState/{instance}", connection_state),
    Route("/webhook/set/{instance}", set_webhook, methods=["POST"]),
    Route("/webhook/find/{instance}", find_webhook),
    Route("/settings/set/{instance}", set_settings, methods=["POST"]),
]


def _new_instance(gateway: Gateway, body: dict[str, Any]) -> Instance:
    name = required(body, "instanceName", str)
    if gateway.store.instance(name) is not None:
        raise ForbiddenError(f'This name "{name}" is already in use.')
    settings = {flag: optional(body, flag, bool, False) for flag in _FLAGS} | {
        "msgCall": optional(body, "msgCall", str, "")
    }
    return Instance(
        name=name,
        id=str(uuid.uuid4()),
        token=maybe_text(body, "token") or str(uuid.uuid4()).upper(),
        number=phone_of(maybe_text(body, "number") or _made_up_number(name)),
        profile_name=name,
        state="open",
        settings=settings,
        created_at=gateway.config.now().isoformat(),
    )


def _made_up_number(name: str) -> str:
    """Return a number for an instance without one: the original learns it from the phone that scans its code."""
    return f"55119{zlib.crc32(name.encode()) % 10**8:08d}"


def _save_webhook(gateway: Gateway, instance: Instance, body: dict[str, Any]) -> Webhook:
    old, now = gateway.store.webhook(instance.name), gateway.config.now().isoformat()
    enabled = optional(body, "enabled", bool, True)
    webhook = Webhook(
        id=old.id if old else f"cm{secrets.token_hex(12)[:23]}",
        instance=instance.name,
        enabled=enabled,
        url=_checked_url(required(body, "url", str)),
        headers=_checked_headers(optional(body, "headers", dict, {})),
        by_events=optional(body, "byEvents", bool, False),
        base64=optional(body, "base64", bool, False),
        events=_checked_events(optional(body, "events", list, [])) if enabled else (),
        created_at=old.created_at if old else now,
        updated_at=now,
    )
    gateway.store.save_webhook(webhook)
    return webhook


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadRequestError('Invalid "url" property')
    return url


def _checked_headers(headers: dict[str, Any]) -> dict[str, str]:
    for name, value in headers.items():
        if not isinstance(value, str):
            raise BadRequestError(f"instance.webhook.headers.{name} is not of a type(s) string")
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise BadRequestError(f"instance.webhook.headers.{name} is no valid HTTP header")
    return headers


def _checked_events(events: list[Any]) -> tuple[str, ...]:
    """Return the events; none means all, as in the original."""
    for index, event in enumerate(events):
        if event not in EVENTS:
            raise BadRequestError(f'instance.webhook.events[{index}] is not one of enum values, got "{event}"')
    return tuple(events) or EVENTS


def _created(instance: Instance, webhook: Webhook | None) -> dict[str, Any]:
    shown = (
        {"webhookUrl": webhook.url, "webhookByEvents": webhook.by_events, "webhookBase64": webhook.base64}
        if webhook
        else {}
    )
    return {
        "instance": {
            "instanceName": instance.name,
            "instanceId": instance.id,
            "integration": "WHATSAPP-BAILEYS",
            "webhookWaBusiness": None,
            "accessTokenWaBusiness": "",
            "status": "created",
        },
        "hash": instance.token,
        "webhook": shown,
        "websocket": {},
        "rabbitmq": {},
        "sqs": {},
        "settings": instance.settings,
    }


def _listed(gateway: Gateway, instance: Instance) -> dict[str, Any]:
    messages = gateway.messages.search(instance.name, {})
    chats = len({message.person for message in messages})
    return {
        "id": instance.id,
        "name": instance.name,
        "connectionStatus": instance.state,
        "ownerJid": own_jid(instance),
        "profileName": instance.profile_name,
        "profilePicUrl": None,
        "integration": "WHATSAPP-BAILEYS",
        "number": instance.number,
        "businessId": None,
        "token": instance.token,
        "clientName": "evolution_exchange",
        "disconnectionReasonCode": None if instance.state == "open" else 401,
        "disconnectionAt": None,
        "createdAt": instance.created_at,
        "updatedAt": instance.created_at,
        "Setting": {**instance.settings, "instanceId": instance.id},
        "_count": {"Message": len(messages), "Contact": chats, "Chat": chats},
    }


def _webhook_view(webhook: Webhook, instance: Instance) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "headers": webhook.headers,
        "enabled": webhook.enabled,
        "events": list(webhook.events),
        "webhookByEvents": webhook.by_events,
        "webhookBase64": webhook.base64,
        "createdAt": webhook.created_at,
        "updatedAt": webhook.updated_at,
        "instanceId": instance.id,
    }
