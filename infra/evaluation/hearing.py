"""Judging what people heard."""

from collections.abc import Iterator, Sequence
from typing import Literal

from infra.evaluation.scenario import Expected
from shared.words import fold


def problems_of(label: str, texts: Sequence[str], expected: Expected | Literal["none"] | None) -> Iterator[str]:
    """Say what is wrong with the `texts` that somebody heard in one step."""
    if expected is None:
        return
    if expected == "none":
        if texts:
            yield f"{label}: should be silent, but was {list(texts)}"
        return
    if not texts:
        yield f"{label}: nothing was heard"
        return
    everything = fold("\n".join(texts))
    for alternatives in expected.has:
        if not any(fold(text) in everything for text in alternatives):
            yield f"{label}: none of {list(alternatives)} in {list(texts)}"
    for text in expected.has_not:
        if fold(text) in everything:
            yield f"{label}: {text!r} must not be in {list(texts)}"
