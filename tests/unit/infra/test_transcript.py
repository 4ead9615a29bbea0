"""The demo's last lines."""

import io

import pytest
from rich.console import Console

from infra.demo import ANA, OWNER, Notice, Transcript
from infra.phones import Exchange, Step
from infra.transcript import show, verdict

ANSWERED = Exchange(Step(ANA, ("Oi", "Quanto custa?")), "R$ 60,00", 4.2)
UNANSWERED = Exchange(Step(OWNER, ("Como está o dia?",)), None, 30.0)
NOTICE = Notice(OWNER, "Diego precisa de uma pessoa")


@pytest.mark.parametrize(
    ("transcript", "line", "complete"),
    [
        (Transcript((ANSWERED,), NOTICE), "demo: 2 messages in, 1 replies out, 0 lost", True),
        (
            Transcript((ANSWERED, UNANSWERED), NOTICE),
            "demo: 3 messages in, 1 replies out, 1 lost: no answer for Carla (dona)",
            False,
        ),
        (
            Transcript((ANSWERED,), None),
            "demo: 2 messages in, 1 replies out, 0 lost: the owner was not told that a customer wants a person",
            False,
        ),
    ],
)
def test_verdict_counts_and_names_what_is_missing(transcript: Transcript, line: str, complete: bool) -> None:
    """The last line counts messages, replies and losses, and says why a demo is not complete."""
    assert verdict(transcript) == line
    assert transcript.complete is complete


def test_transcript_shows_who_wrote_what_was_answered_and_how_long_it_took() -> None:
    """Every text, every answer and its time are shown, the owner's answers as Aurora's."""
    output = io.StringIO()

    show(Transcript((ANSWERED, UNANSWERED), NOTICE), Console(file=output))

    assert output.getvalue().splitlines() == [
        *("Ana", "    Oi", "Ana", "    Quanto custa?", "Patas & Cia", "    R$ 60,00", "    4.2 s", ""),
        *("Carla (dona)", "    Como está o dia?", "Aurora", "    (no answer)", "    30.0 s", ""),
        *("Aurora → Carla (dona)", "    Diego precisa de uma pessoa", ""),
    ]
