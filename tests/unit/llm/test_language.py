"""Telling Portuguese from English."""

import pytest

from infra.local.llm.language import Language, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Quanto custa o banho?", "pt"),
        ("vcs abrem amanha", "pt"),
        ("ola", "pt"),
        ("João", "pt"),
        ("How much is the bath?", "en"),
        ("hello there", "en"),
        ("what time do you open", "en"),
        ("ok", None),
        ("12:30", None),
        ("", None),
    ],
)
def test_a_text_shows_its_language_or_none(text: str, language: Language | None) -> None:
    """Common words and accents decide; a tie decides nothing."""
    assert language_of(text) == language
