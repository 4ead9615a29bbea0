"""How long the deployed functions may take."""

import re
from pathlib import Path

import pytest

from shared.inline import TIME_LEFT

DEPLOYMENT = Path(__file__).parents[3] / "serverless.yml"
#: API Gateway gives up on a function after this time.
HTTP_API_SECONDS = 30


@pytest.mark.parametrize("function", ["webhooks", "jobs", "schedules", "callbacks"])
def test_a_function_lives_as_long_as_the_jobs_it_may_run_in_place(function: str) -> None:
    """While QStash is down the jobs run inside the request: Lambda must not end it in their middle."""
    declared = re.search(rf"^  {function}:\n(?:    .*\n)*?    timeout: (\d+)", DEPLOYMENT.read_text(), re.MULTILINE)

    assert declared is not None
    assert TIME_LEFT.total_seconds() < int(declared[1]) <= HTTP_API_SECONDS
