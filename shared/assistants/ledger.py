"""What the calls to the model of one turn cost: kept apart from the answer, because they are paid without one too."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from shared.errors import AuroraError, CircuitOpenError
from shared.models import Interaction, Outcome
from shared.ports import ChatMessage, Clock, Completion, LanguageModel, ToolSpec


class Price(Protocol):
    """Says what a call cost, in millionths of the prices' currency."""

    def __call__(self, model: str, /, *, prompt_tokens: int, completion_tokens: int) -> int: ...


def _free(_model: str, /, *, prompt_tokens: int, completion_tokens: int) -> int:
    return 0 * (prompt_tokens + completion_tokens)


class Ledger:
    """The calls of one turn, in order. Whoever asks for an answer keeps it, and has it when the answer fails."""

    def __init__(
        self,
        *,
        price: Price = _free,
        model: str = "unknown",
        purpose: Literal["reply", "summary", "suggestion"] = "reply",
    ) -> None:
        """`model` is recorded for a call that no model answered."""
        self._price = price
        self._model = model
        self._purpose: Literal["reply", "summary", "suggestion"] = purpose
        self._calls: list[Interaction] = []

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        return tuple(self._calls)

    def as_json(self) -> list[dict[str, Any]]:
        """Return the calls as `app.record_interactions` takes them."""
        return [call.model_dump(mode="json") for call in self._calls]

    @property
    def tokens(self) -> int:
        """The tokens of all calls, in and out."""
        return sum(call.prompt_tokens + call.completion_tokens for call in self._calls)

    @property
    def cost_micros(self) -> int:
        """What all calls cost, in millionths."""
        return sum(call.cost_micros for call in self._calls)

    async def complete(
        self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec], *, model: LanguageModel, clock: Clock
    ) -> Completion:
        """Ask the model and write the call down, its failure too. Raises what the model raises."""
        started = clock.now()
        try:
            completion = await model.complete(messages, tools)
        except CircuitOpenError:
            raise  # nothing was asked
        except AuroraError:
            self._add(None, started=started, ended=clock.now())
            raise
        self._add(completion, started=started, ended=clock.now())
        return completion

    def judge(self, outcome: Outcome, *, tools: tuple[str, ...] = ()) -> None:
        """Say what the newest call came to."""
        self._calls[-1] = self._calls[-1].model_copy(update={"outcome": outcome, "tools": tools})

    def _add(self, completion: Completion | None, *, started: datetime, ended: datetime) -> None:
        model = completion.model if completion else self._model
        spent = (completion.prompt_tokens, completion.completion_tokens) if completion else (0, 0)
        self._calls.append(
            Interaction(
                model=model,
                prompt_tokens=spent[0],
                completion_tokens=spent[1],
                cost_micros=self._price(model, prompt_tokens=spent[0], completion_tokens=spent[1]),
                latency_ms=(ended - started) // timedelta(milliseconds=1),
                round=len(self._calls) + 1,
                outcome="answered" if completion else "failed",
                purpose=self._purpose,
            )
        )
