"""Wherever variables are listed for people or for the deployment, all of them are, and no other."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from shared.settings import OPTIONAL_VARIABLES, Settings

ROOT = Path(__file__).parents[3]
VARIABLES = sorted(field.name.upper() for field in fields(Settings))


def test_the_example_lists_every_variable() -> None:
    """`.env.example` has each variable once, without a value."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    assignments = [line for line in lines if line and not line.startswith("#")]
    assert sorted(assignments) == [f"{name}=" for name in VARIABLES]


@pytest.mark.parametrize("variable", VARIABLES)
def test_the_example_explains_every_variable(variable: str) -> None:
    """A comment stands above each variable, or above the pair that it belongs to."""
    text = (ROOT / ".env.example").read_text()
    assert re.search(rf"^# .+\n(?:[A-Z_]+=\n)?{variable}=$", text, re.MULTILINE)


def test_the_deployment_passes_every_variable_on() -> None:
    """`serverless.yml` takes each from the environment; a default is empty, so that no secret or address can be one."""
    text = (ROOT / "serverless.yml").read_text()
    passed = re.findall(r"^    ([A-Z_]+): \$\{env:([A-Z_]+)(, '')?\}$", text, re.MULTILINE)
    assert sorted(name for name, _, _ in passed) == VARIABLES
    assert all(name == source for name, source, _ in passed)
    assert {name for name, _, default in passed if default} == OPTIONAL_VARIABLES
