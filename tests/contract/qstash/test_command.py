"""The command line of the broker, run as its users run it."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import typer
from qstash import AsyncQStash
from typer.testing import CliRunner

from infra.commands.qstash import parse_rewrites, qstash
from infra.local.qstash import DEV_CURRENT_SIGNING_KEY, DEV_NEXT_SIGNING_KEY, DEV_TOKEN
from infra.local.qstash.database import open_database
from infra.local.server import bind

COMMAND = (sys.executable, "-m", "infra.commands.qstash")
app = typer.Typer()
app.command()(qstash)


@contextlib.asynccontextmanager
async def running(*options: str, environment: dict[str, str] | None = None) -> AsyncIterator[dict[str, str]]:
    """Run the command until the block ends and yield the variables that it printed; it must stop cleanly."""
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "--port", "0", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    )
    assert process.stdout is not None
    variables: dict[str, str] = {}
    async for line in process.stdout:
        text = line.decode().strip()
        if text == "ready":
            break
        name, _, value = text.partition("=")
        variables[name] = value
    yield variables
    process.send_signal(signal.SIGTERM)
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")


@contextlib.asynccontextmanager
async def client(variables: dict[str, str]) -> AsyncIterator[AsyncQStash]:
    sdk = AsyncQStash(variables["QSTASH_TOKEN"], base_url=variables["QSTASH_URL"], retry=False)
    yield sdk
    await sdk.http._client.aclose()


async def test_the_printed_variables_are_all_that_a_project_needs() -> None:
    """By default those of the published development user."""
    async with running("--memory") as variables, client(variables) as sdk:
        assert variables["QSTASH_URL"].startswith("http://127.0.0.1:")
        assert variables["QSTASH_TOKEN"] == DEV_TOKEN
        keys = await sdk.signing_key.get()
        assert variables["QSTASH_CURRENT_SIGNING_KEY"] == keys.current == DEV_CURRENT_SIGNING_KEY
        assert variables["QSTASH_NEXT_SIGNING_KEY"] == keys.next == DEV_NEXT_SIGNING_KEY


async def test_token_and_keys_come_from_the_environment() -> None:
    """The published ones are then refused."""
    environment = {
        "QSTASH_TOKEN": "own-token",
        "QSTASH_CURRENT_SIGNING_KEY": "sig_own_current",
        "QSTASH_NEXT_SIGNING_KEY": "sig_own_next",
    }
    async with running("--memory", environment=environment) as variables, client(variables) as sdk:
        assert environment.items() <= variables.items()
        keys = await sdk.signing_key.get()
        assert (keys.current, keys.next) == ("sig_own_current", "sig_own_next")


async def test_the_data_folder_keeps_the_state(tmp_path: Path) -> None:
    """A schedule is there again after a restart, as it is not with the official development server."""
    options = ("--data", str(tmp_path / "new" / "folder"))
    async with running(*options) as variables, client(variables) as sdk:
        await sdk.schedule.create(destination="https://shop.example", cron="0 9 * * *", schedule_id="routine")
    async with running(*options) as variables, client(variables) as sdk:
        assert [schedule.schedule_id for schedule in await sdk.schedule.list()] == ["routine"]


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    """One line with the reason, and no trace."""
    with bind() as listener:
        port = listener.getsockname()[1]
        result = CliRunner().invoke(app, ["--port", str(port), "--memory"])
    assert result.exit_code == 1
    assert result.output == f"error: port {port} on 127.0.0.1 is taken: Address already in use\n"


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--rewrite", "api.example.com", "HOST=URL"),
        ("--rewrite", "https://a.example=http://127.0.0.1:1", "HOST=URL"),
        ("--rewrite", "a.example=127.0.0.1:1", "HOST=URL"),
        ("--quota", "gold", "none, free, payg"),
        ("--port", "70000", "65535"),
    ],
)
def test_bad_options_are_refused(option: str, value: str, reason: str) -> None:
    """With what would be right."""
    result = CliRunner().invoke(app, [option, value, "--memory"], env={"TERM": "dumb", "COLUMNS": "200"})
    assert result.exit_code == 2
    assert reason in result.output


def test_rewrites_map_hosts_to_addresses() -> None:
    """Several may be given; ports and paths are kept."""
    assert parse_rewrites(["a.example=http://127.0.0.1:1", "b.example:8443=http://127.0.0.1:2/base"]) == {
        "a.example": "http://127.0.0.1:1",
        "b.example:8443": "http://127.0.0.1:2/base",
    }


def test_data_in_use_is_said(tmp_path: Path) -> None:
    """Two brokers never share a folder."""
    connection = open_database(tmp_path)
    result = CliRunner().invoke(app, ["--port", "0", "--data", str(tmp_path)])
    connection.close()
    assert result.exit_code == 1
    assert "another broker uses the data folder" in result.output
