"""The four routines whole: from the business's own data, through the job, to what its owner reads and agrees to."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from shared.jobs.routine_run import RoutineDue, run
from tests.integration.conftest import CARLA
from tests.integration.database.conftest import booking_of, new_contact
from tests.integration.jobs.conftest import Line

#: Tuesday, 18:00 in São Paulo.
SIX = datetime(2026, 1, 20, 21, 0, tzinfo=UTC)
LONG_AGO = SIX - timedelta(days=90)


@pytest.fixture
def busy_line(line: Line) -> Line:
    """A business with hours and one client: long away, with a birthday today and two visits a month apart."""
    line.clock.set(SIX)
    line.business.api.rows("update app.routines set enabled = true")
    line.business.api.rows(
        "update app.organizations set business_hours = %s",
        Jsonb({"wed": [["09:00", "18:00"]], "thu": [["09:00", "18:00"]]}),
    )
    fields: dict[str, Any] = {"birth_date": "1990-01-20", "marketing_consent_at": LONG_AGO}
    ana = new_contact(
        line.business, "Ana Souza", "+5511911110001", created_at=LONG_AGO, last_inbound_at=LONG_AGO, **fields
    )
    for days in (-80, -40):
        booking_of(line.business, ana, days=days, status="completed")
    return line


@pytest.mark.parametrize(
    ("kind", "begins", "proposed"),
    [
        ("daily_summary", "📊 *Resumo de terça-feira, 20 de janeiro*, até 18:00", False),
        ("birthdays", "🎂 *Aniversários de terça-feira, 20 de janeiro*\n• *Ana Souza", True),
        ("inactive_clients", "🔔 *Clientes sem escrever nem vir há 30 dias ou mais*\n• *Ana Souza", True),
        ("opportunities", "💰 *Oportunidades das próximas 72 horas*\n", True),
    ],
)
async def test_the_owner_reads_it_and_may_agree(busy_line: Line, kind: str, begins: str, *, proposed: bool) -> None:
    """One message, with what it proposes and how to agree below; the run is recorded as done."""
    line = busy_line
    due = RoutineDue(organization_id=line.business.organization_id, kind=kind, local_date=date(2026, 1, 20))
    await line.queue.publish([run.publication(due)])
    await line.run("routine.run", "message.send")
    ((address, text),) = line.gateway.sent
    assert address == CARLA.lstrip("+")
    assert text.startswith(begins)
    assert ("Responda *1* para confirmar" in text) is proposed
    assert line.business.api.rows("select kind, state from app.proactive_runs") == [(kind, "done")]
    assert line.business.api.value("select count(*) from app.proposals where state = 'open'") == int(proposed)
