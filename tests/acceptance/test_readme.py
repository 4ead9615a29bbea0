"""The README does what it says: its commands run, its example is a job, its tables name what exists."""

import os
import re
import shlex
import sys
from pathlib import Path
from subprocess import run

import pytest

from infra.cli import app
from infra.local.environment import stack_environment
from tests.acceptance.conftest import Commands
from tests.conftest import SupabaseGateway

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()

#: Commands that are run elsewhere: by whoever reads this result, and by the serverless test.
RUN_ELSEWHERE = {
    "make test": "it is what runs now",
    "make check": "the continuous integration runs it before the tests",
    "npx osls@4 invoke local -f webhooks -p tests/events/evolution_text.json": "tests/acceptance/test_serverless.py",
}

#: The commands that set up a business, which are run in their order.
NEW_BUSINESS = (
    *("aurora tenants", "aurora services", "aurora hours", "aurora blocks", "aurora knowledge"),
    *("aurora schedules", "aurora followups", "aurora templates", "aurora proactive"),
)

RUN_THE_EXAMPLE = """
import asyncio

from shared.bootstrap import bootstrap
from shared.registry import Delivery
from shared.runner import run_job

delivery = Delivery(message_id="msg_1", attempt=1, correlation_id="readme")
print(asyncio.run(run_job("database.greet", b'{"name": "Ana"}', delivery=delivery, services=bootstrap())))
"""


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def _shell_lines() -> list[str]:
    return [line for block in _blocks("sh") for line in block.strip().splitlines()]


def test_every_shell_line_is_covered() -> None:
    """No command stands in the README that no test runs."""
    covered = {"make demo", "aurora doctor", *RUN_ELSEWHERE}
    uncovered = [line for line in _shell_lines() if line not in covered and not line.startswith(NEW_BUSINESS)]
    assert uncovered == []


def test_make_demo_works(base_port: str, data: Path) -> None:
    """`make demo` sets up what is missing and plays the conversation."""
    # As typed in a shell, and not as a part of the `make` that runs the tests.
    shell = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    variables = {**shell, "AURORA_BASE_PORT": base_port, "AURORA_DATA": str(data), "ONCE": "1"}

    played = run(["make", "demo"], cwd=ROOT, env=variables, capture_output=True, text=True)  # noqa: S607 - as the README says

    assert played.returncode == 0, played.stderr
    assert played.stdout.splitlines()[-1].startswith("demo: ")


def test_doctor_and_tenants_work_with_the_stack(aurora: Commands, base_port: str, data: Path) -> None:
    """With the stack up and its variables set, the doctor finds nothing and a business is added with all it needs."""
    stack, _ = aurora.start("dev", "--data", str(data), "--base-port", base_port)
    printed = aurora.run("env", "--no-export", "--base-port", base_port).stdout.splitlines()
    variables = {name: shlex.split(value)[0] for name, value in (line.split("=", 1) for line in printed)}
    setup = [line for line in _shell_lines() if line.startswith(NEW_BUSINESS)]

    doctor = aurora.run("doctor", variables=variables)
    added, *given = [aurora.run(*shlex.split(line)[1:], variables=variables) for line in setup]

    assert doctor.returncode == 0, doctor.stdout
    assert re.search(r"^RESULTS: \d+ passed, 0 failed$", doctor.stdout, flags=re.MULTILINE)
    assert added.returncode == 0, added.stderr
    assert "/webhooks/evolution/studio-lua" in added.stdout
    assert [each.stderr for each in given if each.returncode != 0] == []
    assert len(given) == 12
    assert aurora.stop(stack) == 0


def test_the_example_is_a_job(supabase_gateway: SupabaseGateway) -> None:
    """The job in the README runs as it stands, in a process of its own, as it registers itself."""
    example = next(block for block in _blocks("python") if "@job" in block)
    variables = {
        **stack_environment(),
        "SUPABASE_URL": supabase_gateway.url,
        "SUPABASE_SECRET_KEY": supabase_gateway.secret_key,
    }

    command = [sys.executable, "-c", example + RUN_THE_EXAMPLE]
    ran = run(command, cwd=ROOT, env=variables, capture_output=True, text=True)  # noqa: S603 - our own example

    assert ran.stdout.startswith("Done(outcome=\"hello Ana, the database's clock says 2"), ran.stderr


@pytest.mark.parametrize("command", re.findall(r"^\| `aurora ([a-z-]+)", README, flags=re.MULTILINE))
def test_every_command_in_the_table_exists(command: str) -> None:
    """The table of commands lists only commands that there are."""
    names = {each.name for each in app.registered_commands} | {each.name for each in app.registered_groups}
    assert command in names


def test_every_link_leads_somewhere() -> None:
    """Links to files lead to files."""
    targets = re.findall(r"\]\((?!http)([^)#]+)", README)
    assert [target for target in targets if not (ROOT / target).exists()] == []
