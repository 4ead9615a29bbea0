"""A safeguard that is switched off, and how."""

from dataclasses import dataclass, field

from infra.errors import InfraError
from infra.simulation.database import SimulatedDatabase
from infra.simulation.world import Variation


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A change of one SQL function: `old` must be in it, so that an edit never changes nothing unnoticed."""

    function: str  #: schema and name
    old: str
    new: str

    def apply(self, database: SimulatedDatabase) -> None:
        """Change the function. Raises `InfraError` when it does not hold `old`."""
        rows = database.rows("select pg_get_functiondef(%s::regproc) as source", (self.function,))
        source = rows[0]["source"]
        if self.old not in source:
            raise InfraError(f"{self.function} no longer holds {self.old!r}: the mutation must follow it")
        database.execute(source.replace("%", "%%").replace(self.old.replace("%", "%%"), self.new))


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """A safeguard that is switched off."""

    safeguard: str
    breaks: tuple[str, ...]  #: names of the invariants of which at least one must be broken
    edits: tuple[Edit, ...] = ()
    statements: tuple[str, ...] = ()
    variation: Variation = field(default_factory=Variation)
    calm: bool = False  #: it shows without faults

    def apply(self, database: SimulatedDatabase) -> None:
        """Damage a database, for ever."""
        for edit in self.edits:
            edit.apply(database)
        for statement in self.statements:
            database.execute(statement)
