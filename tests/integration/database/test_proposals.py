"""api.propose and api.decide_proposal: nothing is done that a person was not shown or did not want, nothing twice."""

import pytest

from tests.integration.conftest import ANA, Business, DatabaseClock
from tests.integration.database.conftest import (
    BRUNO,
    PREVIEW,
    Talk,
    a_booking,
    booking_of,
    contact_of,
    message_to,
    new_contact,
)


def states(business: Business) -> list[str]:
    return [state for (state,) in business.api.rows("select state from app.proposals order by created_at, id")]


def test_a_yes_books_and_a_repeated_job_books_no_second_time(ana: Talk) -> None:
    """The stored result is told again; there is one booking, of the customer, at the price that was shown."""
    ana.was_asked("book", a_booking(ana.business))
    turn = ana.says("sim")
    assert turn["turn"]["proposal"]["preview"] == PREVIEW
    first, again = ana.decides(turn), ana.decides(turn)
    assert first == again
    assert (first["outcome"], first["kind"], first["unsent"]) == ("done", "book", [])
    assert (first["result"]["service"], first["result"]["price_cents"]) == ("Corte", 5000)
    booked = ana.business.api.rows("select contact_id::text, price_cents from app.bookings")
    assert booked == [(contact_of(ana.business, ANA), 5000)]


def test_a_decision_whose_answer_was_never_written_is_told_by_the_next_run(ana: Talk) -> None:
    """The run died after it had booked, and a further message came: this turn brings what was decided, no later one."""
    ana.was_asked("book", a_booking(ana.business))
    died = ana.says("sim")
    decided = ana.decides(died)
    receipt = ana.business.receive("obrigada")
    retried = {**receipt, **ana.business.claim(receipt, owner="job-1", attempt=2)}
    assert retried["turn"]["proposal"]["decided"] is True
    assert ana.decides(retried, "recall") == decided
    ana.answers(retried, text="Agendado")
    assert ana.says("e agora?")["turn"]["proposal"] is None


def test_what_was_not_shown_yet_cannot_be_agreed_to(ana: Talk) -> None:
    """A yes that was written before the preview left, or before it came, agrees to nothing; the next one does."""
    turn = ana.says("Quero marcar")
    ana.proposes(turn, "book", a_booking(ana.business))
    early = ana.business.receive("sim")
    reply = ana.answers(turn)
    hasty = {**early, **ana.business.claim(early)}
    assert hasty["turn"]["proposal"] is None
    assert ana.decides(hasty)["outcome"] == "none"
    ana.business.send(reply)
    assert ana.decides(hasty)["outcome"] == "none"
    ana.business.complete(hasty, hasty, text="Um momento")
    assert ana.decides(ana.says("sim"))["outcome"] == "done"


def test_an_answer_without_the_preview_shows_nothing(ana: Talk) -> None:
    """Word for word, or the person was asked something else."""
    turn = ana.says("Quero marcar")
    ana.proposes(turn, "book", a_booking(ana.business))
    ana.business.send(ana.answers(turn, text="Já está marcado!"))
    assert ana.decides(ana.says("sim"))["outcome"] == "none"


def test_the_last_proposal_of_a_turn_stands_also_when_the_turn_is_repeated(ana: Talk) -> None:
    """The same key is the same row; another one replaces it, and repeating the first opens it again."""
    turn = ana.says("Quero marcar")
    first = ana.proposes(turn, "book", a_booking(ana.business))
    assert first["created"] is True
    assert ana.proposes(turn, "book", a_booking(ana.business)) == {**first, "created": False}
    second = ana.proposes(turn, "book", a_booking(ana.business), idempotency_key="other", preview="Tosa")
    assert second["id"] != first["id"]
    assert sorted(states(ana.business)) == ["open", "replaced"]
    assert ana.proposes(turn, "book", a_booking(ana.business))["id"] == first["id"]
    assert ana.business.api.value("select preview from app.proposals where state = 'open'") == PREVIEW


def test_a_proposal_expires(ana: Talk, clock: DatabaseClock) -> None:
    """Half an hour later a yes decides nothing, and is told so."""
    ana.was_asked("book", a_booking(ana.business))
    turn = ana.says("sim")
    clock.advance(minutes=31)
    assert ana.decides(turn)["outcome"] == "expired"
    assert ana.decides(turn)["outcome"] == "expired"
    assert ana.business.api.rows("select id from app.bookings") == []


def test_a_no_drops_and_a_wish_to_change_keeps_it_open(carla: Talk) -> None:
    """2 leaves the proposal as it is; 3 ends it."""
    contact_id = new_contact(carla.business, "Ana", ANA)
    carla.was_asked("message", message_to(contact_id))
    edit = carla.says("2")
    assert carla.decides(edit, "edit")["outcome"] == "edit"
    carla.business.send(carla.answers(edit, text="O que mudo?"))
    drop = carla.says("3")
    assert carla.decides(drop, "drop")["outcome"] == "dropped"
    assert carla.decides(drop, "accept")["outcome"] == "dropped"
    assert states(carla.business) == ["dropped"]
    assert carla.business.api.rows("select id from app.outreach") == []


def test_money_takes_the_code_and_three_wrong_ones_end_it(carla: Talk) -> None:
    """A missing code costs nothing, a repeated job counts its wrong one once, the third drops the proposal."""
    booking_id = booking_of(carla.business, new_contact(carla.business, "Ana", ANA), days=-1)
    proposed = carla.was_asked("paid", {"booking_id": booking_id})
    wrong = f"{(int(proposed['code']) + 1) % 10000:04d}"
    for text, code, left in (("1", None, 3), ("1 x", wrong, 2), ("1 y", wrong, 1)):
        turn = carla.says(text)
        for _ in range(2):
            decided = carla.decides(turn, code=code)
            assert (decided["outcome"], decided["left"]) == ("wrong_code", left)
        carla.business.send(carla.answers(turn, text="Esse código não confere"))
    turn = carla.says("1 z")
    assert (carla.decides(turn, code=wrong)["left"], states(carla.business)) == (0, ["dropped"])
    assert carla.decides(turn, code=proposed["code"])["outcome"] == "wrong_code"
    assert carla.business.api.value("select paid_at from app.bookings") is None


def test_the_right_code_does_it(carla: Talk) -> None:
    """The four digits that were shown."""
    booking_id = booking_of(carla.business, new_contact(carla.business, "Ana", ANA), days=-1)
    proposed = carla.was_asked("paid", {"booking_id": booking_id})
    assert carla.decides(carla.says("1"), code=proposed["code"])["outcome"] == "done"
    assert carla.business.api.value("select paid_cents from app.bookings") == 5000


def test_a_customer_proposes_nothing_but_bookings_of_their_own(ana: Talk, other_business: Business) -> None:
    """Somebody else's booking, contact, dependent or tenant is refused, and so is whatever is the owner's."""
    business, turn = ana.business, ana.says("Oi")
    bruno = new_contact(business, "Bruno", BRUNO)
    theirs = booking_of(business, bruno)
    dependent_id = business.api.value(
        "insert into app.dependents (organization_id, contact_id, kind, name) values (%s, %s, 'pet', 'Rex')"
        " returning id::text",
        business.organization_id,
        bruno,
    )
    elsewhere = booking_of(other_business, new_contact(other_business, "Ana", ANA))
    for kind, action, refused in (
        ("cancel", {"booking_id": theirs}, "unknown"),
        ("move", {"booking_id": elsewhere}, "unknown"),
        ("book", a_booking(business, contact_id=bruno), "forbidden"),
        ("book", a_booking(business, dependent_id=dependent_id), "unknown"),
        ("book", a_booking(other_business), "unknown"),
        ("paid", {"booking_id": theirs}, "forbidden"),
        ("block", {}, "forbidden"),
        ("message", message_to(bruno), "forbidden"),
    ):
        assert ana.proposes(turn, kind, action) == {"refused": refused}
    assert states(business) == []
    own = booking_of(business, contact_of(business, ANA), hour=5)
    assert ana.proposes(turn, "cancel", {"booking_id": own})["created"] is True


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [
        ("viewer", set()),
        ("staff", {"book", "cancel", "no_show", "message"}),
        ("admin", {"book", "cancel", "no_show", "message", "paid", "campaign"}),
    ],
)
def test_an_owner_s_number_proposes_what_it_may(carla: Talk, permission: str, allowed: set[str]) -> None:
    """Money and messages to many are for administrators, and have a code; looking is for all."""
    carla.business.api.rows("update app.owner_numbers set permission = %s", permission)
    contact_id, other = (new_contact(carla.business, name, phone) for name, phone in (("Ana", ANA), ("Bruno", BRUNO)))
    booking = {"booking_id": booking_of(carla.business, contact_id)}
    turn = carla.says("Oi")
    proposed = {
        name: carla.proposes(turn, kind, action, idempotency_key=name)
        for name, kind, action in (
            ("book", "book", a_booking(carla.business, contact_id=contact_id)),
            ("cancel", "cancel", booking),
            ("no_show", "no_show", booking),
            ("message", "message", message_to(contact_id)),
            ("paid", "paid", booking),
            ("campaign", "message", message_to(contact_id, other)),
        )
    }
    assert {name for name, row in proposed.items() if "refused" not in row} == allowed
    assert {name for name, row in proposed.items() if row.get("code")} == allowed & {"paid", "campaign"}


def test_who_lost_the_right_since_is_refused_when_deciding(carla: Talk) -> None:
    """The permission is looked at again when it is done."""
    contact_id = new_contact(carla.business, "Ana", ANA)
    carla.was_asked("message", message_to(contact_id))
    carla.business.api.rows("update app.owner_numbers set permission = 'viewer'")
    assert carla.decides(carla.says("1"))["outcome"] == "forbidden"
    assert carla.business.api.rows("select id from app.outreach") == []


def test_the_answer_that_tells_what_was_done_is_not_taken_back(ana: Talk) -> None:
    """Who goes on writing after a yes still hears that it was booked."""
    ana.was_asked("book", a_booking(ana.business))
    turn = ana.says("sim")
    ana.decides(turn)
    reply = ana.answers(turn, text="Agendado")
    ana.business.receive("que ótimo")
    assert ana.business.claim_send(reply)["outcome"] == "claimed"
