"""Lambda events, payload format 2.0, as API Gateway makes them of QStash's and of a WhatsApp gateway's calls.

Format: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import hashlib
import json
import time
from typing import Any
from uuid import uuid4

import jwt

from infra.instances import webhook_url
from infra.sample_payloads import TEST_JID, TEST_NAME, TEST_TEXT, sample_of
from shared.jobs import load_jobs
from shared.jobs.message_receive import receive
from shared.registry import registry
from shared.settings import Settings
from shared.whatsapp.webhook_secret import SECRET_HEADER, derive_webhook_secret

#: The WhatsApp number of the example business. Only a message may go there: it is marked as a test and harms nothing.
EXAMPLE_INSTANCE = "patas"

#: As long as a signature of QStash is valid.
_LIFETIME_SECONDS = 300


def job_event(name: str, settings: Settings, *, function: str = "jobs") -> dict[str, Any]:
    """Return a signed delivery of the job `name`, with a sample payload, to `jobs` or `schedules`.

    Raises `UnknownJobError`.
    """
    load_jobs()
    sample = sample_of(registry.find(name).payload)
    if name == receive.name:
        sample = sample.model_copy(update={"instance": EXAMPLE_INSTANCE})
    body = sample.model_dump_json(exclude_none=True)
    path = f"/{function}/{name}"
    headers = {
        "upstash-signature": _signature(settings.qstash_current_signing_key, settings.public_url + path, body),
        "upstash-message-id": f"msg_test_{uuid4().hex}",
        "upstash-retried": "0",
        "user-agent": "Upstash-QStash",
    }
    return _event(path, headers, body)


def webhook_event(instance: str, settings: Settings) -> dict[str, Any]:
    """Return Evolution's report that a person wrote to `instance`, with the instance's secret.

    Raises `ValueError` for a name that no instance can have.
    """
    if not instance or "/" in instance:
        raise ValueError(f"{instance!r} cannot be the name of an instance")
    secret = derive_webhook_secret(settings.webhook_secret, provider="evolution", instance=instance)
    address = webhook_url(settings.public_url, "evolution", instance)
    report = {
        "event": "messages.upsert",
        "instance": instance,
        "data": {
            "key": {"remoteJid": TEST_JID, "fromMe": False, "id": f"TEST{uuid4().hex[:16].upper()}"},
            "pushName": TEST_NAME,
            "status": "DELIVERY_ACK",
            "message": {"conversation": TEST_TEXT},
            "messageType": "conversation",
            "messageTimestamp": int(time.time()),
            "source": "web",
        },
        "destination": address,
        "apikey": None,
    }
    path = address.removeprefix(settings.public_url)
    return _event(path, {SECRET_HEADER: secret}, json.dumps(report, ensure_ascii=False))


def _event(path: str, headers: dict[str, str], body: str) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", **headers},
        "requestContext": {
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": False,
    }


def _signature(key: str, url: str, body: str) -> str:
    """Sign a delivery as QStash does, see `shared.adapters.signature`."""
    now = int(time.time())
    claims = {
        "iss": "Upstash",
        "sub": url,
        "iat": now,
        "nbf": 0,
        "exp": now + _LIFETIME_SECONDS,
        "jti": f"jwt_{uuid4().hex}",
        "body": base64.urlsafe_b64encode(hashlib.sha256(body.encode()).digest()).decode(),
    }
    return jwt.encode(claims, key, algorithm="HS256")
