"""Texts of follow-ups: what may stand in them, and that nothing but words comes out."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.assistants.texts import texts_for
from shared.models import Locale
from shared.routines.followups import Followup, rendering_of
from shared.routines.templates import (
    VARIABLES,
    FollowupKind,
    TemplateError,
    check_template,
    default_template,
    render,
)

LOCALES: tuple[Locale, ...] = ("pt-BR", "en")
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
REMINDER = FollowupKind.APPOINTMENT_REMINDER

FAULTY = [
    (REMINDER, "Oi {nome}!", "{nome} at character 4 is no variable of appointment_reminder"),
    (REMINDER, "Oi {}!", "{} at character 4"),
    (REMINDER, "Oi {name, tudo bem?", "the brace at character 4 is never closed: '{name, tudo bem?'"),
    (REMINDER, "Oi {name\n}!", "the brace at character 4 is never closed: '{name'"),
    (REMINDER, "Oi name}!", "the brace at character 8 closes nothing: '}!'"),
    (REMINDER, "Oi {{name}}!", "the brace at character 4 is never closed"),
    (REMINDER, " \n", "the template is empty"),
    (REMINDER, "x" * 2001, "2001 characters; at most 2000"),
    (FollowupKind.SILENCE, "{service}", "{service} at character 1 is no variable of silence; these are: {business}"),
    (FollowupKind.REVIEW_REQUEST, "Avalie a {business}", "needs {link}"),
]


@pytest.mark.parametrize(("kind", "text", "problem"), FAULTY)
def test_a_faulty_template_is_refused_by_name(kind: FollowupKind, text: str, problem: str) -> None:
    """What is wrong and where: the owner can mend it."""
    with pytest.raises(TemplateError, match=re.escape(problem)):
        check_template(kind, text)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", FollowupKind)
def test_every_kind_has_a_usable_text_in_every_language(kind: FollowupKind, locale: Locale) -> None:
    """With all that is known, and with nothing but a business."""
    full = {name: name.upper() for name in VARIABLES[kind]}
    text = render(kind, default_template(kind, locale), full)
    assert "{" not in text
    bare = render(kind, default_template(kind, locale), {"business": "Patas", "link": "https://r.example"})
    assert not re.search(r"[{}\x00]|  | ,|^[ ,!]", bare)


FILLED = [
    ("Oi, {name}! Tudo bem?", {"name": "Ana"}, "Oi, Ana! Tudo bem?"),
    ("Oi, {name}! Tudo bem?", {}, "Oi! Tudo bem?"),
    ("Oi {name}, tudo bem?", {"name": None}, "Oi, tudo bem?"),
    ("{name}, tudo bem?", {"name": "\u200b "}, "Tudo bem?"),
    ("Oi!\n{name}, é amanhã.", {}, "Oi!\nÉ amanhã."),
    ("Até amanhã. Valor: {price}.", {}, "Até amanhã."),
    ("Até amanhã. Valor: {price}. Tchau!", {}, "Até amanhã. Tchau!"),
    ("Até amanhã. Valor: {price}. Tchau!", {"price": "R$ 5,00"}, "Até amanhã. Valor: R$ 5,00. Tchau!"),
    ("Serviço: {service}\n💰 *Valor:* *{price}*\nTchau!", {"service": "Tosa"}, "Serviço: Tosa\nTchau!"),
    ("Serviço: {service}, valor: {price}.", {"service": "Tosa"}, "Serviço: Tosa."),
    ("Serviço: {service}, valor: {price}", {"service": "Tosa"}, "Serviço: Tosa"),
    ("Valor: {price}", {}, ""),
    ("Lembrete: {name}, é hoje.", {}, "Lembrete: é hoje."),
    ("*{service}* {for_whom}, {date}", {"service": "Tosa", "date": "hoje"}, "*Tosa*, hoje"),
    ("Oi {name}!", {"name": "{price}\n{"}, "Oi price!"),
    ("Oi {name}!", {"name": "Ana\u202e\nIgnore tudo"}, "Oi Ana Ignore tudo!"),
]


@pytest.mark.parametrize(("template", "values", "text"), FILLED)
def test_what_is_missing_leaves_no_gap_and_what_is_filled_in_is_clean(
    template: str, values: dict[str, str | None], text: str
) -> None:
    """A customer's name brings neither braces nor lines, and is never filled in again."""
    assert render(REMINDER, template, values) == text


@given(st.text(alphabet="ab {}\n,name!", max_size=40), st.text(alphabet="a{}\n\x00 ", max_size=10))
def test_no_brace_ever_reaches_a_customer(template: str, name: str) -> None:
    """Whatever somebody writes as a template or as their name: it is refused, or filled in whole."""
    try:
        text = render(FollowupKind.CUSTOM, template, {"name": name, "business": "B"})
    except TemplateError:
        return
    assert not set(text) & set("{}\x00")


def followup(**changes: Any) -> Followup:
    facts: dict[str, Any] = {
        "id": UUID(int=1),
        "kind": "appointment_reminder",
        "due_at": NOW,
        "business": "Patas & Cia",
        "locale": "pt-BR",
        "timezone": "America/Sao_Paulo",
        "currency": "BRL",
        "name": "Maria Silva",
        "service": "Banho",
        "starts_at": datetime(2026, 11, 25, 17, tzinfo=UTC),
        "price_cents": 5000,
    }
    return Followup.model_validate(facts | changes)


def test_a_reminder_says_what_when_and_how_to_answer() -> None:
    """By first name, in the business's own time zone, for whom it is."""
    assert rendering_of(followup(dependent="Rex"), now=NOW).text == (
        "Oi, Maria! Lembrete da Patas & Cia: *Banho* (Rex), quarta-feira, 25 de novembro, às 14:00.\n"
        "Responda *1* para confirmar, *2* para remarcar ou *3* para cancelar."
    )


WITH_TEAM = [
    ({}, "Oi, Maria! Lembrete da Patas & Cia: *Banho*, quarta-feira, 25 de novembro, às 14:00."),
    (
        {"template": "{service} às {time}.\n1 vem, 2 muda, 3 cancela.\nTraga 2 toalhas."},
        "Banho às 14:00.\nTraga 2 toalhas.",
    ),
    (
        {"template": "{service}: 1, 2 ou 3?"},
        "Oi, Maria! Lembrete da Patas & Cia: *Banho*, quarta-feira, 25 de novembro, às 14:00.",
    ),
    ({"kind": "feedback_request", "template": "De 1 a 5, 1, 2, 3?"}, "De 1 a 5, 1, 2, 3?"),
]


@pytest.mark.parametrize(("changes", "text"), WITH_TEAM)
def test_a_reminder_offers_no_answers_while_nobody_would_heed_them(changes: dict[str, Any], text: str) -> None:
    """A person of the team speaks there. Without a word beside the digits, it is the locale's."""
    assert rendering_of(followup(with_team=True, **changes), now=NOW).text == text


RENDERED = [
    ({"template": "{name}: {service}, {price}"}, "Maria: Banho, R$ 50,00", None),
    ({"template": "{nome}"}, "Oi, Maria! Lembrete", "{nome} at character 1"),
    ({"kind": "custom", "text": "Oi {name}, sobre o exame"}, "Oi Maria, sobre o exame", None),
    ({"kind": "custom", "text": "Oi {"}, None, "is never closed"),
    ({"kind": "review_request"}, None, "no review link"),
    ({"kind": "review_request", "review_link": "https://g.example/r"}, "Se puder, Maria, deixe", None),
]


@pytest.mark.parametrize(("changes", "text", "problem"), RENDERED)
def test_a_text_that_cannot_be_used_gives_way_only_where_another_one_serves(
    changes: dict[str, Any], text: str | None, problem: str | None
) -> None:
    """To the locale's, and not where the owner wrote it for the occasion; what was wrong is told."""
    rendering = rendering_of(followup(**changes), now=NOW)
    assert (rendering.text is None) == (text is None)
    assert (rendering.text or "").startswith(text or "")
    assert (rendering.problem is None) == (problem is None)
    assert (problem or "") in (rendering.problem or "")


def test_the_languages_have_the_same_texts() -> None:
    """And the same variables in each."""
    portuguese, english = (texts_for(locale).followups.templates for locale in LOCALES)
    assert set(portuguese) == set(english) == set(FollowupKind)
    for kind, text in portuguese.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[kind]))
