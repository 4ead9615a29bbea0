"""Who answers the customers: a person or the assistant, for one of them or for all. Done at once, safe to repeat."""

from typing import Any, Literal

from pydantic import AwareDatetime, RootModel

from shared.assistants.desks.contacts import ContactArguments, clean_name, find_one, named
from shared.assistants.desks.desk import Desk
from shared.assistants.prompts import REASON_LIMIT
from shared.assistants.tools import Deed, NoArguments, Row, Tool, ToolResult, read_row
from shared.assistants.untrusted import clean_line


class _Handover(Row):
    """What `api.set_handover` answers."""

    outcome: Literal["done", "unchanged", "forbidden", "no_conversation"]


class _Pause(Row):
    """What `api.pause_all` answers."""

    outcome: Literal["paused", "resumed", "unchanged", "forbidden"]


class SilentConversation(Row):
    """A conversation in which the assistant keeps silent."""

    name: str | None
    phone: str | None
    reason: str | None
    since: AwareDatetime | None  #: None: somebody typed on the business phone, and it ends by itself
    until: AwareDatetime | None
    unanswered: int
    last_received_at: AwareDatetime | None


class _SilentConversations(RootModel[tuple[SilentConversation, ...]]):
    """What `api.handed_over_conversations` answers."""


def reading_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools of this desk that change nothing."""
    conversations = _Conversations(desk)
    return (
        Tool(
            name="handed_over_conversations",
            description=desk.texts.owner.handed_over_conversations,
            arguments=NoArguments,
            run=conversations.handed_over,
        ),
    )


def conversation_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools of this desk for one conversation."""
    told, conversations = desk.texts.owner, _Conversations(desk)
    return (
        Tool(name="take_over", description=told.take_over, arguments=ContactArguments, run=conversations.take_over),
        Tool(
            name="return_conversation",
            description=told.return_conversation,
            arguments=ContactArguments,
            run=conversations.give_back,
        ),
    )


def pausing_tools(desk: Desk) -> tuple[Tool[Any], ...]:
    """Return the tools of this desk for all conversations at once."""
    told, conversations = desk.texts.owner, _Conversations(desk)
    return (
        Tool(name="pause_assistant", description=told.pause_assistant, arguments=NoArguments, run=conversations.pause),
        Tool(
            name="resume_assistant", description=told.resume_assistant, arguments=NoArguments, run=conversations.resume
        ),
    )


class _Conversations:
    """What one turn does about who answers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def handed_over(self, _: NoArguments) -> ToolResult:
        row = await self._desk.database.call("handed_over_conversations", organization_id=self._desk.organization_id)
        silent = read_row(_SilentConversations, row, function="handed_over_conversations").root
        return ToolResult(data={"conversations": [self._describe(each) for each in silent]})

    async def take_over(self, wanted: ContactArguments) -> ToolResult:
        return await self._set(wanted, handed_over=True)

    async def give_back(self, wanted: ContactArguments) -> ToolResult:
        return await self._set(wanted, handed_over=False)

    async def pause(self, _: NoArguments) -> ToolResult:
        return await self._pause(paused=True)

    async def resume(self, _: NoArguments) -> ToolResult:
        return await self._pause(paused=False)

    async def _set(self, wanted: ContactArguments, *, handed_over: bool) -> ToolResult:
        contact = await find_one(self._desk, wanted.contact)
        if isinstance(contact, ToolResult):
            return contact
        row = await self._desk.database.call(
            "set_handover",
            organization_id=self._desk.organization_id,
            conversation_id=self._desk.conversation_id,
            contact_id=contact.id,
            handed_over=handed_over,
        )
        outcome = read_row(_Handover, row, function="set_handover").outcome
        if outcome not in {"done", "unchanged"}:
            return ToolResult(data={"error": outcome})
        told = self._desk.texts.owner
        return ToolResult(
            data={
                **named(contact),
                "answers_now": "a_person" if handed_over else "the_assistant",
                "was_so_already": outcome == "unchanged",
                "note": told.taken_over_note if handed_over else told.returned_note,
            },
            deeds=frozenset({Deed.HANDED_OVER if handed_over else Deed.RETURNED}),
        )

    async def _pause(self, *, paused: bool) -> ToolResult:
        row = await self._desk.database.call(
            "pause_all",
            organization_id=self._desk.organization_id,
            conversation_id=self._desk.conversation_id,
            paused=paused,
        )
        outcome = read_row(_Pause, row, function="pause_all").outcome
        if outcome == "forbidden":
            return ToolResult(data={"error": outcome})
        return ToolResult(
            data={"assistant_paused": paused, "was_so_already": outcome == "unchanged"},
            deeds=frozenset({Deed.PAUSED if paused else Deed.RESUMED}),
        )

    def _describe(self, each: SilentConversation) -> dict[str, Any]:
        return {
            "name": clean_name(each.name),
            "phone": each.phone,
            "reason": clean_line(each.reason, limit=REASON_LIMIT) if each.reason else None,
            "since": self._moment(each.since),
            "ends_by_itself_at": self._moment(each.until),
            "unanswered_messages": each.unanswered,
            "last_message": self._moment(each.last_received_at),
        }

    def _moment(self, moment: AwareDatetime | None) -> str | None:
        return None if moment is None else f"{self._desk.turn.local(moment):%Y-%m-%d %H:%M}"
