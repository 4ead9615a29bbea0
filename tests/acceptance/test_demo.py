"""The demo and the stack, as a newcomer starts them."""

import re
from pathlib import Path

import httpx

from tests.acceptance.conftest import Commands


def test_demo_answers_everybody_and_keeps_its_state(aurora: Commands, base_port: str, data: Path) -> None:
    """The demo answers every message, tells the owner, ends with its verdict, and can be played again on its state."""
    for _ in range(2):
        played = aurora.run("demo", "--once", "--data", str(data), "--base-port", base_port)

        assert played.returncode == 0, played.stderr
        lines = played.stdout.splitlines()
        assert lines[-1] == "demo: 6 messages in, 5 replies out, 0 lost"
        assert any("Banho" in line and "R$ 60,00" in line for line in lines)
        assert any("Sábado" in line and "09:00" in line for line in lines)
        assert any("Célia Prado" in line for line in lines)
        assert any("Diego" in line and "precisa de uma pessoa" in line for line in lines)


def test_demo_answers_everybody_without_a_queue(aurora: Commands, base_port: str, data: Path) -> None:
    """With QSTASH_URL=none the stack starts, and jobs run inside requests: everybody is answered all the same."""
    played = aurora.run(
        "demo", "--once", "--data", str(data), "--base-port", base_port, variables={"QSTASH_URL": "none"}
    )

    assert played.returncode == 0, played.stderr
    assert played.stdout.splitlines()[-1] == "demo: 6 messages in, 5 replies out, 0 lost"


def test_demo_says_why_it_failed(aurora: Commands, base_port: str, data: Path) -> None:
    """A taken port is named in one line and the demo exits with a status that is not zero."""
    first, _ = aurora.start("dev", "--data", str(data / "one"), "--base-port", base_port)

    second = aurora.run("demo", "--once", "--data", str(data / "two"), "--base-port", base_port)

    assert second.returncode == 1
    assert re.search(r"port \d+ .*taken", second.stderr)
    assert "Traceback" not in second.stderr
    assert aurora.stop(first) == 0


def test_dev_is_ready_and_every_dependency_answers(aurora: Commands, base_port: str, data: Path) -> None:
    """When `aurora dev` says ready, the functions reach all they depend on, and Ctrl-C stops it without an error."""
    process, lines = aurora.start("dev", "--data", str(data), "--base-port", base_port)

    answer = httpx.get(f"http://127.0.0.1:{base_port}/health/ready")

    assert answer.status_code == 200
    assert set(answer.json()["dependencies"]) == {"qstash", "supabase", "redis", "model", "evolution"}
    assert any(line.split() == ["chat", "page", f"http://127.0.0.1:{int(base_port) + 1}"] for line in lines)
    assert aurora.stop(process) == 0
