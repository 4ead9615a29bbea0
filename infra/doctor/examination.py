"""A whole examination: the settings first, then everything they lead to."""

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from infra.doctor import database, outside, queue, redis, schedules
from infra.doctor.api_functions import api_functions
from infra.doctor.check import Check, Finding, Subject, perform
from infra.migrations import read_migrations
from shared.adapters.evolution import EvolutionGateway
from shared.adapters.openai import OpenAIModel
from shared.adapters.qstash import QStashQueue, QStashRecords
from shared.adapters.qstash_schedules import QStashSchedules
from shared.adapters.redis import RedisRest
from shared.adapters.supabase import SupabaseDatabase
from shared.errors import SettingsError
from shared.settings import Settings, load_settings

MIGRATIONS = Path(__file__).parent.parent / "supabase" / "migrations"
_SET_THEM = "set them in the environment; .env.example explains each"


async def examine(
    environment: Mapping[str, str] | None = None,
    *,
    migrations: Path = MIGRATIONS,
    delivery_limit: timedelta = timedelta(seconds=20),
) -> AsyncIterator[Finding]:
    """Examine the deployment that `environment`, by default the process's, describes; yield findings as they come.

    One job is published, one word asked of the model, and a key set and deleted in Redis; nothing else is changed. No
    finding shows a secret. Raises `MigrationError` when the folder of migrations cannot be read.
    """
    checks = _checks(migrations)
    settings, first = _read_settings(environment)
    yield first
    if settings is None:
        async for finding in perform(checks, None, failed={"settings": _SET_THEM}, start=2):
            yield finding
        return
    subject = _subject(settings, delivery_limit)
    try:
        async for finding in perform(checks, subject, failed={}, start=2):
            yield _without_secrets(finding, settings)
    finally:
        await subject.aclose()


def _checks(migrations: Path) -> list[Check]:
    functions = api_functions(read_migrations(migrations))
    return [*redis.CHECKS, *queue.CHECKS, *database.checks(functions), *schedules.CHECKS, *outside.CHECKS]


def _read_settings(environment: Mapping[str, str] | None) -> tuple[Settings | None, Finding]:
    started = time.perf_counter()
    settings = problem = None
    try:
        settings = load_settings(environment)
    except SettingsError as error:
        problem = str(error).removeprefix("settings: ")
    milliseconds = round((time.perf_counter() - started) * 1000)
    remedy = None if problem is None else _SET_THEM
    return settings, Finding(number=1, name="settings", milliseconds=milliseconds, problem=problem, remedy=remedy)


def _subject(settings: Settings, delivery_limit: timedelta) -> Subject:
    return Subject(
        settings=settings,
        queue=QStashQueue(settings.qstash_url, settings.qstash_token, public_url=settings.public_url),
        records=QStashRecords(settings.qstash_url, settings.qstash_token),
        schedules=QStashSchedules(settings.qstash_url, settings.qstash_token, deployment=settings.deployment),
        redis=RedisRest(settings.upstash_redis_rest_url, settings.upstash_redis_rest_token),
        database=SupabaseDatabase(settings.supabase_url, settings.supabase_secret_key),
        gateway=EvolutionGateway(settings.evolution_url, settings.evolution_api_key),
        model=OpenAIModel(settings.openai_base_url, settings.openai_api_key, model=settings.openai_model),
        mark=uuid4().hex,
        delivery_limit=delivery_limit,
    )


def _without_secrets(finding: Finding, settings: Settings) -> Finding:
    """A service's own words may repeat what it was given."""
    problem = finding.problem
    for field in fields(Settings):
        secret = "" if field.repr else getattr(settings, field.name)
        if problem is not None and secret:
            problem = problem.replace(secret, "***")
    return replace(finding, problem=problem)
