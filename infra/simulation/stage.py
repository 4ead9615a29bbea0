"""Where worlds are played, one after the other: a migrated PostgreSQL and a Valkey of their own."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.postgres import PostgresServer
from infra.local.scratch import scratch_folder
from infra.local.supabase import prepare
from infra.local.valkey import ValkeyServer
from infra.migrations import apply_migrations
from infra.simulation.database import SimulatedDatabase
from infra.simulation.people import Script
from infra.simulation.redis import SimulatedRedis
from infra.simulation.world import Run, Variation, play

_MIGRATIONS = Path(__file__).parent.parent / "supabase" / "migrations"


@dataclass(frozen=True)
class Stage:
    """The real parts that every world uses, emptied in between."""

    database: SimulatedDatabase
    redis: SimulatedRedis

    def play(
        self, seed: int, *, calm: bool = False, variation: Variation | None = None, script: Script | None = None
    ) -> Run:
        """Play the world of `seed`; see `infra.simulation.world.World`."""
        return play(seed, self.database, self.redis, calm=calm, variation=variation, script=script)


@contextmanager
def simulation_stage() -> Iterator[Stage]:
    """Start the servers, yield the stage over them, and stop them."""
    with (
        scratch_folder() as folder,
        PostgresServer(folder / "postgres", durable=False) as postgres,
        ValkeyServer(folder / "valkey", durable=False) as valkey,
    ):
        prepare(postgres.dsn())
        apply_migrations(postgres.dsn(), _MIGRATIONS)
        with closing(SimulatedDatabase(postgres.dsn())) as database, closing(SimulatedRedis(valkey.address)) as redis:
            yield Stage(database, redis)
