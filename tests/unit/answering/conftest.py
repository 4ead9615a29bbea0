"""The same turn, model, clock and rows as the assistants' own tests."""

from tests.unit.assistants.conftest import clock, model, rows

__all__ = ["clock", "model", "rows"]
