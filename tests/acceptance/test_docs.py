"""The documentation beside the README does what it says."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from infra.cli import app

ROOT = Path(__file__).parents[2]
QSTASH = (ROOT / "docs" / "qstash.md").read_text()
PAGES = sorted((ROOT / "docs").glob("*.md"))


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def test_the_brokers_test_example_passes() -> None:
    """The test that the page proposes is one, and passes."""
    (example,) = _blocks(QSTASH, "python")
    names: dict[str, object] = {}
    exec(compile(example, "qstash.md", "exec"), names)  # noqa: S102 - our own example
    (proposed,) = [value for name, value in names.items() if name.startswith("test_")]
    assert callable(proposed)
    asyncio.run(proposed())


def test_the_broker_starts_as_a_pipeline_starts_it(base_port: str, tmp_path: Path) -> None:
    """The lines for a pipeline end when the broker is ready, with its variables in the file."""
    (lines,) = _blocks(QSTASH, "sh")
    script = lines.replace("8080", base_port) + "\ncat qstash.env; kill %1"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(  # noqa: S603 - our own lines
        ["bash", "-mc", script],  # noqa: S607 - the shell that is there
        cwd=tmp_path,
        env={"PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert f"QSTASH_URL=http://127.0.0.1:{base_port}" in done.stdout.splitlines(), done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_named_exists(page: Path) -> None:
    """Whatever the documentation calls `aurora …`, the command line has."""
    command = typer.main.get_command(app)
    named = re.findall(r"`aurora ([a-z-]+)(?: ([a-z-]+))?", page.read_text())
    for first, second in named:
        found = getattr(command, "commands", {}).get(first)
        assert found is not None, f"aurora {first}"
        if second and hasattr(found, "commands"):
            assert second in found.commands, f"aurora {first} {second}"
