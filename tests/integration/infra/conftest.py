"""The command line over a real broker on the free plan and a real database."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from infra.cli import app
from infra.local.environment import stack_environment
from infra.local.qstash import DEV_TOKEN, BrokerConfig, create_app
from tests.conftest import SupabaseGateway, serving_in_thread

URL = "https://aurora.example"
ZONE = "America/Sao_Paulo"

Aurora = Callable[..., Result]


@pytest.fixture
def broker() -> Iterator[httpx.Client]:
    """A broker that takes what the free plan takes."""
    free: Any = create_app(BrokerConfig(quota="free"))  # any ASGI application is served
    with (
        serving_in_thread(free) as url,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {DEV_TOKEN}"}) as client,
    ):
        yield client


@pytest.fixture
def variables(broker: httpx.Client, supabase_gateway: SupabaseGateway) -> dict[str, str]:
    return {
        **stack_environment(),
        "PUBLIC_URL": URL,
        "QSTASH_URL": str(broker.base_url),
        "QSTASH_TOKEN": DEV_TOKEN,
        "SUPABASE_URL": supabase_gateway.url,
        "SUPABASE_SECRET_KEY": supabase_gateway.secret_key,
    }


@pytest.fixture
def aurora(variables: dict[str, str]) -> Aurora:
    """Runs `aurora …` for a deployment with one business in São Paulo, and nothing scheduled yet."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, env=variables)

    added = run("tenants", "add", "--name", "Patas", "--instance", "patas", "--owner", "1188887777", "--timezone", ZONE)
    assert (added.exit_code, added.stderr) == (0, "")
    return run


def parsed(result: Result) -> Any:
    """Return the JSON that a command printed."""
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def ids(changes: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """Return the ids of what `schedules diff` and `sync` tell, by what becomes of them."""
    return {verb: [each["id"] for each in found] for verb, found in changes.items() if found}
