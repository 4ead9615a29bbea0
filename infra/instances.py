"""Connects a WhatsApp number at an Evolution gateway to Aurora's webhook."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from infra.errors import InfraError
from shared.whatsapp.webhook_secret import SECRET_HEADER, derive_webhook_secret

#: What Aurora wants to hear of; an empty list would mean everything.
EVENTS = (
    "MESSAGES_UPSERT",
    "MESSAGES_EDITED",
    "MESSAGES_UPDATE",
    "MESSAGES_DELETE",
    "SEND_MESSAGE",
    "CONNECTION_UPDATE",
    "QRCODE_UPDATED",
)


class ConnectionRefusedError(InfraError):
    """The gateway did not take the configuration; the message says at which step and why."""


def webhook_url(public_url: str, provider: str, instance: str) -> str:
    """Return the address at which `instance` reports what happens."""
    return f"{public_url}/webhooks/{provider}/{instance}"


async def connect_instance(environment: Mapping[str, str], instance: str) -> None:
    """Create `instance` at the gateway unless it is there, and point its webhook to Aurora. Safe to repeat.

    `environment` holds EVOLUTION_URL, EVOLUTION_API_KEY, PUBLIC_URL and WEBHOOK_SECRET. Raises
    `ConnectionRefusedError`.
    """
    secret = derive_webhook_secret(environment["WEBHOOK_SECRET"], provider="evolution", instance=instance)
    webhook = {
        "enabled": True,
        "url": webhook_url(environment["PUBLIC_URL"], "evolution", instance),
        "headers": {SECRET_HEADER: secret},
        "byEvents": False,
        "base64": False,
        "events": list(EVENTS),
    }
    headers = {"apikey": environment["EVOLUTION_API_KEY"]}
    async with httpx.AsyncClient(base_url=environment["EVOLUTION_URL"], headers=headers, timeout=15.0) as client:
        name = quote(instance, safe="")
        known = await _call(client, "GET", f"/instance/connectionState/{name}", None, missing_is_fine=True)
        if known.status_code == 404:
            body = {"instanceName": instance, "integration": "WHATSAPP-BAILEYS", "qrcode": True}
            await _call(client, "POST", "/instance/create", body)
        await _call(client, "POST", f"/webhook/set/{name}", {"webhook": webhook})


async def _call(
    client: httpx.AsyncClient, method: str, path: str, body: Any, *, missing_is_fine: bool = False
) -> httpx.Response:
    try:
        response = await client.request(method, path, json=body)
    except httpx.HTTPError as error:
        raise ConnectionRefusedError(f"the gateway cannot be reached: {type(error).__name__}") from error
    if response.is_success or (missing_is_fine and response.status_code == 404):
        return response
    raise ConnectionRefusedError(f"the gateway answered {response.status_code} to {method} {path}")
