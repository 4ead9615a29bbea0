"""One run of a routine for one business: once a local date, and what owners are told of it."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.conftest import ANA, CARLA, NOW, Business, DatabaseClock
from tests.integration.database.conftest import booking_of, new_contact

TODAY = "2026-01-20"
PREVIEW = "Mensagem para Ana: sentimos sua falta!"


def claim(business: Business, *, owner: str = "job-1", attempt: int = 1, **changes: Any) -> dict[str, Any]:
    claimed: dict[str, Any] = business.api.call(
        "claim_routine",
        **{
            "organization_id": business.organization_id,
            "kind": "daily_summary",
            "local_date": TODAY,
            "lease": {"owner": owner, "attempt": attempt, "seconds": 60},
            **changes,
        },
    )
    return claimed


def complete(business: Business, token: str, *messages: dict[str, Any], **result: Any) -> list[str]:
    """Write down what a run came to; return the messages that wait to be sent."""
    completion = business.api.call(
        "complete_routine",
        organization_id=business.organization_id,
        kind="daily_summary",
        local_date=TODAY,
        token=token,
        result={"messages": list(messages), "followups": [], "detail": {}, **result},
    )
    return [each["message_id"] for each in completion["unsent"]]


def state(business: Business) -> list[tuple[Any, ...]]:
    return business.api.rows("select state, detail from app.proactive_runs")


def add_owner(business: Business, phone: str, *, permission: str = "admin", routines: list[str] | None = None) -> None:
    business.api.rows(
        "insert into app.owner_numbers (organization_id, phone, permission, routines) values (%s, %s, %s, %s)",
        business.organization_id,
        phone,
        permission,
        routines,
    )


def told(business: Business) -> list[tuple[str, str]]:
    """What owners are told, with the phone of each."""
    found = business.api.rows("""
        select identity.value, message.text from app.messages as message
        inner join app.conversations as conversation on conversation.id = message.conversation_id
        inner join app.contact_identities as identity
            on identity.contact_id = conversation.contact_id and identity.kind = 'phone'
        where message.purpose = 'notice' order by identity.value, message.seq
    """)
    return [(phone, text) for phone, text in found]


def proposal(business: Business, contacts: int = 1) -> dict[str, Any]:
    """A message to Ana, and to others, for approval."""
    ids = [str(business.api.value("select contact_id from app.contact_identities where value = %s", ANA))]
    for number in range(contacts - 1):
        business.receive("Oi", phone=f"+55119000000{number:02}", provider_message_id=f"MORE{number}")
    rows = business.api.rows("select id from app.contacts where id <> %s limit %s", ids[0], contacts - 1)
    return {
        "kind": "message",
        "action": {"contact_ids": ids + [str(each) for (each,) in rows], "text": "Sentimos sua falta!"},
        "preview": PREVIEW,
        "how_to_agree": "Responda 1.",
        "how_to_agree_with_code": "Responda 1 {code}.",
        "valid_seconds": 43200,
    }


def decide(business: Business, phone: str = CARLA, text: str = "1", code: str | None = None) -> dict[str, Any]:
    """An owner answers, and the gate decides what the owner was shown."""
    receipt = business.receive(text, phone=phone, sent_at=NOW)
    turn = business.claim(receipt, owner=f"decide-{receipt['seq']}")
    decided: dict[str, Any] = business.api.call(
        "decide_proposal",
        organization_id=business.organization_id,
        conversation_id=receipt["conversation_id"],
        decision={"choice": "accept", "code": code, "seq": turn["covers_seq"]},
    )
    return {**decided, "proposal": turn["turn"]["proposal"]}


def test_a_run_is_given_the_business_and_its_owners(business: Business) -> None:
    """Everything a routine needs to begin comes with the claim."""
    add_owner(business, "+5511977770000", routines=["birthdays"])
    run = claim(business)["run"]
    assert run["organization"]["timezone"] == "America/Sao_Paulo"
    assert (run["kind"], run["local_date"], run["options"]) == ("daily_summary", TODAY, {})
    assert run["owners"] == [{"phone": CARLA, "name": "Carla", "permission": "admin"}]


def test_the_summary_counts_the_visits_that_are_over(business: Business, other_business: Business) -> None:
    """They are completed when the summary is claimed, not by other routines; the sweep completes everybody's."""
    visits = [booking_of(each, new_contact(each, "Ana"), days=0, hour=-2) for each in (business, other_business)]

    def states() -> list[str]:
        return [business.api.value("select status from app.bookings where id = %s", visit) for visit in visits]

    claim(business, kind="birthdays")
    assert states() == ["confirmed", "confirmed"]
    claim(business)
    assert states() == ["completed", "confirmed"]
    assert business.api.call("sweep", policy={"after_seconds": 90})["completed"] == 1
    assert states() == ["completed", "completed"]


def test_a_run_happens_once_and_its_repeat_publishes_what_has_not_left(business: Business) -> None:
    """The run that did it may have died before it published."""
    waiting = complete(business, claim(business)["token"], {"text": "Resumo"}, detail={"done": 3})
    assert told(business) == [(CARLA, "Resumo")]
    assert state(business) == [("done", {"done": 3})]
    again = claim(business, owner="job-2")
    assert (again["outcome"], again["state"]) == ("done", "done")
    assert [each["message_id"] for each in again["unsent"]] == waiting
    business.send(waiting[0])
    assert claim(business, owner="job-3")["unsent"] == []


def test_of_two_runs_one_works_and_a_later_attempt_takes_over(business: Business) -> None:
    """Another job waits for the lease; the same job's next attempt takes it, and the first one's word is refused."""
    first = claim(business)
    busy = claim(business, owner="job-2")
    assert (busy["outcome"], busy["retry_after"]) == ("busy", 60)
    second = claim(business, attempt=2)
    with pytest.raises(psycopg.Error) as refused:
        complete(business, first["token"], {"text": "Resumo"})
    assert refused.value.sqlstate == "PT409"
    assert len(complete(business, second["token"], {"text": "Resumo"})) == 1
    with pytest.raises(psycopg.Error) as over:
        complete(business, second["token"], {"text": "Resumo"})
    assert over.value.sqlstate == "PT409"
    assert len(told(business)) == 1


def test_too_late_is_skipped_for_good(business: Business, clock: DatabaseClock) -> None:
    """A run whose window has passed is recorded as skipped, and a later delivery does not run it."""
    assert claim(business, expires_at=NOW)["outcome"] == "late"
    assert state(business) == [("skipped", {"reason": "late"})]
    assert claim(business, expires_at=NOW + timedelta(hours=1))["outcome"] == "done"


def test_what_comes_after_its_record_was_pruned_is_too_late_all_the_same(
    business: Business, clock: DatabaseClock
) -> None:
    """A dead letter that is replayed months later composes nothing."""
    complete(business, claim(business, expires_at=NOW + timedelta(hours=3))["token"], {"text": "Resumo"})
    clock.advance(days=92)
    sweep = {"after_seconds": 90, "keep_routine_runs_days": 90}
    assert business.api.call("sweep", policy=sweep)["pruned"] == 1
    assert claim(business, owner="replay", expires_at=NOW + timedelta(hours=3))["outcome"] == "late"
    assert business.api.call("sweep", policy=sweep)["pruned"] == 1
    assert len(told(business)) == 1


def test_what_was_switched_off_since_the_page_is_not_run(business: Business) -> None:
    """Nothing is recorded: switched on again the same day, it may run."""
    where = "where organization_id = %s and kind = 'daily_summary'"
    business.api.rows(f"update app.routines set enabled = false {where}", business.organization_id)  # noqa: S608 - above
    assert claim(business)["outcome"] == "off"
    assert state(business) == []
    business.api.rows(f"update app.routines set enabled = true {where}", business.organization_id)  # noqa: S608 - above
    assert claim(business)["outcome"] == "claimed"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("update app.owner_numbers set routines = array['birthdays'] where organization_id = %s", "no_owner"),
        ("update app.owner_numbers set is_active = false where organization_id = %s", "no_owner"),
        ("delete from app.instances where organization_id = %s", "no_number"),
    ],
)
def test_nobody_to_be_told_is_recorded(business: Business, statement: str, reason: str) -> None:
    """Without an owner who wants it, or a number to write from, the run is skipped and says why."""
    business.api.rows(statement, business.organization_id)
    assert claim(business) == {"outcome": "skipped", "reason": reason}
    assert state(business) == [("skipped", {"reason": reason})]


def test_each_owner_gets_what_is_for_all_and_what_is_their_own(business: Business) -> None:
    """Messages keep their order; an owner who does not want the routine gets none."""
    add_owner(business, "+5511977770000")
    add_owner(business, "+5511977771111", routines=["birthdays"])
    messages = ({"text": "A"}, {"text": "B", "phone": CARLA}, {"text": "C", "phone": None})
    complete(business, claim(business)["token"], *messages)
    assert told(business) == [
        ("+5511977770000", "A"),
        ("+5511977770000", "C"),
        (CARLA, "A"),
        (CARLA, "B"),
        (CARLA, "C"),
    ]


def test_a_failed_run_may_be_run_again(business: Business) -> None:
    """An operator who mends the cause replays the job."""
    token = claim(business)["token"]
    business.api.call(
        "fail_routine",
        organization_id=business.organization_id,
        kind="daily_summary",
        local_date=TODAY,
        token=token,
        reason="NonRetriableError: no",
    )
    assert state(business) == [("failed", {"reason": "NonRetriableError: no"})]
    assert claim(business, owner="replay")["outcome"] == "claimed"


def test_the_owner_s_1_does_what_the_routine_proposed(business: Business) -> None:
    """The message of the routine shows the proposal, and only once it has left can it be agreed to."""
    business.receive("Oi")
    (notice,) = complete(business, claim(business)["token"], {"text": "Resumo", "proposal": proposal(business)})
    assert told(business) == [(CARLA, f"Resumo\n\n{PREVIEW}\n\nResponda 1.")]
    business.send(notice)
    decided = decide(business)
    assert decided["proposal"]["preview"] == PREVIEW
    assert (decided["outcome"], len(decided["unsent"])) == ("done", 1)


def test_what_the_routine_has_not_shown_cannot_be_agreed_to(business: Business) -> None:
    """A 1 that was written before the message left is about something else."""
    business.receive("Oi")
    complete(business, claim(business)["token"], {"text": "Resumo", "proposal": proposal(business)})
    decided = decide(business)
    assert (decided["outcome"], decided["proposal"]) == ("none", None)


@pytest.mark.parametrize(("repeated", "outcome"), [(False, "wrong_code"), (True, "done")])
def test_a_message_to_many_asks_for_its_code(business: Business, repeated: bool, outcome: str) -> None:
    """The code that the database makes stands in the message, and nothing is done without it."""
    business.receive("Oi")
    wanted = proposal(business, contacts=3)
    (notice,) = complete(business, claim(business)["token"], {"text": "Resumo", "proposal": wanted})
    business.send(notice)
    code = business.api.value("select code from app.proposals")
    assert told(business)[0][1].endswith(f"Responda 1 {code}.")
    assert decide(business, code=code if repeated else None)["outcome"] == outcome


def test_who_may_only_look_is_told_and_not_asked(business: Business) -> None:
    """An owner without the right to a proposal gets the text alone."""
    business.receive("Oi")
    business.api.rows("update app.owner_numbers set permission = 'viewer'")
    complete(business, claim(business)["token"], {"text": "Resumo", "proposal": proposal(business)})
    assert told(business) == [(CARLA, "Resumo")]
    assert business.api.value("select count(*) from app.proposals") == 0


def greeting(business: Business, phone: str = ANA, **changes: Any) -> dict[str, Any]:
    """A greeting to somebody who writes for the first time now."""
    business.receive("Oi", phone=phone)
    contact_id = str(business.api.value("select contact_id from app.contact_identities where value = %s", phone))
    return {
        "contact_id": contact_id,
        "kind": "birthday_greeting",
        "idempotency_key": f"birthday.{contact_id}.2026",
        "due_at": (NOW + timedelta(hours=1)).isoformat(),
        "expires_at": (NOW + timedelta(hours=9)).isoformat(),
        "text": None,
        **changes,
    }


def test_follow_ups_are_planned_once_and_not_for_who_wants_no_messages(
    business: Business, other_business: Business
) -> None:
    """What a routine asks to be sent to customers is planned with the run as any other is, once for each key."""
    wanted = greeting(business)
    opted_out = greeting(business, "+5511911110000")
    business.api.rows("update app.contacts set opted_out_at = app.now() where id = %s", opted_out["contact_id"])
    foreign = greeting(other_business, "+5511911112222", organization_id=other_business.organization_id)
    complete(business, claim(business)["token"], followups=[wanted, wanted, opted_out, foreign])
    found = business.api.rows("select contact_id::text, kind, variant, state from app.followups")
    assert found == [(wanted["contact_id"], "birthday_greeting", "", "waiting")]


@pytest.mark.parametrize(
    ("kind", "options", "outcome"),
    [
        ("birthdays", {"send_to_clients": True}, "claimed"),
        ("birthdays", {"send_to_clients": False}, "skipped"),
        ("birthdays", {"send_to_clients": "yes"}, "skipped"),
        ("birthdays", {}, "skipped"),
        ("inactive_clients", {"send_to_clients": True}, "skipped"),
    ],
)
def test_greetings_that_leave_by_themselves_need_no_owner(
    business: Business, kind: str, options: dict[str, Any], outcome: str
) -> None:
    """Nobody wants the list: the greetings are planned all the same, where the business has them sent."""
    business.api.rows("update app.owner_numbers set routines = '{}'")
    business.api.rows("update app.routines set options = %s where kind = %s", Jsonb(options), kind)
    claimed = claim(business, kind=kind)
    assert claimed["outcome"] == outcome
    if outcome == "claimed":
        assert claimed["run"]["owners"] == []
        result = {"messages": [{"text": "Lista", "phone": None, "proposal": None}], "followups": [greeting(business)]}
        named = {"organization_id": business.organization_id, "kind": kind, "local_date": TODAY}
        business.api.call("complete_routine", **named, token=claimed["token"], result={**result, "detail": {}})
        assert told(business) == []
        assert business.api.value("select state from app.followups") == "waiting"


def test_the_number_that_is_connected_tells_the_owners(business: Business) -> None:
    """Of several numbers the oldest that is connected is used; without one, the oldest, which waits."""
    business.api.rows(
        "insert into app.instances (organization_id, provider, name, state, created_at)"
        " values (%s, 'evolution', 'second', 'open', app.now() + interval '1 day')",
        business.organization_id,
    )
    complete(business, claim(business)["token"], {"text": "Resumo"})
    found = business.api.value("""
        select instance.name from app.messages as message
        inner join app.instances as instance on instance.id = message.instance_id where purpose = 'notice'
    """)
    assert found == "second"


def test_a_run_of_another_business_has_its_own_lease(business: Business, other_business: Business) -> None:
    """A token is worth nothing outside the business that it was given for."""
    token = claim(business)["token"]
    claim(other_business)
    with pytest.raises(psycopg.Error) as refused:
        complete(other_business, token, {"text": "Intruso"})
    assert refused.value.sqlstate == "PT409"
    assert told(other_business) == []


def test_a_result_in_another_shape_writes_nothing(business: Business) -> None:
    """What cannot be written down leaves the run claimed, for its next attempt."""
    token = claim(business)["token"]
    followup = greeting(business, kind="no such kind")
    with pytest.raises(psycopg.errors.CheckViolation):
        business.api.rows(
            "select api.complete_routine(%s, 'daily_summary', %s, %s, %s)",
            business.organization_id,
            TODAY,
            token,
            Jsonb({"messages": [{"text": "Resumo"}], "followups": [followup]}),
        )
    assert told(business) == []
    assert state(business)[0][0] == "running"
