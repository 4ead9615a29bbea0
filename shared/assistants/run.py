"""One turn under way: the tools it may use, what they found and did, and what that costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.assistants.ledger import Ledger
from shared.assistants.tools import Deed, Tool, ToolRefusedError, ToolResult, as_json
from shared.assistants.truth import Finding
from shared.errors import ModelError
from shared.ports import ChatMessage, Completion, ToolCall


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much one turn may cost. No call to the model starts once a limit is passed."""

    rounds: int = 4  #: calls to the model; in the last one it is given no tools; a correction may be one more
    calls_per_round: int = 6  #: tool calls that one answer of the model may ask for
    refusals: int = 3  #: tool calls that may go wrong
    tokens: int = 60_000  #: in and out, of all calls
    cost_micros: int = 250_000  #: of all calls, in millionths of the prices' currency
    duration: timedelta = timedelta(seconds=45)

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError("a turn needs at least one round")


@dataclass(kw_only=True)
class Run:
    """One turn under way."""

    tools: Mapping[str, Tool[Any]]
    limits: Limits
    started: datetime
    ledger: Ledger
    refusals: int = 0
    hand_over_reason: str | None = None
    deeds: set[Deed] = field(default_factory=set)
    must_say: list[str] = field(default_factory=list)
    preview: str | None = None  #: of what was proposed last, one of `must_say`
    effects: list[Mapping[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def check_limits(self, now: datetime) -> None:
        """Raise `ModelError` when the turn has used up its time, its tokens or its money."""
        rounds = len(self.ledger.interactions)
        if now - self.started > self.limits.duration:
            raise ModelError(f"no answer within {self.limits.duration.total_seconds():g} s and {rounds} rounds")
        if self.ledger.tokens > self.limits.tokens:
            raise ModelError(f"no answer within {self.limits.tokens} tokens and {rounds} rounds")
        if self.ledger.cost_micros > self.limits.cost_micros:
            raise ModelError(f"no answer within {self.limits.cost_micros} millionths and {rounds} rounds")

    async def use(self, completion: Completion) -> list[ChatMessage]:
        """Run the tools that were called, in order, and return the call and its results as messages.

        What is asked for beyond the limit of one round is not run, and that is told. Raises `ModelError` when too many
        calls went wrong.
        """
        admitted = completion.tool_calls[: self.limits.calls_per_round]
        self.ledger.judge("called_tools", tools=tuple(call.name for call in admitted if call.name in self.tools))
        results = [await self._result(call) for call in admitted]
        left = [
            _told(call, {"error": f"not run: at most {self.limits.calls_per_round} tools can be called at once"})
            for call in completion.tool_calls[self.limits.calls_per_round :]
        ]
        asked = ChatMessage(role="assistant", content=completion.content, tool_calls=completion.tool_calls)
        return [asked, *results, *left]

    async def _result(self, call: ToolCall) -> ChatMessage:
        try:
            result = await self._call(call)
        except ToolRefusedError as refusal:
            self.refusals += 1
            if self.refusals > self.limits.refusals:
                # The refusal may quote names that the model made up from a customer's words.
                raise ModelError(f"{self.refusals} tool calls in one turn went wrong") from None
            return _told(call, {"error": str(refusal)})
        self._note(call, result)
        return _told(call, result.data)

    async def _call(self, call: ToolCall) -> ToolResult:
        tool = self.tools.get(call.name)
        if tool is None:
            raise ToolRefusedError("there is no tool of this name")
        return await tool.call(call.arguments)

    def _note(self, call: ToolCall, result: ToolResult) -> None:
        self.findings.append(Finding(tool=call.name, arguments=call.arguments, result=as_json(result.data)))
        self.deeds |= result.deeds
        # The same call twice brings the same preview and the same effect: once is enough.
        self.effects += [effect for effect in result.effects if effect not in self.effects]
        if Deed.PROPOSED in result.deeds:
            # It replaced what was proposed before: a yes agrees to this one alone.
            self.must_say = [said for said in self.must_say if said != self.preview]
            self.preview = result.must_say
        if result.must_say is not None and result.must_say not in self.must_say:
            self.must_say.append(result.must_say)
        if result.hand_over_reason is not None:
            self.deeds.add(Deed.HANDED_OVER)
            self.hand_over_reason = self.hand_over_reason or result.hand_over_reason


def _told(call: ToolCall, data: Mapping[str, Any]) -> ChatMessage:
    return ChatMessage(role="tool", content=as_json(data), tool_call_id=call.id)
