"""Somebody who calls the job endpoints without being the queue."""

import asyncio
import json
import random

import httpx

from infra.simulation.end_state import Intrusion
from infra.simulation.functions import Functions
from infra.simulation.ingress import Ingress

_BODY = json.dumps(
    {
        "provider": "evolution",
        "instance": "loja-0a",
        "message": {
            "provider_message_id": "FORGED",
            "author": "contact",
            "peer": {"phone": "+5511900000000", "address": "5511900000000@s.whatsapp.net"},
            "kind": "text",
            "text": "forged",
            "sent_at": "2026-01-20T12:20:00Z",
        },
    }
).encode()


class Intruder:
    """Tries what the queue's signature is to keep out."""

    def __init__(self, functions: Functions, ingress: Ingress, public_url: str) -> None:
        self._functions = functions
        self._ingress = ingress
        self._url = f"{public_url}/jobs/message.receive"
        self.intrusions: list[Intrusion] = []

    async def intrude(self, source: random.Random, horizon: float) -> None:
        """Try everything once, at some moment of the story."""
        await asyncio.sleep(source.uniform(0, horizon))
        await self._try("an unsigned delivery", self._url, _BODY, None)
        overheard = self._ingress.overheard
        if overheard is None:
            return
        signature = overheard.headers["upstash-signature"]
        await self._try("a delivery with another body", str(overheard.url), _BODY, signature)
        await self._try("a delivery to another address", self._url + "x", overheard.content, signature)
        await self._try("a delivery with a cut signature", str(overheard.url), overheard.content, signature[:-4])
        await asyncio.sleep(600)
        await self._try("a delivery repeated too late", str(overheard.url), overheard.content, signature)

    async def _try(self, what: str, url: str, body: bytes, signature: str | None) -> None:
        headers = {} if signature is None else {"upstash-signature": signature}
        response = await self._functions.serve(httpx.Request("POST", url, content=body, headers=headers))
        self.intrusions.append(Intrusion(what=what, status=response.status_code))
