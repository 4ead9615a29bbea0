"""Services whose every seam refuses to be used unless a test replaces it."""

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest

from shared.services import Services
from shared.settings import Settings


class StandingClock:
    """Always noon."""

    def now(self) -> datetime:
        return datetime(2026, 1, 20, 12, tzinfo=UTC)


def _unused(name: str) -> Callable[[], NoReturn]:
    def make() -> NoReturn:
        raise AssertionError(f"{name} was asked for")

    return make


@pytest.fixture
def services() -> Services:
    """Services that fail a test which uses a seam it did not replace."""
    settings = Settings(
        public_url="https://aurora.example",
        webhook_secret="made-up",
        qstash_url="https://qstash.example",
        qstash_token="made-up",
        qstash_current_signing_key="made-up",
        qstash_next_signing_key="made-up",
        upstash_redis_rest_url="https://redis.example",
        upstash_redis_rest_token="made-up",
        supabase_url="https://supabase.example",
        supabase_secret_key="made-up",
        evolution_url="https://evolution.example",
        evolution_api_key="made-up",
        openai_api_key="made-up",
    )
    seams = {each.name: _unused(each.name) for each in fields(Services) if each.name.startswith("make_")}
    composed: dict[str, Any] = {**seams, "make_gateways": {}}
    return Services(settings=settings, clock=StandingClock(), **composed)
