"""What operators need: tenants to begin with, and the record of what gave up."""

from typing import Any

import psycopg
import pytest

from tests.integration.conftest import Api, Business, DatabaseClock

TENANT: dict[str, Any] = {
    "name": "Salão da Carla",
    "provider": "evolution",
    "instance": "salao",
    "owner_phone": "+5511988887777",
    "timezone": "America/Sao_Paulo",
}


def test_a_tenant_comes_with_its_number_and_its_owner(api: Api) -> None:
    """One call makes all that a first message needs, in Portuguese and reais unless told otherwise."""
    created = api.call("create_tenant", tenant={**TENANT, "owner_name": "Carla", "business_type": "salon"})
    assert api.rows("select id::text, name, business_type, locale, timezone, currency from app.organizations") == [
        (created["organization_id"], "Salão da Carla", "salon", "pt-BR", "America/Sao_Paulo", "BRL")
    ]
    assert api.rows("select id::text, name, state from app.instances") == [
        (created["instance_id"], "salao", "connecting")
    ]
    assert api.rows("select phone, name, is_active from app.owner_numbers") == [("+5511988887777", "Carla", True)]


@pytest.mark.parametrize(
    ("changes", "sqlstate"),
    [
        ({"timezone": "America/Sao Paulo"}, "PT422"),
        ({"timezone": "-03"}, "PT422"),
        ({"timezone": None}, "PT422"),
        ({"timezone": "america/sao_paulo"}, "PT422"),
        ({"name": None}, "23502"),
        ({"name": ""}, "23514"),
        ({"provider": "telegram"}, "23514"),
        ({"instance": "loja a"}, "23514"),
        ({"instance": None}, "23502"),
        ({"owner_phone": "11988887777"}, "23514"),
        ({"owner_phone": None}, "23502"),
        ({"locale": "fr"}, "23514"),
        ({"currency": "reais"}, "23514"),
    ],
)
def test_a_tenant_that_cannot_be_leaves_nothing_behind(api: Api, changes: dict[str, Any], sqlstate: str) -> None:
    """All or nothing: a mistake in the last field undoes the first."""
    with pytest.raises(psycopg.Error) as refused:
        api.call("create_tenant", tenant={**TENANT, **changes})
    assert refused.value.sqlstate == sqlstate
    assert api.value("select count(*) from app.organizations") == 0


def test_a_number_belongs_to_one_tenant(api: Api, business: Business) -> None:
    """A second tenant with the same instance is refused, and the first keeps it."""
    with pytest.raises(psycopg.errors.UniqueViolation):
        api.call("create_tenant", tenant={**TENANT, "instance": business.instance})
    assert api.value("select count(*) from app.organizations") == 1


def test_a_number_notes_its_connection(business: Business) -> None:
    """State, reason and phone are kept; the moment is that of the change, not of the last report."""

    def report(**state: Any) -> tuple[Any, ...]:
        business.api.call("update_instance", provider="evolution", instance=business.instance, state=state)
        ((*row,),) = business.api.rows("select state, state_reason, phone from app.instances")
        return tuple(row)

    assert report(state="open", reason=200, phone="+551133334444") == ("open", 200, "+551133334444")
    assert report(state="close", reason=401, phone=None) == ("close", 401, "+551133334444")
    with pytest.raises(psycopg.Error) as refused:
        business.api.call("update_instance", provider="evolution", instance="nobody", state={"state": "open"})
    assert refused.value.sqlstate == "PT404"


def letter(business: Business, **changes: Any) -> dict[str, Any]:
    return {
        "organization_id": business.organization_id,
        "job": "message.receive",
        "queue_message_id": "msg_1",
        "dead_letter_id": "dlq_1",
        "payload": {"instance": "loja-a"},
        "attempts": 6,
        "status": 503,
        "error": "Supabase cannot be reached",
        **changes,
    }


def record(business: Business, **changes: Any) -> dict[str, Any]:
    recorded: dict[str, Any] = business.api.call("record_dead_letter", letter=letter(business, **changes))
    return recorded


def test_a_dead_letter_is_kept_once(business: Business) -> None:
    """The failure callback may come again: the record stays as it was."""
    first = record(business)
    again = record(business, error="other")
    assert first["created"]
    assert again == {**first, "created": False}
    assert business.api.rows("select job, attempts, status, error from app.dead_letters") == [
        ("message.receive", 6, 503, "Supabase cannot be reached")
    ]


@pytest.mark.parametrize("organization_id", [None, "0a0a0a0a-0000-4000-8000-00000000dead", "nonsense", ""])
def test_a_dead_letter_of_nobody_is_kept(business: Business, organization_id: str | None) -> None:
    """What gave up because of its payload must not be lost because of its payload."""
    assert record(business, organization_id=organization_id)["created"]
    assert business.api.value("select organization_id from app.dead_letters") is None


@pytest.mark.parametrize("message_id", [None, "nonsense", 7, ["a"], {"a": 1}])
def test_a_dead_letter_of_a_nonsensical_send_is_kept(business: Business, message_id: object) -> None:
    """An invalid payload is why it is here."""
    assert record(business, job="message.send", payload={"message_id": message_id})["created"]


@pytest.mark.parametrize("missing", ["job", "queue_message_id"])
def test_a_dead_letter_without_job_or_id_is_refused(business: Business, missing: str) -> None:
    """There would be nothing to find it by."""
    with pytest.raises(psycopg.Error) as refused:
        record(business, **{missing: None})
    assert refused.value.sqlstate == "PT422"


@pytest.fixture
def replies(business: Business) -> list[str]:
    """The ids of two replies of one conversation that wait in the outbox."""
    return [business.answer(business.receive())["unsent"][-1]["message_id"] for _ in range(2)]


def states(business: Business) -> list[str]:
    return [
        state for (state,) in business.api.rows("select state from app.messages where state is not null order by seq")
    ]


def test_a_send_that_gave_up_has_failed_and_lets_the_next_one_go(business: Business, replies: list[str]) -> None:
    """The message is `failed` with the cause; what waited behind it is named, again with every repeat."""
    for _ in range(2):
        given_up = record(business, job="message.send", payload={"message_id": replies[0]})
        assert given_up["next"] == {"message_id": replies[1], "instance_id": business.instance_id}
    assert states(business) == ["failed", "pending"]
    assert business.claim_send(replies[1])["outcome"] == "claimed"


def test_a_send_that_gave_up_while_sending_is_in_doubt(
    business: Business, replies: list[str], clock: DatabaseClock
) -> None:
    """The last attempt died between the gateway and the record: the next one waits until the gateway has been asked."""
    business.claim_send(replies[0], owner="msg_1", attempt=5)
    assert record(business, job="message.send", payload={"message_id": replies[0]})["next"] is None
    assert states(business) == ["unknown", "pending"]
    assert business.claim_send(replies[1]) == {"outcome": "waiting"}
    clock.advance(minutes=2)
    sweep = business.api.call(
        "sweep", policy={"after_seconds": 90, "keep_interactions_days": 400, "keep_dead_letters_days": 90}
    )
    assert [each["message_id"] for each in sweep["sends"]] == [replies[0]]
    clock.advance(hours=1)
    assert business.settle_send(replies[0], missing=False)["next"]["message_id"] == replies[1]
    assert states(business) == ["failed", "pending"]


def test_a_send_that_gave_up_leaves_what_another_job_is_sending(business: Business, replies: list[str]) -> None:
    """Two jobs of one message: the death of one does not touch the work of the other."""
    business.claim_send(replies[0], owner="another")
    assert record(business, job="message.send", payload={"message_id": replies[0]})["next"] is None
    assert states(business) == ["sending", "pending"]


def test_a_send_that_gave_up_after_it_was_sent_lets_the_next_one_go(business: Business, replies: list[str]) -> None:
    """It was sent and recorded, but its job could never publish the next one."""
    business.send(replies[0])
    given_up = record(business, job="message.send", payload={"message_id": replies[0]})
    assert given_up["next"]["message_id"] == replies[1]
    assert states(business) == ["sent", "pending"]


def test_old_news_of_a_death_does_not_end_a_second_try(business: Business, replies: list[str]) -> None:
    """A failure callback that comes again after the message was put back leaves it alone."""
    payload = {"message_id": replies[0]}
    record(business, job="message.send", payload=payload)
    business.api.rows("update app.messages set state = 'pending' where id = %s", replies[0])
    assert record(business, job="message.send", payload=payload)["next"] is None
    assert states(business) == ["pending", "pending"]
