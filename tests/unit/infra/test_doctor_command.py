"""How the doctor's findings are printed."""

import json

from infra.commands.doctor import document, line
from infra.doctor import Finding

GOOD = Finding(number=1, name="settings", milliseconds=0)
BAD = Finding(number=2, name="redis PING", milliseconds=12, problem="it does not answer", remedy="set the address")


def test_a_finding_is_one_line() -> None:
    """A person sees at once what passed, how long it took, and what to do about the rest."""
    assert line(GOOD) == "✓ [1] settings (0 ms)"
    assert line(BAD) == "✗ [2] redis PING (12 ms) it does not answer → set the address"


def test_the_document_holds_counts_and_findings() -> None:
    """A program reads the same as a person."""
    assert json.loads(json.dumps(document([GOOD, BAD]))) == {
        "passed": 1,
        "failed": 1,
        "checks": [
            {"number": 1, "name": "settings", "milliseconds": 0, "problem": None, "remedy": None, "passed": True},
            {
                "number": 2,
                "name": "redis PING",
                "milliseconds": 12,
                "problem": "it does not answer",
                "remedy": "set the address",
                "passed": False,
            },
        ],
    }
