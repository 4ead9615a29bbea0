"""Holding an answer to what really happened: nothing done that was not, no amount or time out of thin air."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations_with_replacement

from shared.assistants.tools import Deed
from shared.assistants.truth_claims import Assertion, affirmed, assertions, sentences
from shared.assistants.truth_figures import amounts, clock_times, ends, known_amounts, known_spans, known_times

#: Tools whose results show what is in the agenda and what was done before this turn.
STATE_TOOLS = frozenset(
    {
        "my_appointments",
        "agenda",
        "contact_history",
        "find_contact",
        "figures",
        "waiting_list",
        "open_questions",
        "handed_over_conversations",
    }
)
_MOST_SUMMED = 8  #: prices of one text: a long price list must not take seconds


class Untruth(StrEnum):
    """What is wrong with a text."""

    DEED = "deed"  #: it claims something that no tool did
    AMOUNT = "amount"  #: it names an amount of money that nobody at the business gave
    TIME = "time"  #: it names a time of day that nobody gave


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A tool call and what came of it, both as JSON."""

    tool: str
    arguments: str
    result: str


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a text may rest on."""

    deeds: frozenset[Deed] = frozenset()
    findings: tuple[Finding, ...] = ()
    stated: tuple[str, ...] = ()  #: by the business, in its data and in what it shows word for word
    spoken: tuple[str, ...] = ()  #: by the assistant and colleagues, earlier in the conversation
    asked: tuple[str, ...] = ()  #: by the person who is answered
    trusts_the_person: bool = False  #: with amounts, as those of the owner


def untruths(text: str, evidence: Evidence) -> tuple[Untruth, ...]:
    """Return what `text` says without a ground in `evidence`, each kind once; nothing when it is true."""
    checks = ((Untruth.DEED, _claims_a_deed), (Untruth.AMOUNT, _names_an_amount), (Untruth.TIME, _names_a_time))
    return tuple(untruth for untruth, is_wrong in checks if is_wrong(text, evidence))


def _claims_a_deed(text: str, evidence: Evidence) -> bool:
    return not all(_is_covered(assertion, evidence) for assertion in assertions(text))


def _is_covered(assertion: Assertion, evidence: Evidence) -> bool:
    if assertion.claim.deeds & evidence.deeds:
        return True
    if assertion.is_act and not assertion.claim.stays_true:
        return False
    return any(_shows(source, assertion) for source in _states(assertion, evidence))


def _states(assertion: Assertion, evidence: Evidence) -> list[str]:
    """Return what shows such a state: results of tools, and what was said before."""
    claim = assertion.claim
    shown = [finding.result for finding in evidence.findings if finding.tool in STATE_TOOLS]
    said = [text for text in evidence.spoken if any(earlier.claim is claim for earlier in assertions(text))]
    return [*(result for result in shown if claim.shown.search(result.casefold())), *said]


def _shows(source: str, assertion: Assertion) -> bool:
    """Tell whether `source` holds all times of the assertion; news without any time rest on nothing but deeds."""
    times = clock_times(assertion.sentence)
    if not times:
        return assertion.claim.stays_true or not assertion.is_news
    return _all_known(times, known_times(source))


def _names_an_amount(text: str, evidence: Evidence) -> bool:
    known = frozenset[int]().union(
        *(known_amounts(source) for source in evidence.stated),
        *(known_amounts(affirmed(source)) for source in evidence.spoken),
        *(_found_amounts(finding, evidence) for finding in evidence.findings),
    )
    asked = frozenset[int]().union(*(known_amounts(source) for source in evidence.asked))
    if evidence.trusts_the_person:
        known |= asked
    named = amounts(affirmed(text))
    known |= _totals(named & known)
    # "Não posso fazer por R$ 1" repeats the customer's price to refuse it.
    return not named <= known or not amounts(text) <= known | asked


def _totals(prices: frozenset[int]) -> frozenset[int]:
    """Return what two or three of the prices come to: a total is true beside what it is the total of."""
    few = sorted(price for price in prices if price > 0)[:_MOST_SUMMED]
    return frozenset(sum(some) for count in (2, 3) for some in combinations_with_replacement(few, count))


def _found_amounts(finding: Finding, evidence: Evidence) -> frozenset[int]:
    """Return what a tool told; what the model told the tool may be the customer's own words come back."""
    found = known_amounts(finding.result)
    return found if evidence.trusts_the_person else found - known_amounts(finding.arguments)


def _names_a_time(text: str, evidence: Evidence) -> bool:
    sources = (*evidence.stated, *evidence.spoken, *evidence.asked, *(each.result for each in evidence.findings))
    known = frozenset[int]().union(*(known_times(source) for source in sources))
    spans = frozenset[int]().union(*(known_spans(source) for source in sources))
    return not all(_all_known(clock_times(each), known | ends(each, known, spans)) for each in sentences(text))


def _all_known(times: tuple[frozenset[int], ...], known: frozenset[int]) -> bool:
    return all(readings & known for readings in times)
