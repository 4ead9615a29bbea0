"""What operators' commands work with."""

from infra.local.environment import stack_environment
from infra.operations.composition import operator_services
from shared.jobs.doctor_ping import DoctorPing, ping
from shared.settings import load_settings


async def test_without_a_queue_what_an_operator_retries_runs_at_once() -> None:
    """With QSTASH_URL=none a command publishes as the functions do: the job runs here and now."""
    settings = load_settings({**stack_environment(), "QSTASH_URL": "none"})

    async with operator_services(settings) as services:
        (message_id,) = await services.queue.publish([ping.publication(DoctorPing(nonce="made-up"))])

    assert message_id.startswith("inline_")
