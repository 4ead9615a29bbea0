"""Filters of list and bulk requests."""

import pytest

from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.filters import EVERYTHING, MESSAGE_FILTERS, Condition, FilterRules, Selection, parse_selection

RULES = FilterRules(names=MESSAGE_FILTERS | {"dlqIds"}, time="m.created_at", most=100)


def select(*pairs: tuple[str, str]) -> Selection:
    return parse_selection(pairs, RULES)


def test_repeating_and_commas_mean_any_of_them() -> None:
    """OR within a name, AND across names."""
    selection = select(("queueName", "a,b"), ("queueName", "c"), ("topicName", "t"))
    assert selection.condition == Condition("1 and m.queue in (?, ?, ?) and m.topic in (?)", ("a", "b", "c", "t"))


def test_a_url_may_hold_commas() -> None:
    """Only repeating gives several URLs."""
    assert select(("url", "https://a.example/1,2")).condition.values == ("https://a.example/1,2",)


def test_listed_ids_stand_alone() -> None:
    """Other filters are ignored beside a list of ids, as documented."""
    assert select(("messageIds", "m1"), ("label", "x")).condition == Condition("1 and m.id in (?)", ("m1",))


@pytest.mark.parametrize("name", ["messageId", "dlqIds", "label", "queueName", "fromDate"])
def test_an_empty_value_never_means_everything(name: str) -> None:
    """A caller whose value came out empty must not cancel or delete all there is."""
    with pytest.raises(InvalidRequestError, match=name):
        select((name, ""))


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (("labeel", "x"), "unknown filter 'labeel'"),
        (("state", "DELIVERED"), "unknown filter 'state'"),
        (("fromDate", "yesterday"), "fromDate"),
        (("count", "0"), "count"),
        (("count", "101"), "count"),
        (("order", "newest"), "order"),
    ],
)
def test_what_is_unknown_or_bad_is_refused_by_name(pair: tuple[str, str], message: str) -> None:
    """A typo in a filter must not widen a bulk delete."""
    with pytest.raises(InvalidRequestError, match=message):
        select(pair)


def test_the_token_is_no_filter() -> None:
    """`qstash_token` authenticates and selects nothing."""
    assert select(("qstash_token", "secret")).condition == EVERYTHING
