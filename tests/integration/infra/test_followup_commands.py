"""`aurora followups`, `templates` and `proactive` against the real database."""

import json
import re
import shlex
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from typer.testing import CliRunner, Result

from infra.cli import app
from infra.local.environment import stack_environment
from tests.conftest import SupabaseGateway
from tests.integration.conftest import NOW

Aurora = Callable[..., Result]
PHONE = "+5511912345678"


@pytest.fixture
def aurora(supabase_gateway: SupabaseGateway, freeze_database_clock: Callable[[str, datetime], None]) -> Aurora:
    """Runs `aurora …` for a business that knows Ana, who comes on 22 January 2026 at 15:00; it is the 20th."""
    freeze_database_clock(supabase_gateway.dsn, NOW)
    with psycopg.connect(supabase_gateway.dsn) as connection:
        tenant = {"name": "Patas", "provider": "evolution", "instance": "patas", "owner_phone": "+5511988887777"}
        row = connection.execute(
            "select api.create_tenant(%s)", [Jsonb({**tenant, "timezone": "America/Sao_Paulo"})]
        ).fetchone()
        assert row is not None
        ids = {"organization": row[0]["organization_id"], "phone": PHONE, "at": "2026-01-22T15:00-03:00"}
        connection.execute(
            "with ana as (insert into app.contacts (organization_id, name) values (%(organization)s, 'Ana Lima')"
            " returning id), named as (insert into app.contact_identities (organization_id, kind, value, contact_id)"
            " select %(organization)s, 'phone', %(phone)s, id from ana), cut as (insert into app.services"
            " (organization_id, name) values (%(organization)s, 'Corte') returning id)"
            " insert into app.bookings (organization_id, contact_id, service_id, period)"
            " select %(organization)s, ana.id, cut.id, tstzrange(%(at)s::timestamptz, %(at)s::timestamptz + '1 hour')"
            " from ana, cut",
            ids,
        )
    variables = {
        **stack_environment(),
        "SUPABASE_URL": supabase_gateway.url,
        "SUPABASE_SECRET_KEY": supabase_gateway.secret_key,
    }

    def run(*arguments: str, instance: str = "patas") -> Result:
        return CliRunner().invoke(app, [*arguments, "--instance", instance], env=variables)

    return run


def parsed(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_template_is_set_seen_and_reset(aurora: Aurora) -> None:
    """The preview shows the new words for the real customer; a faulty text is refused and changes nothing."""
    preview = ("proactive", "preview", "--kind", "appointment_reminder", "--date", "2026-01-21", "--json")
    assert "Responda *1*" in parsed(aurora(*preview))["messages"][0]["text"]
    aurora("templates", "set", "appointment_reminder", "{name}: {service} às {time}")
    faulty = aurora("templates", "set", "appointment_reminder", "Oi {nome}")
    assert (faulty.exit_code, faulty.stderr.split(";")[0]) == (
        2,
        "aurora: {nome} at character 4 is no variable of appointment_reminder",
    )
    found = parsed(aurora(*preview))
    assert found["messages"] == [
        {
            "to": f"Ana Lima {PHONE}",
            "at": "2026-01-21T18:00:00Z",
            "state": "waiting",
            "text": "Ana: Corte às 15:00",
            "problem": None,
        }
    ]
    own = {each["kind"]: each["own"] for each in parsed(aurora("templates", "list", "--json"))["templates"]}
    assert [kind for kind, is_own in own.items() if is_own] == ["appointment_reminder"]
    assert aurora("templates", "reset", "appointment_reminder").exit_code == 0
    assert "Responda *1*" in parsed(aurora(*preview))["messages"][0]["text"]


def test_what_is_not_due_is_shown_as_an_example(aurora: Aurora) -> None:
    """In words; who names no kind or no business is told which there are."""
    shown = aurora("proactive", "preview", "--kind", "silence", "--date", "2026-01-21").stdout
    assert shown.startswith("nothing of silence is due on 2026-01-21\none would read:\nOi, Maria!")
    unknown = aurora("proactive", "preview", "--kind", "spam")
    assert (unknown.exit_code, "appointment_reminder" in unknown.stderr) == (2, True)
    nobody = aurora("proactive", "preview", "--kind", "silence", instance="nobody")
    assert (nobody.exit_code, "aurora tenants list" in nobody.stderr) == (1, True)


def test_what_is_told_of_now_is_not_previewed_for_another_day(aurora: Aurora) -> None:
    """The day is the business's own; the refusal names the one that there is."""
    asked = ("proactive", "preview", "--kind", "opportunities", "--date")
    refused = aurora(*asked, "2026-01-21")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "it takes 2026-01-20, the day at the business, alone" in refused.stderr
    assert aurora(*asked, "2026-01-20").exit_code == 0


def test_a_greeting_is_previewed_for_the_person_by_name(aurora: Aurora, supabase_gateway: SupabaseGateway) -> None:
    """As it would read, and looking at it plans nothing."""
    with psycopg.connect(supabase_gateway.dsn) as connection:
        connection.execute("update app.contacts set birth_date = '1990-01-20', marketing_consent_at = app.now()")
        connection.execute("update app.routines set options = '{\"send_to_clients\": true}' where kind = 'birthdays'")
    *_, greeting = parsed(aurora("proactive", "preview", "--kind", "birthdays", "--date", "2026-01-20", "--json"))[
        "messages"
    ]
    assert (greeting["to"], greeting["state"]) == ("Ana Lima", "birthday_greeting")
    assert "Ana" in greeting["text"]
    assert parsed(aurora("followups", "list", "--kind", "birthday_greeting", "--json"))["followups"] == []


def test_follow_ups_are_planned_listed_and_called_off(aurora: Aurora) -> None:
    """By the owner's own words at a local time; each refusal says what to change."""
    add = ("followups", "add", "--phone", "(11) 91234-5678", "--text", "Oi {name}!", "--at")
    added = parsed(aurora(*add, "2026-02-02T15:00", "--json"))
    assert (added["due_at"], added["state"]) == ("2026-02-02T18:00:00+00:00", "waiting")
    assert aurora(*add, "2026-01-02T15:00").stderr == "aurora: --at: has passed, in the business's own time\n"
    assert (
        "is never closed"
        in aurora("followups", "add", "--phone", PHONE, "--text", "{", "--at", "2026-02-02T15:00").stderr
    )
    cancelled = parsed(aurora("followups", "cancel", added["id"], "--json"))
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "operator")
    listed = parsed(aurora("followups", "list", "--json"))["followups"]
    assert [(each["kind"], each["state"]) for each in listed] == [
        ("appointment_reminder", "waiting"),
        ("appointment_reminder", "waiting"),
        ("custom", "cancelled"),
    ]
    assert "Ana Lima" in aurora("followups", "list", "--state", "waiting").stdout


def test_the_list_is_of_what_matters_now(aurora: Aurora, supabase_gateway: SupabaseGateway) -> None:
    """In local time; old endings come with --all alone, and what does not fit is counted."""
    with psycopg.connect(supabase_gateway.dsn) as connection:
        connection.execute(
            "insert into app.followups"
            " (organization_id, contact_id, kind, text, idempotency_key, due_at, expires_at, state, reason)"
            " select organization_id, id, 'custom', 'Oi', day::text, app.now() - day * interval '1 day', app.now(),"
            " 'skipped', 'late' from app.contacts, unnest(array[6, 8]) as day"
        )
    listed = aurora("followups", "list").stdout
    assert re.findall(r"2026-\d\d-\d\d \d\d:\d\d", listed) == [
        *("2026-01-14 09:20", "2026-01-21 15:00", "2026-01-22 13:00")
    ]
    assert listed.splitlines()[-1] == "times of America/Sao_Paulo"
    found = parsed(aurora("followups", "list", "--all", "--json"))
    assert [each["due_at"][:10] for each in found["followups"]] == [
        "2026-01-12",
        "2026-01-14",
        "2026-01-21",
        "2026-01-22",
    ]
    nearest = aurora("followups", "list", "--all", "--limit", "1").stdout
    assert "2026-01-21 15:00" in nearest
    assert nearest.splitlines()[-1] == "… and 3 more, further from now; --limit shows them"


def test_options_are_chosen_and_shown(aurora: Aurora) -> None:
    """What is not given stays."""
    assert parsed(aurora("followups", "options", "--json"))["payment_reminder"] is False
    link = "https://g.example/patas"
    changed = parsed(aurora("followups", "options", "--payments", "--review-link", link, "--json"))
    assert (changed["payment_reminder"], changed["review_link"], changed["silence"]) == (True, link, True)
    assert parsed(aurora("followups", "options", "--review-link", "none", "--json"))["review_link"] is None
    assert aurora("followups", "options", "--review-link", "http://x").exit_code == 2


def test_the_commands_of_the_documentation_run(aurora: Aurora) -> None:
    """In their order, for this business."""
    documented = (Path(__file__).parents[3] / "docs" / "followups.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", documented, flags=re.DOTALL)
    lines = [line.removesuffix(" --instance studio-lua") for block in blocks for line in block.splitlines()]
    results = [aurora(*shlex.split(line)[1:]) for line in lines]
    assert [result.output for result in results if result.exit_code != 0] == []
    assert len(results) == 9
