"""Measure the trip of a message: `python -m infra.bench.trip [messages]`.

The real stack runs with the quiet window at zero while new customers ask for prices. Every outbound HTTP call is
counted to the function that makes it and held against the architecture's budget; the exit status says whether all fit.
The time to an answer is mostly the pace of one message a second that is kept for each WhatsApp number.
"""

import asyncio
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

import httpx
import typer
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.demo import INSTANCE, prepare
from infra.local.environment import HOST
from infra.local.functions import create_app
from infra.local.scratch import scratch_folder
from infra.local.server import serving
from infra.local.stack import StackConfig, running_stack
from infra.phones import Exchange, Person, Phones, Step, phones_of
from shared.bootstrap import bootstrap
from shared.settings import load_settings

BASE_PORT = 28_700
FUNCTIONS_PORT = BASE_PORT + 10
MESSAGES = 20

MODEL_PATH = "/v1/chat/completions"
#: Outbound calls that the architecture allows a step; those to the model come on top. The send's fourth asks the
#: gateway's circuit breaker.
BUDGETS = {"webhooks": 1, "message.receive": 2, "conversation.reply": 4, "message.send": 4}
#: All of them for one answered message.
MESSAGE_BUDGET = 12


@dataclass
class Request:
    """One request that a function answered."""

    step: str
    calls: Counter[str] = field(default_factory=Counter)  #: by port and path of what was called
    milliseconds: float = 0.0


_current: ContextVar[Request | None] = ContextVar("current", default=None)


def count_calls() -> None:
    """Count every call of this process to the request that makes it.

    The SDKs build their own clients, so the transport's class is the one place that all calls pass.
    """
    passed_on = httpx.AsyncHTTPTransport.handle_async_request

    async def handle_async_request(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        current = _current.get()
        if current is not None:
            current.calls[f"{request.url.port}{request.url.path}"] += 1
        return await passed_on(self, request)

    httpx.AsyncHTTPTransport.handle_async_request = handle_async_request  # type: ignore[method-assign]  # see above


def recording(app: ASGIApp, requests: list[Request]) -> ASGIApp:
    """Wrap the functions so that each request is written down in `requests`."""

    async def record(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        kind, _, name = scope["path"].strip("/").partition("/")
        request = Request(name if kind == "jobs" else kind)
        token = _current.set(request)
        started = time.perf_counter()
        try:
            await app(scope, receive, send)
        finally:
            request.milliseconds = (time.perf_counter() - started) * 1000
            _current.reset(token)
            requests.append(request)

    return record


async def measure(messages: int) -> tuple[list[Request], list[Exchange]]:
    """Let `messages` new customers ask one question each, and return what the functions did and what was answered."""
    count_calls()
    requests: list[Request] = []
    overrides = {"PUBLIC_URL": f"http://{HOST}:{FUNCTIONS_PORT}", "QUIET_WINDOW_SECONDS": "0", "LOG_LEVEL": "WARNING"}
    with scratch_folder() as folder:
        config = StackConfig(data=folder, base_port=BASE_PORT, overrides=overrides)
        async with running_stack(config) as stack:
            functions = create_app(bootstrap(load_settings(stack.environment)))
            async with serving(recording(functions, requests), port=FUNCTIONS_PORT):
                await prepare(stack.environment)
                async with phones_of(stack.environment["EVOLUTION_URL"], INSTANCE) as phones:
                    exchanges = [await _ask(phones, number) for number in range(messages)]
                await asyncio.sleep(2)  # the ticks of the last answer
    return requests, exchanges


async def _ask(phones: Phones, number: int) -> Exchange:
    person = Person(f"Cliente {number}", f"55119{40_000_000 + number}")
    await phones.add(person)
    return await phones.play(Step(person, ("Quanto custa o banho?",)))


@dataclass(frozen=True)
class Row:
    """What one step cost, over all its runs."""

    step: str
    runs: int
    calls: int  #: the most that one run made, the model's aside
    model_calls: int
    p50: float  #: milliseconds
    p95: float

    @property
    def fits(self) -> bool:
        return self.step not in BUDGETS or self.calls <= BUDGETS[self.step]


def rows(requests: Sequence[Request]) -> list[Row]:
    """Sum the requests up by step."""
    by_step: dict[str, list[Request]] = defaultdict(list)
    for request in requests:
        by_step[request.step].append(request)
    return [_row(step, runs) for step, runs in sorted(by_step.items())]


def _row(step: str, runs: Sequence[Request]) -> Row:
    times = sorted(run.milliseconds for run in runs)
    model_calls = [sum(n for call, n in run.calls.items() if call.endswith(MODEL_PATH)) for run in runs]
    calls = [run.calls.total() - of_model for run, of_model in zip(runs, model_calls, strict=True)]
    p95 = times[int(len(times) * 0.95)]
    return Row(step, len(runs), max(calls), max(model_calls), statistics.median(times), p95)


def report(table: Sequence[Row], exchanges: Sequence[Exchange]) -> bool:
    """Print the figures; return whether everybody was answered and every step kept its budget."""
    typer.echo(f"{'step':<20}{'runs':>6}{'calls':>7}{'budget':>8}{'model':>7}{'p50 ms':>9}{'p95 ms':>9}")
    for row in table:
        budget = str(BUDGETS.get(row.step, "-"))
        typer.echo(
            f"{row.step:<20}{row.runs:>6}{row.calls:>7}{budget:>8}{row.model_calls:>7}{row.p50:>9.1f}{row.p95:>9.1f}"
            + ("" if row.fits else "  over budget")
        )
    message_calls = sum(row.calls for row in table if row.step in BUDGETS)
    typer.echo(f"one answered message: {message_calls} calls of {MESSAGE_BUDGET}, besides the model's")
    answered = [exchange.seconds for exchange in exchanges if exchange.reply is not None]
    typer.echo(
        f"answered {len(answered)} of {len(exchanges)}, half of them within {statistics.median(answered) * 1000:.0f} ms"
    )
    fits = message_calls <= MESSAGE_BUDGET and all(row.fits for row in table)
    return fits and len(answered) == len(exchanges)


if __name__ == "__main__":
    counted, played = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES))
    sys.exit(0 if report(rows(counted), played) else 1)
