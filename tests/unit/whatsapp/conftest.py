"""Webhook bodies as a gateway sends them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parents[2] / "fixtures" / "whatsapp" / "evolution"
INSTANCE = "loja-a"


@pytest.fixture
def fixture_body() -> Callable[[str], Any]:
    """Read the body recorded as `<name>.json`."""

    def read(name: str) -> Any:
        return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))

    return read


@pytest.fixture
def webhook() -> Callable[..., dict[str, Any]]:
    """Build a call around `data`."""

    def build(event: str, data: object) -> dict[str, Any]:
        return {"event": event, "instance": INSTANCE, "data": data, "sender": "5511988887777@s.whatsapp.net"}

    return build


@pytest.fixture
def upsert(webhook: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Build a `messages.upsert` with some members replaced, in its key and beside it."""

    def build(message: object = None, *, key: dict[str, Any] | None = None, **data: object) -> dict[str, Any]:
        chat = {"remoteJid": "5511912345678@s.whatsapp.net", "fromMe": False, "id": "3EB0C431C26A1916E07A01"}
        said = {"conversation": "Oi"} if message is None else message
        return webhook(
            "messages.upsert",
            {"key": chat | (key or {}), "pushName": "Ana", "message": said, "messageTimestamp": 1768911302} | data,
        )

    return build
