"""Who may import whom, and what a function loads before its first request."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Builds a function as its first event does, and tells which modules that loaded.
BUILD = """
import json, sys
from importlib import import_module
from shared.bootstrap import bootstrap
from shared.settings import load_settings
import_module("functions." + sys.argv[1]).build(bootstrap(load_settings(json.loads(sys.argv[2]))))
print(json.dumps(sorted(sys.modules)))
"""
ENVIRONMENT = {
    "PUBLIC_URL": "https://aurora.example",
    "WEBHOOK_SECRET": "made-up",
    "QSTASH_URL": "https://qstash.example",
    "QSTASH_TOKEN": "made-up",
    "QSTASH_CURRENT_SIGNING_KEY": "made-up",
    "QSTASH_NEXT_SIGNING_KEY": "made-up",
    "UPSTASH_REDIS_REST_URL": "https://redis.example",
    "UPSTASH_REDIS_REST_TOKEN": "made-up",
    "SUPABASE_URL": "https://supabase.example",
    "SUPABASE_SECRET_KEY": "made-up",
    "EVOLUTION_URL": "https://evolution.example",
    "EVOLUTION_API_KEY": "made-up",
    "OPENAI_API_KEY": "made-up",
}


def loaded(function: str) -> set[str]:
    """Return the modules that a fresh interpreter has once it has built `function`."""
    command = [sys.executable, "-c", BUILD, function, json.dumps(ENVIRONMENT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603 - our own code
    return set(json.loads(done.stdout))


def test_the_contracts_of_the_architecture_are_kept() -> None:
    """The import rules of `pyproject.toml` hold."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603 - ours
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "heavy",
    ["supabase", "postgrest", "upstash_redis", "shared.assistants", "shared.whatsapp.opt_out", "jwt", "infra"],
)
def test_the_webhook_does_not_load_what_it_does_not_use(heavy: str) -> None:
    """A gateway waits for the webhook: it pays for the queue and for nothing else."""
    assert not {name for name in loaded("webhooks") if name == heavy or name.startswith(f"{heavy}.")}


@pytest.mark.parametrize("function", ["callbacks", "health", "jobs", "schedules", "webhooks"])
def test_no_function_loads_an_adapter_before_it_is_asked_for(function: str) -> None:
    """Clients are built when the first request needs them."""
    assert not {name for name in loaded(function) if name.startswith("shared.adapters.")}


@pytest.mark.parametrize("function", ["jobs", "schedules"])
def test_a_job_loads_the_assistants_only_when_it_thinks(function: str) -> None:
    """Every cold start registers all jobs: what one of them writes with would be paid for by each."""
    assert not {name for name in loaded(function) if name.startswith("shared.assistants")}
