"""POST /webhooks/{provider}/{instance}: take what a WhatsApp gateway reports and hand it to the queue.

A 2xx means that the report is in the queue, or in PostgreSQL while there is no queue, or that it is of no interest.
The publication is its one outbound call, unless the jobs must run here: see `shared.inline`.
"""

import hashlib
import json
from typing import Any

from fastapi import FastAPI, Request

from shared.errors import MalformedWebhookError
from shared.jobs import instance_update, message_receive, message_update
from shared.ports import Publication
from shared.resilience.flood import FloodLimit
from shared.services import Services
from shared.web import correlation_of, create_app, lambda_handler, read_body
from shared.whatsapp.events import Event, InstanceStateChanged, MessageReceived
from shared.whatsapp.provider import parser
from shared.whatsapp.webhook_secret import SECRET_HEADER, verify_webhook_secret


def build(services: Services) -> FastAPI:
    """Return the application."""
    app = create_app()
    flood = FloodLimit(clock=services.clock, rate=services.settings.webhooks_per_second)

    # Evolution's `byEvents` appends the event's name to the address; the body says the same.
    @app.post("/webhooks/{provider}/{instance}/{event}")
    @app.post("/webhooks/{provider}/{instance}")
    async def receive(provider: str, instance: str, request: Request) -> dict[str, int]:
        parse = parser(provider)
        verify_webhook_secret(
            services.settings.webhook_secret,
            provider=provider,
            instance=instance,
            presented=request.headers.get(SECRET_HEADER),
        )
        events = parse(_json(await read_body(request)), instance=instance)
        flood.take(instance, len(events))
        publications = [_publication(provider, instance, event) for event in events]
        await services.publish(*publications, correlation_id=correlation_of(request))
        return {"accepted": len(publications)}

    return app


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedWebhookError("the body is not JSON") from None


def _publication(provider: str, instance: str, event: Event) -> Publication:
    match event:
        case MessageReceived():
            received = message_receive.MessageReceive(provider=provider, instance=instance, message=event)
            # The same report again is dropped by the queue; twins under another address are the database's business.
            digest = hashlib.sha256(received.model_dump_json().encode()).hexdigest()
            return message_receive.receive.publication(received, deduplication_id=f"receive.{digest}")
        case InstanceStateChanged():
            state = instance_update.InstanceUpdate(provider=provider, instance=instance, state=event)
            return instance_update.update.publication(state)
        case _:
            change = message_update.MessageUpdate(provider=provider, instance=instance, change=event)
            return message_update.update.publication(change)


handler = lambda_handler(build)
