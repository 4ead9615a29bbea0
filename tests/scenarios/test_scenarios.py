"""Every scenario, played against the stand-in model over the real database, Redis and wire protocols."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from infra.evaluation.playing import play
from infra.evaluation.scenario import Scenario, load_business, load_scenarios
from infra.evaluation.stage import Stage, stage_on
from infra.local.environment import OPENAI_API_KEY
from infra.local.llm import ModelConfig, create_app
from infra.local.postgres import PostgresServer
from infra.local.server import serving
from infra.local.valkey import ValkeyServer
from tests.conftest import database_copy

FOLDER = Path(__file__).parent
SCENARIOS = tuple(load_scenarios(FOLDER))

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(
    postgres_server: PostgresServer, migrated_template: str, valkey_server: ValkeyServer
) -> AsyncIterator[Stage]:
    """One stage for all scenarios, which each begins anew."""
    with database_copy(postgres_server, migrated_template) as dsn:
        async with serving(create_app(ModelConfig(api_key=OPENAI_API_KEY))) as url:
            environment = {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_MODEL": "stand-in"}
            async with stage_on(dsn, valkey=valkey_server.address, model_environment=environment) as stage:
                yield stage


@pytest.mark.parametrize("scenario", [pytest.param(each, id=each.id) for each in SCENARIOS])
async def test_a_conversation_goes_as_it_should(scenario: Scenario, stage: Stage) -> None:
    """People hear what they must and nothing they must not, and the database holds what they agreed to."""
    played = await play(scenario, load_business(FOLDER, scenario.business), stage)
    assert list(played.problems) == [], "\n".join(played.transcript)


async def test_there_are_scenarios_for_both_assistants_in_both_languages() -> None:
    """The suite covers what it is for."""
    spoken = {(scenario.language, step.by) for scenario in SCENARIOS for step in scenario.steps}
    assert spoken >= {(language, by) for language in ("pt-BR", "en") for by in ("customer", "owner")}
    assert len(SCENARIOS) >= 60
    assert len({scenario.id for scenario in SCENARIOS}) == len(SCENARIOS)
