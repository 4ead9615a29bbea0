"""Playing a scenario: everything its people say travels through the real jobs, and every step is judged."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from infra.evaluation.hearing import problems_of
from infra.evaluation.phones import Heard
from infra.evaluation.scenario import Business, Scenario, Step
from infra.evaluation.setting import INSTANCE, Setting
from infra.evaluation.stage import Stage
from infra.evaluation.views import VIEWS, differences
from infra.local.media_files import picture, voice_note
from shared.jobs.followup_dispatch import dispatch_publication
from shared.jobs.message_receive import MessageReceive, receive
from shared.jobs.routine_run import RoutineDue, run
from shared.media import MediaFile
from shared.whatsapp.events import MessageReceived

_CODE = re.compile(r"\*1 (\d{4})\*")  # as every text says it that asks for one


@dataclass(frozen=True, kw_only=True)
class Played:
    """What a scenario came to."""

    scenario: Scenario
    problems: tuple[str, ...]  #: none: passed
    transcript: tuple[str, ...]
    model_calls: int
    model_seconds: tuple[float, ...]  #: of each call
    cost_micros: int

    @property
    def passed(self) -> bool:
        return not self.problems


async def play(scenario: Scenario, business: Business, stage: Stage) -> Played:
    """Play `scenario` on an emptied stage and return what it came to."""
    setting = Setting(stage, business)
    stage.begin(setting.moment(scenario.at))
    setting.build(scenario)
    performance = _Performance(scenario, business, stage)
    for number, step in enumerate(scenario.steps, start=1):
        await performance.perform(step, number)
    for view, expected in scenario.database.items():
        performance.problems += differences(view, stage.rows(VIEWS[view]), expected)
    spent = stage.rows("select coalesce(sum(cost_micros), 0)::bigint as spent from app.ai_interactions")
    return Played(
        scenario=scenario,
        problems=tuple(performance.problems),
        transcript=tuple(performance.transcript),
        model_calls=len(stage.model.calls),
        model_seconds=tuple(call.seconds for call in stage.model.calls),
        cost_micros=spent[0]["spent"],
    )


class _Performance:
    """One scenario under way."""

    def __init__(self, scenario: Scenario, business: Business, stage: Stage) -> None:
        self._scenario = scenario
        self._business = business
        self._stage = stage
        self._numbers = count(1)
        self.problems: list[str] = []
        self.transcript: list[str] = []

    async def perform(self, step: Step, number: int) -> None:
        stage = self._stage
        stage.clock.set(stage.clock.now() + step.after)
        heard_before, called_before = len(stage.phones.heard), len(stage.model.calls)
        for message in self._messages(step):
            self.transcript.append(f"{step.by}: {message.text or f'[{message.kind}]'}")
            payload = MessageReceive(provider="evolution", instance=INSTANCE, message=message)
            await stage.services.publish(receive.publication(payload), correlation_id="evaluation")
        if step.routine is not None:
            self.transcript.append(f"[{step.routine}]")
            await stage.services.publish(run.publication(self._due(step.routine)), correlation_id="evaluation")
        if step.followups is not None:
            self.transcript.append("[follow-ups]")
            await stage.services.publish(dispatch_publication(f"step {number}"), correlation_id="evaluation")
        await stage.queue.drain(stage.services)
        heard = stage.phones.heard[heard_before:]
        self.transcript += [f"    -> {self._who(each.address)}: {each.text}" for each in heard]
        called = [name for call in stage.model.calls[called_before:] for name in call.tools]
        found = [
            *stage.queue.failures,
            *self._hearing_problems(step, heard),
            *_tool_problems(step, called, asked=len(stage.model.calls) - called_before),
        ]
        stage.queue.failures.clear()
        self.problems += [f"step {number}: {problem}" for problem in found]

    def _due(self, kind: str) -> RoutineDue:
        (organization,) = self._stage.rows("select id from app.organizations")
        today = self._stage.clock.now().astimezone(ZoneInfo(self._business.timezone)).date()
        return RoutineDue(organization_id=organization["id"], kind=kind, local_date=today)

    def _messages(self, step: Step) -> Iterator[MessageReceived]:
        for text in step.says:
            yield self._message(step, kind="text", text=self._with_code(step, text))
        if step.voice is not None:
            yield self._attached(step, "voice", MediaFile(content=voice_note(step.voice), mimetype="audio/ogg"))
        if step.image is not None:
            yield self._attached(step, "image", MediaFile(content=picture(step.image), mimetype="image/png"))
        if step.kind is not None:
            yield self._message(step, kind=step.kind)

    def _with_code(self, step: Step, text: str) -> str:
        address = self._address(self._phone(step))
        codes = [
            found
            for heard in self._stage.phones.heard
            if heard.address == address
            for found in _CODE.findall(heard.text)
        ]
        return text.replace("{code}", codes[-1] if codes else "{code}")

    def _attached(self, step: Step, kind: str, file: MediaFile) -> MessageReceived:
        media = {"mimetype": file.mimetype, "size": len(file.content), "seconds": 3 if kind == "voice" else None}
        message = self._message(step, kind=kind, media=media)
        self._stage.phones.attachments[message.provider_message_id] = file
        return message

    def _message(self, step: Step, **said: Any) -> MessageReceived:
        number, phone = next(self._numbers), self._phone(step)
        quoted = self._stage.phones.newest(self._address(phone), step.quotes) if step.quotes else None
        name = {"customer": self._scenario.customer.name, "owner": self._business.owner, "business": None}[step.by]
        return MessageReceived.model_validate(
            {
                "provider_message_id": f"IN{number:04}",
                "author": "business" if step.by == "business" else "contact",
                "peer": {"phone": phone, "address": self._address(phone)},
                "name": name if step.customer is None else None,
                "quoted_id": quoted.provider_message_id if quoted else None,
                "sent_at": self._stage.clock.now(),
                **said,
            }
        )

    def _phone(self, step: Step) -> str:
        if step.by == "owner":
            return self._business.owner_phone
        return step.customer or self._scenario.customer.phone

    def _hearing_problems(self, step: Step, heard: list[Heard]) -> Iterator[str]:
        customer = self._address(step.customer or self._scenario.customer.phone)
        owner = self._address(self._business.owner_phone)
        writer = owner if step.by == "owner" else customer
        for label, address, expected in (
            ("reply", writer, step.expected_reply),
            ("owner hears", owner, step.owner_hears),
            ("customer hears", customer, step.customer_hears),
        ):
            texts = [each.text for each in heard if each.address == address]
            yield from problems_of(label, texts, expected)

    def _who(self, address: str) -> str:
        return "owner" if address == self._address(self._business.owner_phone) else f"customer {address[-4:]}"

    @staticmethod
    def _address(phone: str) -> str:
        return phone.removeprefix("+")


def _tool_problems(step: Step, called: list[str], *, asked: int) -> Iterator[str]:
    if step.without_model and asked:
        yield f"the model was asked {asked} times"
    if step.tools == () and called:
        yield f"tools were called: {called}"
    missing = [name for name in step.tools or () if name not in called]
    if missing:
        yield f"tools were not called: {missing} (called: {called})"
    wrong = [name for name in step.tools_not if name in called]
    if wrong:
        yield f"tools were called that must not be: {wrong}"
