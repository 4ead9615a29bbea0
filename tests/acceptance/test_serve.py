"""Each part of the stack, served alone."""

from pathlib import Path

import httpx
import pytest

from tests.acceptance.conftest import Commands


@pytest.mark.parametrize(
    ("part", "variables"),
    [
        ("redis", {"UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"}),
        ("supabase", {"SUPABASE_URL", "SUPABASE_SECRET_KEY", "DATABASE_URL"}),
        ("whatsapp", {"EVOLUTION_URL", "EVOLUTION_API_KEY"}),
        ("llm", {"OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL", "OPENAI_TRANSCRIPTION_MODEL"}),
        ("qstash", {"QSTASH_URL", "QSTASH_TOKEN", "QSTASH_CURRENT_SIGNING_KEY", "QSTASH_NEXT_SIGNING_KEY"}),
    ],
)
def test_a_part_prints_its_variables_and_answers(aurora: Commands, data: Path, part: str, variables: set[str]) -> None:
    """A part served alone prints what others must set to use it, listens where it says, and stops cleanly."""
    state = () if part == "llm" else ("--data", str(data))
    process, lines = aurora.start("serve", part, "--port", "0", *state)

    printed = dict(line.split("=", 1) for line in lines if "=" in line)
    assert set(printed) == variables
    url = next(value for name, value in printed.items() if name.endswith("_URL") and value.startswith("http"))
    assert httpx.get(url).status_code < 500
    assert aurora.stop(process) == 0


def test_functions_alone_name_every_missing_variable(aurora: Commands) -> None:
    """Without settings the functions do not start, and one line names each variable."""
    started = aurora.run("serve", "functions", "--port", "0", variables={"PUBLIC_URL": "https://aurora.example"})

    assert started.returncode == 1
    (line,) = started.stderr.splitlines()
    assert "WEBHOOK_SECRET is missing" in line
    assert "SUPABASE_URL is missing" in line
    assert "PUBLIC_URL" not in line
