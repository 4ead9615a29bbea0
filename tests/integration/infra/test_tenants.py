"""`aurora tenants` against the real database and the gateway's stand-in."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import psycopg
import pytest
from typer.testing import CliRunner, Result

from infra.cli import app
from infra.instances import EVENTS
from infra.local.environment import EVOLUTION_API_KEY, WEBHOOK_SECRET, stack_environment
from infra.local.server import serving
from infra.local.whatsapp import GatewayConfig, create_app
from shared.whatsapp.webhook_secret import derive_webhook_secret
from tests.conftest import SupabaseGateway

ADD = ["add", "--name", "Patas & Cia", "--instance", "patas", "--owner", "(11) 98888-7777"]
ADD += ["--timezone", "America/Sao_Paulo", "--owner-name", "Carla", "--business-type", "pet shop", "--json"]

Tenants = Callable[..., Result]


@pytest.fixture
def variables(supabase_gateway: SupabaseGateway) -> dict[str, str]:
    """Everything a command needs; the gateway is out of reach until a test starts one."""
    return {
        **stack_environment(),
        "SUPABASE_URL": supabase_gateway.url,
        "SUPABASE_SECRET_KEY": supabase_gateway.secret_key,
        "PUBLIC_URL": "https://functions.example.test",
        "EVOLUTION_URL": "http://127.0.0.1:1",
    }


@pytest.fixture
def tenants(variables: dict[str, str]) -> Tenants:
    """Runs `aurora tenants …`."""

    def run(*arguments: str, **changes: str) -> Result:
        return CliRunner().invoke(app, ["tenants", *arguments], env={**variables, **changes})

    return run


@pytest.fixture
async def gateway() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a running WhatsApp gateway."""
    async with (
        serving(create_app(GatewayConfig(EVOLUTION_API_KEY, None))) as url,
        httpx.AsyncClient(base_url=url, headers={"apikey": EVOLUTION_API_KEY}) as client,
    ):
        yield client


def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def test_a_tenant_is_added_with_its_number_and_its_owner(tenants: Tenants, database: str) -> None:
    """What was typed is in the database, the phone in its one spelling, with Brazil's defaults."""
    created = json.loads(tenants(*ADD).stdout)
    assert rows(
        database,
        "select o.id::text, i.id::text, o.name, business_type, locale, timezone, currency, provider, i.name, w.phone,"
        " w.name from app.organizations o join app.instances i on i.organization_id = o.id"
        " join app.owner_numbers w on w.organization_id = o.id",
    ) == [
        (
            *(created["organization_id"], created["instance_id"], "Patas & Cia", "pet shop", "pt-BR"),
            *("America/Sao_Paulo", "BRL", "evolution", "patas", "+5511988887777", "Carla"),
        )
    ]


def test_the_gateways_part_is_printed(tenants: Tenants) -> None:
    """Address, header and secret are what the webhook's function expects of this instance."""
    created = json.loads(tenants(*ADD).stdout)
    secret = derive_webhook_secret(WEBHOOK_SECRET, provider="evolution", instance="patas")
    assert created["webhook_url"] == "https://functions.example.test/webhooks/evolution/patas"
    assert (created["webhook_secret_header"], created["webhook_secret"]) == ("x-webhook-secret", secret)


def test_an_instance_belongs_to_one_tenant(tenants: Tenants, database: str) -> None:
    """A second tenant for the same number is refused in one line, and nothing of it is kept."""
    tenants(*ADD)
    result = tenants(*ADD)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "aurora: the evolution instance patas has a tenant already\n"
    assert rows(database, "select count(*) from app.organizations") == [(1,)]


def test_bad_input_is_refused_before_anything_is_asked(tenants: Tenants, database: str) -> None:
    """Exit status 2, one line, every wrong option named."""
    result = tenants(*ADD, "--owner", "12", "--currency", "reais")
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert "--owner: " in result.stderr
    assert "--currency: " in result.stderr
    assert rows(database, "select count(*) from app.organizations") == [(0,)]


@pytest.mark.parametrize("arguments", [ADD, ["list"], ["connect", "--instance", "patas"]])
def test_missing_settings_are_named(arguments: list[str]) -> None:
    """One line names every variable that is missing."""
    result = CliRunner().invoke(app, ["tenants", *arguments])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "SUPABASE_URL is missing" in result.stderr
    assert "WEBHOOK_SECRET is missing" in result.stderr


@pytest.mark.parametrize("arguments", [ADD, ["list"]])
def test_a_database_out_of_reach_is_a_failure(tenants: Tenants, arguments: list[str]) -> None:
    """Exit status 1 and one line."""
    result = tenants(*arguments, SUPABASE_URL="http://127.0.0.1:1")
    assert result.exit_code == 1
    assert result.stderr.startswith("aurora: ")
    assert "Supabase cannot be reached" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_tenants_are_listed_with_their_numbers(tenants: Tenants) -> None:
    """Without tenants the list is empty; afterwards each is there with its instances."""
    assert json.loads(tenants("list", "--json").stdout) == []
    created = json.loads(tenants(*ADD).stdout)
    (listed,) = json.loads(tenants("list", "--json").stdout)
    assert (listed["organization_id"], listed["name"]) == (created["organization_id"], "Patas & Cia")
    assert [(each["instance_id"], each["name"], each["state"]) for each in listed["instances"]] == [
        (created["instance_id"], "patas", "connecting")
    ]
    assert tenants("list").stdout == (
        f"{created['organization_id']}  Patas & Cia  America/Sao_Paulo  evolution/patas (connecting)\n"
    )


def test_what_a_number_takes_and_since_when_it_is_used_is_said(tenants: Tenants, database: str) -> None:
    """What is given is stored, shown and listed; what is not given stays; `none` takes it back."""
    organization_id = json.loads(tenants(*ADD).stdout)["organization_id"]
    tenants("numbers", "set", "patas", "--in-use-since", "2025-01-31")
    both = json.loads(tenants("numbers", "set", "patas", "--reply-window", "24", "--json").stdout)
    assert (both["reply_window_hours"], both["in_use_since"]) == (24, "2025-01-31")
    assert rows(database, "select reply_window_hours, proactive_since::text from app.instances") == [(24, "2025-01-31")]
    assert tenants("list").stdout == (
        f"{organization_id}  Patas & Cia  America/Sao_Paulo"
        "  evolution/patas (connecting, reply window 24 h, in use since 2025-01-31)\n"
    )
    assert json.loads(tenants("numbers", "show", "patas", "--json").stdout) == both
    tenants("numbers", "set", "patas", "--reply-window", "none", "--in-use-since", "none")
    assert rows(database, "select reply_window_hours, proactive_since from app.instances") == [(None, None)]


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (("patas",), 2, "say what to change"),
        (("patas", "--reply-window", "721"), 2, "--reply-window: must be hours from 1 to 720, or none"),
        (("patas", "--reply-window", "a day"), 2, "--reply-window: must be hours"),
        (("patas", "--in-use-since", "31/01/2025"), 2, "--in-use-since: must be a date such as 2025-01-31, or none"),
        (("patas", "--in-use-since", "2999-01-01"), 1, "in_use_since must not be after today"),
        (("nobody", "--reply-window", "24"), 1, "no business has the instance nobody"),
    ],
)
def test_a_number_takes_nothing_else(tenants: Tenants, arguments: tuple[str, ...], status: int, problem: str) -> None:
    """One line says what is wrong."""
    tenants(*ADD)
    result = tenants("numbers", "set", *arguments)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (status, "", 1)
    assert problem in result.stderr


async def test_connecting_points_the_gateway_to_aurora(tenants: Tenants, gateway: httpx.AsyncClient) -> None:
    """The instance is made, and its webhook gets the address, the secret and the events that Aurora reads."""
    result = await asyncio.to_thread(tenants, *ADD, "--connect", EVOLUTION_URL=str(gateway.base_url))
    assert result.exit_code == 0, result.stderr
    created = json.loads(result.stdout)
    webhook = (await gateway.get("/webhook/find/patas")).json()
    assert webhook["enabled"] is True
    assert webhook["url"] == created["webhook_url"]
    assert webhook["headers"] == {"x-webhook-secret": created["webhook_secret"]}
    assert webhook["webhookByEvents"] is False
    assert sorted(webhook["events"]) == sorted(EVENTS)


async def test_connecting_again_is_harmless(tenants: Tenants, gateway: httpx.AsyncClient) -> None:
    """The instance that is there is kept; only its webhook is set anew."""
    for _ in range(2):
        result = await asyncio.to_thread(tenants, "connect", "--instance", "patas", EVOLUTION_URL=str(gateway.base_url))
        assert result.exit_code == 0, result.stderr
    instances = (await gateway.get("/instance/fetchInstances")).json()
    assert [each["name"] for each in instances] == ["patas"]


def test_a_gateway_out_of_reach_leaves_the_tenant_and_a_way_on(tenants: Tenants) -> None:
    """What was created is printed all the same, and the error says which command takes it from there."""
    result = tenants(*ADD, "--connect")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["instance"] == "patas"
    assert "the gateway cannot be reached" in result.stderr
    assert "aurora tenants connect --instance patas" in result.stderr
