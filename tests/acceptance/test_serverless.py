"""The deployed functions run under the Serverless Framework's fork osls, against the local stack."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess, run
from typing import Any
from zipfile import ZipFile

import pytest

from infra.local.environment import stack_environment
from tests.acceptance.conftest import ROOT, Commands

#: What is in npm's cache is used as it is: only the first run on a machine asks the registry.
OSLS = ["npx", "--yes", "--prefer-offline", "osls@4"]
FETCH_SECONDS = 120
INVOKE_SECONDS = 60


def osls(*arguments: str, variables: Mapping[str, str], seconds: int = INVOKE_SECONDS) -> CompletedProcess[str]:
    """Run osls in the project with this environment's Python first on PATH, as it takes the first `python3`."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    inherited = {name: os.environ[name] for name in ("HOME",) if name in os.environ}
    return run(  # noqa: S603 - arguments of our own
        [*OSLS, *arguments],
        cwd=ROOT,
        env={**inherited, "PATH": path, "SLS_TELEMETRY_DISABLED": "1", **variables},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.fixture(scope="module")
def fetched() -> None:
    """Let npm fetch osls; without Node, or without osls on a machine that cannot reach npm, these tests are skipped."""
    if shutil.which("npx") is None:
        pytest.skip("no Node on this machine: npx is not on PATH")
    version = osls("--version", variables={}, seconds=FETCH_SECONDS)
    if version.returncode != 0 and "npm error" in version.stderr:
        pytest.skip(f"npm cannot provide osls: {version.stderr.strip().splitlines()[-1]}")
    assert version.returncode == 0, version.stderr


def response_of(invocation: CompletedProcess[str]) -> dict[str, Any]:
    """Return the function's response, which osls prints last, after the function's log."""
    assert invocation.returncode == 0, invocation.stdout + invocation.stderr
    text = invocation.stdout
    response: dict[str, Any] = json.loads(text[text.rindex('{\n    "statusCode"') :])
    return response


@pytest.mark.usefixtures("fetched")
def test_the_functions_answer_when_invoked_locally(
    aurora: Commands, data: Path, base_port: str, tmp_path: Path
) -> None:
    """The kept webhook event and a signed job that `aurora events` writes both get a 200 from the local stack."""
    aurora.start("dev", "--data", str(data), "--base-port", base_port)
    variables = stack_environment(int(base_port))
    webhook = osls("invoke", "local", "-f", "webhooks", "-p", "tests/events/evolution_text.json", variables=variables)
    event = tmp_path / "event.json"
    event.write_text(aurora.run("events", "jobs", "message.receive", variables=variables).stdout)
    job = osls("invoke", "local", "-f", "jobs", "-p", str(event), variables=variables)
    assert response_of(webhook)["statusCode"] == 200
    assert json.loads(response_of(webhook)["body"]) == {"accepted": 1}
    assert response_of(job)["statusCode"] == 200
    assert json.loads(response_of(job)["body"]) == {"outcome": "stored"}


@pytest.mark.usefixtures("fetched")
def test_a_missing_variable_stops_the_deployment() -> None:
    """Nothing is deployed with a secret that is not there; the variable is named."""
    variables = stack_environment()
    del variables["WEBHOOK_SECRET"]
    result = osls("print", variables=variables)
    assert result.returncode != 0
    assert 'Cannot resolve variable at "provider.environment.WEBHOOK_SECRET"' in result.stdout + result.stderr


@pytest.mark.usefixtures("fetched")
def test_only_what_runs_is_packaged(tmp_path: Path) -> None:
    """The package holds functions and shared code: no test, no local stack, no environment file."""
    result = osls("package", "--package", str(tmp_path), variables=stack_environment())
    assert result.returncode == 0, result.stdout + result.stderr
    (archive,) = tmp_path.glob("*.zip")
    names = ZipFile(archive).namelist()
    assert {name.split("/")[0] for name in names} == {"functions", "shared"}
    assert {"functions/webhooks.py", "shared/web.py"} <= set(names)
    assert all(name.endswith(".py") for name in names)
