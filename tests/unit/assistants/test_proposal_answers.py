"""Which of several open proposals a person's words are about."""

from uuid import UUID

import pytest

from shared.assistants.decisions import Choice
from shared.assistants.proposal_answers import answers_in
from shared.models import Audience, OpenProposal
from tests.unit.assistants.conftest import turn_of

PLAIN = OpenProposal(id=UUID(int=1), kind="message", preview="Parabéns")
WEIGHTY = OpenProposal(id=UUID(int=2), kind="message", preview="Parabéns a 3 pessoas", code="1111")
OLDER = OpenProposal(id=UUID(int=3), kind="message", preview="Inativos", code="4821", by_code=True)
NEWER = OpenProposal(id=UUID(int=4), kind="message", preview="Oportunidades", code="7777", by_code=True)
ONE = [PLAIN]
TWO = [PLAIN, OLDER]
THREE = [WEIGHTY, OLDER, NEWER]
CODES = [OLDER, NEWER]

Answers = list[tuple[OpenProposal | None, Choice]]


def answers(text: str, proposals: list[OpenProposal], audience: Audience = Audience.OWNER) -> Answers:
    plain = next((each for each in proposals if not each.by_code), None)
    others = tuple(each for each in proposals if each is not plain)
    turn = turn_of(audience=audience).model_copy(update={"proposal": plain, "other_proposals": others})
    return [(answer.proposal, answer.decision.choice) for answer in answers_in(text, turn)]


@pytest.mark.parametrize(
    ("text", "proposals", "expected"),
    [
        ("1", ONE, [(PLAIN, Choice.ACCEPT)]),
        ("1", TWO, [(PLAIN, Choice.ACCEPT)]),
        ("2", TWO, [(PLAIN, Choice.EDIT)]),
        ("3, obrigada", TWO, [(PLAIN, Choice.DROP)]),
        ("pode mandar", TWO, [(PLAIN, Choice.ACCEPT)]),
        ("não", TWO, [(PLAIN, Choice.DROP)]),
        ("1 4821", TWO, [(OLDER, Choice.ACCEPT)]),
        ("1️⃣ 4821 👍", TWO, [(OLDER, Choice.ACCEPT)]),
        ("2 4821", TWO, [(OLDER, Choice.EDIT)]),
        ("3 4821, obrigada", TWO, [(OLDER, Choice.DROP)]),
        ("sim 4821", TWO, [(OLDER, Choice.ACCEPT)]),
        ("1 7777", THREE, [(NEWER, Choice.ACCEPT)]),
        ("1 1111", THREE, [(WEIGHTY, Choice.ACCEPT)]),
        ("1", THREE, [(WEIGHTY, Choice.ACCEPT)]),  # the database asks for its code
        ("sim", THREE, []),
    ],
)
def test_a_number_alone_is_about_the_plain_one_and_a_code_about_its_own(
    text: str, proposals: list[OpenProposal], expected: Answers
) -> None:
    """Whatever is shown below whatever else, an answer is never about two."""
    assert answers(text, proposals) == expected


@pytest.mark.parametrize(
    ("text", "proposals", "expected"),
    [
        ("1 9999", ONE, [(None, Choice.ACCEPT)]),  # of one that was decided before, or a slip
        ("1 9999", TWO, [(OLDER, Choice.ACCEPT)]),  # the database counts it as a wrong one
        ("3 9999", TWO, [(OLDER, Choice.DROP)]),
        ("1 9999", THREE, [(WEIGHTY, Choice.ACCEPT)]),
        ("1 9999", CODES, [(NEWER, Choice.ACCEPT)]),
        ("1", CODES, [(None, Choice.ACCEPT)]),
        ("3", [OLDER], [(None, Choice.DROP)]),
        ("não", CODES, []),
        ("sim", CODES, []),
        ("1 4821", [], []),
    ],
)
def test_a_code_of_nobody_decides_nothing(text: str, proposals: list[OpenProposal], expected: Answers) -> None:
    """Least of all the plain one; and where only codes decide, a number without one is about none."""
    assert answers(text, proposals) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1\n1 4821", [(PLAIN, Choice.ACCEPT), (OLDER, Choice.ACCEPT)]),
        ("1 4821\n3\nobrigada", [(OLDER, Choice.ACCEPT), (PLAIN, Choice.DROP)]),
        ("1\n3", []),
        ("1 4821\n3 4821", []),
        ("1\n1 4821\ne a agenda de amanhã?", []),
        ("1 1 4821", []),
    ],
)
def test_an_owner_may_decide_several_at_once(text: str, expected: Answers) -> None:
    """One a line, in either order; what contradicts itself or says more is the assistant's."""
    assert answers(text, TWO) == expected


def test_a_customer_decides_the_one_that_was_shown() -> None:
    """Numbers and codes are owners'."""
    booking = OpenProposal(id=UUID(int=5), kind="book", preview="Corte")
    assert answers("sim", [booking], Audience.CLIENT) == [(booking, Choice.ACCEPT)]
    for text in ("1", "1 4821", "1\n1"):
        assert answers(text, [booking], Audience.CLIENT) == []
