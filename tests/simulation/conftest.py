"""The stage that simulated worlds are played on, over this worker's PostgreSQL and Valkey."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import pytest

from infra.local.postgres import PostgresServer
from infra.local.valkey import ValkeyServer
from infra.simulation.database import SimulatedDatabase
from infra.simulation.redis import SimulatedRedis
from infra.simulation.stage import Stage
from tests.conftest import database_copy

MakeStage = Callable[[], AbstractContextManager[Stage]]


@pytest.fixture(scope="session")
def make_stage(postgres_server: PostgresServer, migrated_template: str, valkey_server: ValkeyServer) -> MakeStage:
    """Makes a stage with a database of its own, which a test may damage."""

    @contextmanager
    def make() -> Iterator[Stage]:
        with (
            database_copy(postgres_server, migrated_template) as dsn,
            closing(SimulatedDatabase(dsn)) as database,
            closing(SimulatedRedis(valkey_server.address)) as redis,
        ):
            yield Stage(database, redis)

    return make


@pytest.fixture(scope="session")
def stage(make_stage: MakeStage) -> Iterator[Stage]:
    """The stage that all undamaged worlds share."""
    with make_stage() as stage:
        yield stage
