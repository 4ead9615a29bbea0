"""The services that operators' commands work with, closed when they are done."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from shared.adapters.qstash import READ_LIMIT, QStashQueue, QStashRecords
from shared.adapters.qstash_schedules import QStashSchedules
from shared.adapters.supabase import SupabaseDatabase
from shared.bootstrap import bootstrap
from shared.services import Services
from shared.settings import Settings


@asynccontextmanager
async def operator_services(settings: Settings) -> AsyncIterator[Services]:
    """Yield the services of `settings`, with more patience for the queue than a webhook has."""
    database = SupabaseDatabase(settings.supabase_url, settings.supabase_secret_key)
    records = QStashRecords(settings.qstash_url, settings.qstash_token)
    queue = QStashQueue(settings.qstash_url, settings.qstash_token, public_url=settings.public_url, limit=READ_LIMIT)
    schedules = QStashSchedules(settings.qstash_url, settings.qstash_token, deployment=settings.deployment)
    async with AsyncExitStack() as closing:
        for each in (database, records, queue, schedules):
            closing.push_async_callback(each.aclose)
        services = replace(
            bootstrap(settings),
            make_database=lambda: database,
            make_queue_records=lambda: records,
            make_schedules=lambda: schedules,
        )
        # Without a queue, what is retried runs here and now, as it does in the functions.
        yield replace(services, make_queue=lambda: queue) if settings.has_queue else services
