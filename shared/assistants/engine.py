"""The tool loop: asks the model, runs the tools it calls, and asks again until it answers in words that are true."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.assistants import wording
from shared.assistants.conversation import chat_messages
from shared.assistants.evidence import evidence_of
from shared.assistants.ledger import Ledger
from shared.assistants.prompts import correction, untrue_reason, untrue_reply
from shared.assistants.run import Limits, Run
from shared.assistants.tools import Tool
from shared.assistants.truth import Untruth, untruths
from shared.errors import ModelError
from shared.models import Answer, Audience, Turn
from shared.ports import ChatMessage, Clock, Completion, LanguageModel

__all__ = ["Assistant", "Briefing", "Limits"]


@dataclass(frozen=True, kw_only=True)
class Briefing:
    """What an assistant is told and may do in one turn."""

    system: str
    tools: tuple[Tool[Any], ...]
    disclosure: str | None = None  #: what the answer must say of its author, put before a text that does not


class Assistant:
    """Answers the turns of one audience."""

    def __init__(
        self,
        audience: Audience,
        brief: Callable[[Turn], Briefing],
        *,
        model: LanguageModel,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._audience = audience
        self._brief = brief
        self._model = model
        self._clock = clock
        self._limits = limits

    async def answer(self, turn: Turn, ledger: Ledger | None = None) -> Answer:
        """Answer the messages at the end of the turn's history. Writes nothing itself; its tools may.

        A text that claims what did not happen, or names an amount or a time that nobody gave, is put to the model once
        more; if that does not help, a person is called, or the owner is told so. Every call to the model is in
        `ledger`, also when this raises: `ModelError` when the model fails, gives no text, or uses up the limits;
        `RetryAfterError` when it asks to be called later; the database's errors; and `ValueError` for a turn of another
        audience, or of a client without the business's profile.
        """
        if turn.audience is not self._audience:
            raise ValueError(f"the {self._audience} assistant was given a turn of the {turn.audience}")
        briefing = self._brief(turn)
        run = Run(
            tools={tool.name: tool for tool in briefing.tools},
            limits=self._limits,
            started=self._clock.now(),
            ledger=ledger or Ledger(),
        )
        messages = [ChatMessage(role="system", content=briefing.system), *chat_messages(turn)]
        return await self._converse(_Talk(turn=turn, briefing=briefing, run=run, messages=messages))

    async def _converse(self, talk: "_Talk") -> Answer:
        rounds_left = self._limits.rounds
        corrected = False
        while rounds_left:
            rounds_left -= 1
            completion = await self._ask(talk, with_tools=rounds_left > 0)
            if not completion.tool_calls:
                wrong = talk.untruths(completion)
                if not wrong:
                    return talk.answer(completion, corrected=corrected)
                if corrected:
                    return talk.honest_answer()
                talk.correct(completion, wrong)
                corrected, rounds_left = True, max(rounds_left, 1)
            elif rounds_left:
                talk.messages += await talk.run.use(completion)
        return talk.last_resort(self._limits.rounds)

    async def _ask(self, talk: "_Talk", *, with_tools: bool) -> Completion:
        talk.run.check_limits(self._clock.now())
        specs = [tool.spec() for tool in talk.briefing.tools] if with_tools else []
        return await talk.run.ledger.complete(tuple(talk.messages), specs, model=self._model, clock=self._clock)


@dataclass(kw_only=True)
class _Talk:
    """What is said with the model about one turn."""

    turn: Turn
    briefing: Briefing
    run: Run
    messages: list[ChatMessage]

    def untruths(self, completion: Completion) -> tuple[Untruth, ...]:
        text = wording.without(self._words(completion), self.run.must_say)
        return untruths(text, evidence_of(self.turn, self.run))

    def answer(self, completion: Completion, *, corrected: bool) -> Answer:
        text = self._words(completion)
        if not text and not self.run.must_say:
            self.run.ledger.judge("failed")
            raise ModelError(f"{completion.model} answered without text")
        self.run.ledger.judge("repaired" if corrected else "answered")
        return self._answer(text, hand_over_reason=self.run.hand_over_reason)

    def correct(self, completion: Completion, wrong: tuple[Untruth, ...]) -> None:
        """Tell the model what is wrong with what it wrote."""
        self.run.ledger.judge("refused")
        self.messages += [
            ChatMessage(role="assistant", content=self._words(completion)),
            ChatMessage(role="system", content=correction(wrong, locale=self.turn.organization.locale)),
        ]

    def honest_answer(self) -> Answer:
        """Answer without the model's words: with what must be said, or by calling a person."""
        self.run.ledger.judge("refused")
        if self.run.must_say:
            return self._answer("", hand_over_reason=self.run.hand_over_reason)
        locale = self.turn.organization.locale
        reason = None if self.turn.audience is Audience.OWNER else self.run.hand_over_reason or untrue_reason(locale)
        return self._answer(untrue_reply(self.turn.audience, locale), hand_over_reason=reason)

    def last_resort(self, rounds: int) -> Answer:
        """Answer where the model went on calling tools, if there is anything that must be said."""
        self.run.ledger.judge("failed")
        if self.run.must_say:
            return self._answer("", hand_over_reason=self.run.hand_over_reason)
        raise ModelError(f"{self.run.ledger.interactions[-1].model} called tools in all of {rounds} rounds")

    def _answer(self, text: str, *, hand_over_reason: str | None) -> Answer:
        whole = wording.complete(text, disclosure=self.briefing.disclosure, must_say=self.run.must_say)
        return Answer(
            text=whole,
            hand_over_reason=hand_over_reason,
            effects=tuple(self.run.effects),
            interactions=self.run.ledger.interactions,
        )

    def _words(self, completion: Completion) -> str:
        return wording.own_words(completion.content, locale=self.turn.organization.locale)
