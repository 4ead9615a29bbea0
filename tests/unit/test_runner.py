"""One delivery of a job becomes one outcome, whatever the job does, and a line in the log."""

import json
import logging
from datetime import timedelta

import pytest

from shared.errors import (
    DatabaseError,
    GatewayRefusedError,
    ModelError,
    NonRetriableError,
    NotFoundError,
    QueueError,
    RetryAfterError,
    StaleLeaseError,
)
from shared.logs import correlation_id
from shared.registry import Context, Delivery, Payload, Registry, job
from shared.runner import Done, Failed, Outcome, RetryAfter, run_job
from shared.services import Services

DELIVERY = Delivery(message_id="msg_1", attempt=3, correlation_id="trip-7")
SECRET = "meu CPF é 123"


class Order(Payload):
    """What to do."""

    amount: int
    text: str = ""


async def run(services: Services, error: BaseException | None = None, body: bytes = b'{"amount": 1}') -> Outcome:
    """Run a job that succeeds, or raises `error`."""
    jobs = Registry()

    async def work(payload: Order, context: Context) -> str:
        assert context.delivery is DELIVERY
        assert correlation_id.get() == "trip-7"
        if error is not None:
            raise error
        return f"did {payload.amount}"

    job("work", into=jobs)(work)
    return await run_job("work", body, delivery=DELIVERY, services=services, jobs=jobs)


async def test_a_job_that_returns_is_done(services: Services) -> None:
    """Its word is the outcome."""
    assert await run(services) == Done("did 1")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (RetryAfterError("busy", delay=timedelta(seconds=7)), RetryAfter("busy", timedelta(seconds=7))),
        (NonRetriableError("never"), Failed("never", retriable=False)),
        (NotFoundError("nobody"), Failed("nobody", retriable=False)),
        (StaleLeaseError("late"), Done("fenced")),
        (DatabaseError("away"), Failed("DatabaseError: away", retriable=True)),
        (QueueError("away"), Failed("QueueError: away", retriable=True)),
        (ModelError("away"), Failed("ModelError: away", retriable=True)),
        (GatewayRefusedError("no"), Failed("GatewayRefusedError: no", retriable=True)),
        (ValueError(SECRET), Failed("ValueError", retriable=True)),
        (TimeoutError(SECRET), Failed("TimeoutError", retriable=True)),
    ],
)
async def test_an_error_becomes_what_the_queue_shall_do(
    services: Services, error: BaseException, outcome: Outcome
) -> None:
    """Our own errors keep their words; an unexpected one keeps its type alone."""
    assert await run(services, error) == outcome


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
async def test_the_end_of_the_process_is_not_an_outcome(services: Services, error: BaseException) -> None:
    """A process that is told to end, ends."""
    with pytest.raises(type(error)):
        await run(services, error)
    assert correlation_id.get() is None


async def test_an_unknown_job_fails_for_good(services: Services) -> None:
    """The name is in the reason."""
    outcome = await run_job("nothing", b"{}", delivery=DELIVERY, services=services, jobs=Registry())
    assert outcome == Failed("no job is named 'nothing'", retriable=False)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[]", "body"),
        (b'{"amount": "many"}', "amount"),
        (b'{"amount": 1, "more": 2}', "more"),
        (b"{}", "amount"),
        (b'{"amount": 1, "text": "\\ud800"}', "body"),
    ],
)
async def test_a_payload_that_does_not_fit_fails_for_good(services: Services, body: bytes, field: str) -> None:
    """The reason names the field and not its value."""
    outcome = await run(services, body=body)
    assert isinstance(outcome, Failed)
    assert not outcome.retriable
    assert field in outcome.reason
    assert "many" not in outcome.reason


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def lines() -> Lines:
    """What the runner logs."""
    lines = Lines()
    logger = logging.getLogger("aurora.runner")
    logger.setLevel(logging.INFO)
    logger.handlers = [lines]
    return lines


async def test_every_delivery_leaves_a_line(services: Services, lines: Lines) -> None:
    """Job, queue message, attempt and outcome are in it."""
    await run(services)
    await run(services, DatabaseError("away"))
    await run(services, RetryAfterError("busy", delay=timedelta(seconds=7)))
    fields = [vars(record) for record in lines.records]
    assert [each["levelname"] for each in fields] == ["INFO", "WARNING", "INFO"]
    for each in fields:
        assert (each["job"], each["queue_message_id"], each["attempt"]) == ("work", "msg_1", 3)
    assert (fields[0]["outcome"], fields[1]["reason"], fields[2]["delay_s"]) == ("did 1", "DatabaseError: away", 7.0)


async def test_an_unexpected_error_is_logged_by_its_place_not_by_its_words(services: Services, lines: Lines) -> None:
    """Where it happened is enough to find it; what it says may be a customer's."""
    await run(services, ValueError(SECRET))
    written = json.dumps([{key: str(value) for key, value in vars(each).items()} for each in lines.records])
    assert "ValueError at" in written
    assert "test_runner.py" in written
    assert "CPF" not in written
