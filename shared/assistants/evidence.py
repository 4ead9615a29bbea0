"""What an answer may rest on, gathered from its turn."""

from collections.abc import Iterator

from shared.assistants.conversation import LONGEST_MESSAGE
from shared.assistants.money import format_money
from shared.assistants.run import Run
from shared.assistants.tools import as_json
from shared.assistants.truth import Evidence
from shared.models import Audience, HistoryMessage, Speaker, Turn


def evidence_of(turn: Turn, run: Run) -> Evidence:
    """Return what is known in `turn` after the tools of `run`, parted by whose word it is."""
    said = [(message.speaker, part[:LONGEST_MESSAGE]) for message in turn.history for part in _parts(message)]
    return Evidence(
        deeds=frozenset(run.deeds),
        findings=tuple(run.findings),
        stated=(*_stated(turn), *run.must_say),
        spoken=tuple(text for speaker, text in said if speaker is not Speaker.CONTACT),
        # A summary is made of everybody's words, the customer's among them.
        asked=(*(text for speaker, text in said if speaker is Speaker.CONTACT), turn.summary or ""),
        trusts_the_person=turn.audience is Audience.OWNER,
    )


def _parts(message: HistoryMessage) -> tuple[str, ...]:
    return tuple(part for part in (message.text, message.attachment) if part)


def _stated(turn: Turn) -> Iterator[str]:
    yield turn.organization.name
    yield f"{turn.local(turn.now):%H:%M}"
    for proposal in turn.proposals:
        yield proposal.preview
    if turn.profile is None:
        return
    for service in turn.profile.services:
        yield f"{service.name} {service.description or ''}"
        if service.duration_minutes is not None:
            yield as_json({"duration_minutes": service.duration_minutes})
        if service.price_cents is not None:
            yield format_money(
                service.price_cents, currency=turn.organization.currency, locale=turn.organization.locale
            )
    yield " ".join(str(interval) for day in turn.profile.business_hours.days for interval in day or ())
