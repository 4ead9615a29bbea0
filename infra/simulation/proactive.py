"""What is promised of messages that nobody asked for, as invariants over an end state like those of
`infra.simulation.promises`.

Judged is what arrived on people's phones, at the moment at which a run was given it to send, by this file's own
arithmetic: never by a word of the gates themselves.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from infra.simulation.clocks import moment
from infra.simulation.end_state import EndState, Followup, StoredMessage
from infra.simulation.errands import STOPS
from infra.simulation.office import ErrandRun
from infra.simulation.people import Business, Errand

#: How long a message may be under way once it was given out: a function's time, and the slowest of networks.
_IN_FLIGHT = 100.0
#: The database's clock decides, and may be wrong by this much, in seconds.
_SKEW = 20.0
#: A due follow-up is written at one of the next sweeps.
_SWEPT = timedelta(minutes=11)
_CAP_WINDOW = timedelta(days=7).total_seconds()
#: How long the assistant, and what asks something, keeps out after somebody typed on the business phone.
_PAUSE_SECONDS = 3600.0 - 2 * _SKEW
_ADVERTISING = frozenset({"reactivation", "birthday_greeting"})


@dataclass(frozen=True, kw_only=True)
class Departure:
    """A proactive message that arrived."""

    message: StoredMessage
    business: Business
    phone: str
    left_at: float  #: when a run was given it to send, in virtual seconds
    arrived_at: float
    followup: Followup | None  #: None: the owner had it sent

    @property
    def described(self) -> str:
        return f"{self.message.described} to {self.phone}, which left at {self.left_at:.1f},"

    @property
    def mark(self) -> str:
        """The mark of the errand that it comes of."""
        return next((word for word in _words(self.message.text) if word.startswith("[p") and word.endswith("]")), "")


def departures(end: EndState) -> list[Departure]:
    """Return the proactive messages that arrived, in the order in which they did."""
    phones = {each.id: each.phone or "" for each in end.conversations}
    rows = {(row.instance, phones[row.conversation_id], row.text): row for row in end.proactive}
    businesses = {instance: business for business in end.script.businesses for instance in business.instances}
    followups = {each.message_id: each for each in end.followups if each.message_id is not None}
    given_out: dict[str, list[float]] = defaultdict(list)
    for send in end.sends:
        given_out[send.message_id].append(send.at)
    return [
        Departure(
            message=row,
            business=businesses[arrival.instance],
            phone=arrival.phone,
            left_at=max((at for at in given_out[row.id] if at <= arrival.at), default=arrival.at),
            arrived_at=arrival.at,
            followup=followups.get(row.id),
        )
        for arrival in end.arrivals
        if (row := rows.get((arrival.instance, arrival.phone, arrival.text))) is not None
    ]


def stops_are_heeded(end: EndState) -> Iterator[str]:
    """Nobody who asked for a stop is written to: from the moment at which it is stored, on whichever number of the
    business, nothing proactive leaves. What was given out before may still arrive."""
    people = {each.id: (each.organization_id, each.phone) for each in end.conversations if each.audience == "client"}
    asked = {
        people[message.conversation_id]: end.stored_at[message.id]
        for message in reversed(end.inbound)
        if message.text in STOPS and message.id in end.stored_at and message.conversation_id in people
    }
    for each in departures(end):
        if each.arrived_at - each.left_at > _IN_FLIGHT:
            yield f"{each.described} was under way until {each.arrived_at:.1f}"
        if each.left_at > asked.get((each.message.organization_id, each.phone), each.left_at):
            yield f"{each.described} reached somebody who had asked for a stop"


def quiet_hours_are_kept(end: EndState) -> Iterator[str]:
    """Nothing proactive leaves outside the hours of the business's zone in which it may."""
    for each in departures(end):
        if not any(_is_awake(each.business, moment(each.left_at + skew)) for skew in (-_SKEW, 0.0, _SKEW)):
            yield f"{each.described} came in the quiet hours of {each.business.name}"


def _is_awake(business: Business, at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(business.timezone)).time()
    return business.quiet_until <= local < business.quiet_from


def caps_are_kept(end: EndState) -> Iterator[str]:
    """A person gets at most as many proactive messages of a business in seven days as it wants to write."""
    got: dict[tuple[str, str], list[Departure]] = defaultdict(list)
    for each in departures(end):
        earlier = got[each.business.name, each.phone]
        recent = [one for one in earlier if each.left_at - one.left_at < _CAP_WINDOW]
        if len(recent) >= each.business.proactive_cap:
            yield f"{each.described} was number {len(recent) + 1} of at most {each.business.proactive_cap}"
        earlier.append(each)


def proactive_messages_arrive_once(end: EndState) -> Iterator[str]:
    """What is said of the business's own accord is said once, and never resent blindly."""
    counts = Counter((each.business.name, each.phone, each.message.text) for each in departures(end))
    yield from (f"{text!r} reached {phone} {count} times" for (_, phone, text), count in counts.items() if count > 1)


def advertising_is_wanted(end: EndState) -> Iterator[str]:
    """Advertising reaches only who allowed it and did not take that back before it left."""
    taken_back = {
        (run.errand.business.name, run.errand.person.phone): run.at
        for run in reversed(end.errands)
        if run.errand.errand is Errand.WITHDRAWS_CONSENT
    }
    for each in departures(end):
        if each.followup is not None and each.followup.kind not in _ADVERTISING:
            continue
        until = taken_back.get((each.business.name, each.phone), each.left_at)
        if each.phone not in each.business.consenting or each.left_at > until:
            yield f"{each.described} is advertising that nobody allowed"


def reply_windows_are_kept(end: EndState) -> Iterator[str]:
    """Where the provider takes free text only for a while after a person's last message, nothing leaves later."""
    for each in departures(end):
        hours = each.business.reply_window_hours
        if hours is None:
            continue
        written = [
            message.written_at
            for message in end.inbound
            if message.conversation_id == each.message.conversation_id
            and end.stored_at.get(message.id, each.left_at) < each.left_at
        ]
        opened = max(written, default=moment(-hours * 3600 - 2 * _SKEW))
        if opened + timedelta(hours=hours, seconds=2 * _SKEW) < moment(each.left_at):
            yield f"{each.described} came when the provider's window was closed"


def called_off_never_leaves(end: EndState) -> Iterator[str]:
    """What is called off before it begins to leave never arrives: by who wrote it, by a change of the booking, by a
    client who writes, or by the team."""
    runs: dict[str, list[ErrandRun]] = defaultdict(list)
    for run in end.errands:
        runs[run.errand.mark].append(run)
    for each in departures(end):
        before = [run for run in runs[each.mark] if run.at < each.left_at]
        if any(run.errand.errand is Errand.CALLS_OFF for run in before):
            yield f"{each.described} had been called off"
        if each.followup is None:
            continue
        if each.followup.kind == "appointment_reminder" and before[-1].starts_at != each.followup.expires_at:
            yield f"{each.described} reminds of a booking that is no more"
        if each.followup.kind == "reactivation":
            yield from _came_in_between(end, each, planned_at=before[0].at)


def _came_in_between(end: EndState, each: Departure, *, planned_at: float) -> Iterator[str]:
    """Nobody is called back who is here already, or with whom somebody of the team is speaking."""
    conversations = {
        one.id
        for one in end.conversations
        if one.phone == each.phone and one.instance in each.business.instances and one.audience == "client"
    }
    for message in end.messages:
        at = end.stored_at.get(message.id)
        if at is None or message.conversation_id not in conversations:
            continue
        if message.author == "contact" and planned_at < at < each.left_at:
            yield f"{each.described} was to bring back who had just written"
        same = message.conversation_id == each.message.conversation_id
        if message.author == "business" and same and at < each.left_at < at + _PAUSE_SECONDS:
            yield f"{each.described} came between the team and a client"


def followups_come_to_an_end(end: EndState) -> Iterator[str]:
    """No follow-up is left behind: with the sweep on, each that was due became a message, or is given up with a reason,
    and what is put off is put off for no longer than the rules can ask."""
    if not end.parts.sweep:
        return
    for followup in end.followups:
        if followup.state == "waiting" and followup.due_at < moment(end.ended_at) - _SWEPT:
            yield f"the {followup.kind} {followup.id} has been due since {followup.due_at}"
        if followup.state in {"cancelled", "skipped"} and not followup.reason:
            yield f"the {followup.kind} {followup.id} is {followup.state} for no reason"
    for row in end.proactive:
        if row.is_put_off(moment(end.ended_at)) and (row.not_before or row.created_at) > row.created_at + timedelta(8):
            yield f"{row.described} is put off until {row.not_before}"


def _words(text: str | None) -> list[str]:
    return [word.strip("*,.!:") for word in (text or "").split()]
