"""What routines propose beside what else is open: nothing is replaced by the clock, nothing decides another's."""

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.conftest import ANA, CARLA, NOW, Business, DatabaseClock
from tests.integration.database.conftest import BRUNO, Talk, message_to, new_contact

HOW = {
    "how_to_agree": "Responda 1.",
    "how_to_agree_with_code": "Responda 1 {code}.",
    "how_to_agree_by_code": "Só com {code}.",
}


@pytest.fixture
def ana(business: Business) -> str:
    return new_contact(business, "Ana", ANA)


@pytest.fixture
def bruno(business: Business) -> str:
    return new_contact(business, "Bruno", BRUNO)


def run(business: Business, kind: str, *contacts: str, leaves: bool = True) -> dict[str, Any]:
    """Let a routine propose a message to these people; return its proposal and what the owner read."""
    where = {"organization_id": business.organization_id, "kind": kind, "local_date": "2026-01-20"}
    claimed = business.api.call("claim_routine", **where, lease={"owner": kind, "attempt": 1, "seconds": 60})
    preview = f"Mensagem de {kind}"
    proposal = {"kind": "message", "action": message_to(*contacts), "preview": preview, "valid_seconds": 43200, **HOW}
    message = {"text": kind, "phone": None, "proposal": proposal}
    result = {"messages": [message], "followups": [], "detail": {}}
    done = business.api.call("complete_routine", **where, token=claimed["token"], result=result)
    notice = done["unsent"][-1]["message_id"]
    if leaves:
        business.send(notice)
    ((identity, code, by_code),) = business.api.rows(
        "select id::text, code, by_code from app.proposals where notice_id = %s", notice
    )
    text = business.api.value("select text from app.messages where id = %s", notice)
    return {"id": identity, "code": code, "by_code": by_code, "how": text.rpartition("\n\n")[2]}


def open_ones(business: Business) -> list[tuple[str, bool]]:
    return [
        (preview, by_code)
        for preview, by_code in business.api.rows(
            "select preview, by_code from app.proposals where state = 'open' order by by_code, preview"
        )
    ]


def decides(carla: Talk, turn: dict[str, Any], proposal: dict[str, Any], choice: str = "accept", **given: Any) -> Any:
    """Decide one of several, and answer, so that the next message is a turn of its own."""
    decided = carla.business.api.call(
        "decide_proposal",
        organization_id=carla.business.organization_id,
        conversation_id=turn["conversation_id"],
        decision={"proposal_id": proposal["id"], "choice": choice, "code": None, "seq": turn["covers_seq"], **given},
    )
    return decided["outcome"]


def at_hand(turn: dict[str, Any]) -> tuple[str | None, list[str]]:
    """What a turn brings: the plain proposal and the others."""
    plain = turn["turn"]["proposal"]
    return plain and plain["id"], [other["id"] for other in turn["turn"]["other_proposals"]]


@pytest.mark.parametrize("code_first", [False, True])
def test_two_routines_of_a_morning_can_both_be_agreed_to(
    carla: Talk, ana: str, bruno: str, *, code_first: bool
) -> None:
    """The second stands beside the first with a code of its own; either may be decided first, each once."""
    first = run(carla.business, "birthdays", ana)
    second = run(carla.business, "inactive_clients", bruno)
    assert (first["code"], first["how"]) == (None, "Responda 1.")
    assert (second["by_code"], second["how"]) == (True, f"Só com {second['code']}.")
    for proposal in (second, first) if code_first else (first, second):
        turn = carla.says("1")
        assert proposal["id"] in str(at_hand(turn))
        for _ in range(2):
            assert decides(carla, turn, proposal, code=proposal["code"]) == "done"
        carla.business.send(carla.answers(turn, text="Feito"))
    assert at_hand(carla.says("1")) == (None, [])
    assert carla.business.api.value("select count(*) from app.outreach_recipients") == 2


def test_what_stands_beside_is_decided_by_its_code_alone(carla: Talk, ana: str, bruno: str) -> None:
    """Neither agreed to, nor dropped, nor changed without it; and no code decides what has none."""
    plain, beside = run(carla.business, "birthdays", ana), run(carla.business, "inactive_clients", bruno)
    turn = carla.says("?")
    assert at_hand(turn) == (plain["id"], [beside["id"]])
    assert {decides(carla, turn, beside, choice) for choice in ("accept", "edit", "drop")} == {"wrong_code"}
    assert decides(carla, turn, plain, code=beside["code"]) == "none"
    assert len(open_ones(carla.business)) == 2
    assert decides(carla, turn, beside, "drop", code=beside["code"]) == "dropped"


def test_many_and_one_each_have_their_code(carla: Talk, ana: str, bruno: str) -> None:
    """What goes to many has a code and is the plain one all the same: 3 alone drops it."""
    plain, beside = run(carla.business, "birthdays", ana, bruno), run(carla.business, "inactive_clients", ana, bruno)
    assert (plain["by_code"], plain["how"]) == (False, f"Responda 1 {plain['code']}.")
    assert beside["by_code"]
    assert plain["code"] != beside["code"]
    turn = carla.says("3")
    assert decides(carla, turn, plain, "drop") == "dropped"


@pytest.mark.parametrize("why", ["expired", "withdrawn", "not told"])
def test_nothing_stands_beside_what_nobody_may_agree_to(carla: Talk, clock: DatabaseClock, ana: str, why: str) -> None:
    """It expired, its message never left, or its turn's answer does not show it: the next one is the plain one."""
    business = carla.business
    if why == "not told":
        turn = carla.says("Manda para a Ana")
        carla.proposes(turn, "message", message_to(ana))
        business.send(carla.answers(turn, text="O que devo escrever?"))
    else:
        run(business, "birthdays", ana, leaves=why == "expired")
        if why == "expired":
            clock.set(NOW + timedelta(hours=12))
        business.api.rows("update app.messages set state = 'withdrawn' where state = 'pending'")
    assert run(business, "inactive_clients", ana)["how"] == "Responda 1."
    assert open_ones(business) == [("Mensagem de inactive_clients", False)]


def test_what_waits_to_be_shown_keeps_its_place(carla: Talk, ana: str, bruno: str) -> None:
    """The message of the first routine leaves late; what a turn under way proposes is not lost either."""
    business = carla.business
    run(business, "birthdays", ana, leaves=False)
    assert run(business, "inactive_clients", bruno, leaves=False)["by_code"]
    turn = carla.says("Manda para a Ana")
    carla.proposes(turn, "message", message_to(ana), preview="Mensagem da conversa")
    assert run(business, "opportunities", bruno, leaves=False)["by_code"]
    assert open_ones(business) == [
        ("Mensagem da conversa", False),
        ("Mensagem de inactive_clients", True),
        ("Mensagem de opportunities", True),
    ]


def test_an_assistant_s_proposal_takes_the_plain_place_and_leaves_the_others(carla: Talk, ana: str, bruno: str) -> None:
    """It tells what is no longer valid, whenever it is repeated; no second call of the turn takes a further place."""
    run(carla.business, "birthdays", ana)
    run(carla.business, "inactive_clients", bruno)
    turn = carla.says("Manda para a Ana")
    for key in ("first", "second", "second", "first"):
        asked = carla.proposes(turn, "message", message_to(ana), idempotency_key=key, preview=key)
        assert (asked["by_code"], asked["code"], asked["displaced"]) == (False, None, "Mensagem de birthdays")
    assert open_ones(carla.business) == [("first", False), ("Mensagem de inactive_clients", True)]


def test_what_the_owner_wants_to_change_is_what_the_change_replaces(carla: Talk, ana: str, bruno: str) -> None:
    """After "2" with its code the new text stands beside the plain one, with a new code."""
    run(carla.business, "birthdays", ana)
    beside = run(carla.business, "inactive_clients", bruno)
    turn = carla.says("2")
    assert decides(carla, turn, beside, "edit", code=beside["code"]) == "edit"
    carla.business.send(carla.answers(turn, text="O que mudo?"))
    turn = carla.says("Mais curta")
    changed = carla.proposes(turn, "message", message_to(bruno), preview="Oi!")
    assert (changed["by_code"], changed["displaced"]) == (True, None)
    assert changed["code"] != beside["code"]
    assert open_ones(carla.business) == [("Mensagem de birthdays", False), ("Oi!", True)]


def test_each_owner_has_a_place_of_their_own(business: Business, ana: str, bruno: str) -> None:
    """What one of them has open gives the other no code."""
    other = "+5511977770000"
    business.api.rows(
        "insert into app.owner_numbers (organization_id, phone, permission) values (%s, %s, 'admin')",
        business.organization_id,
        other,
    )
    business.api.rows("update app.owner_numbers set routines = array['inactive_clients'] where phone = %s", other)
    run(business, "birthdays", ana)
    run(business, "inactive_clients", bruno)
    found = business.api.rows("""
        select identity.value, proposal.by_code from app.proposals as proposal
        inner join app.conversations as conversation on conversation.id = proposal.conversation_id
        inner join app.contact_identities as identity
            on identity.contact_id = conversation.contact_id and identity.kind = 'phone'
        order by identity.value, proposal.created_at, proposal.by_code
    """)
    assert found == [(other, False), (CARLA, False), (CARLA, True)]
