"""Reading scenarios."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.evaluation.scenario import Expected, ScenarioError, load_business, load_scenarios

SCENARIO = {
    "capability": "greeting",
    "language": "en",
    "business": "shop",
    "at": "2026-01-20 09:20:00",
    "scenarios": [{"name": "greets", "steps": [{"says": "Hi", "reply": {"has": ["hello", ["a", "b"]]}}]}],
}


def written(folder: Path, **changes: Any) -> Path:
    (folder / "greeting.yaml").write_text(yaml.safe_dump({**SCENARIO, **changes}))
    return folder


def test_a_scenario_takes_from_its_file_what_it_does_not_say(tmp_path: Path) -> None:
    """Capability, language, business and date are written once; a single text stands for a list of one."""
    (scenario,) = load_scenarios(written(tmp_path))
    assert (scenario.id, scenario.language, scenario.business) == ("en greeting: greets", "en", "shop")
    assert scenario.steps[0].says == ("Hi",)
    assert scenario.steps[0].reply == Expected(has=(("hello",), ("a", "b")))


def test_time_passes_between_steps(tmp_path: Path) -> None:
    """A step says how long nothing happened before it."""
    (scenario,) = load_scenarios(
        written(tmp_path, scenarios=[{"name": "waits", "steps": [{"says": "Hi", "after": "61m"}]}])
    )
    assert scenario.steps[0].after == timedelta(minutes=61)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"scenarios": [{"name": "empty", "steps": []}]}, "greeting.yaml: empty: steps"),
        ({"scenarios": [{"name": "typo", "steps": [{"sais": "Hi"}]}]}, "typo: steps.0.sais"),
        ({"scenarios": [{"name": "unit", "steps": [{"after": "3 weeks"}]}]}, "such as 90s, 15m, 2h or 3d"),
        ({"scenarios": [{"name": "kind", "steps": [{"followups": "send"}]}]}, "kind: steps.0.followups"),
        ({"at": "2026-01-20T09:20:00Z"}, "it must have no zone"),
        ({"language": "fr"}, "language"),
    ],
)
def test_what_cannot_be_played_is_named(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    """The error says which file, which scenario and which field."""
    with pytest.raises(ScenarioError) as raised:
        list(load_scenarios(written(tmp_path, **changes)))
    assert named in str(raised.value)


def test_a_business_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(ScenarioError, match=r"nowhere\.yaml"):
        load_business(tmp_path, "nowhere")
