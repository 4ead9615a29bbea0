"""The functions of `api` are read from the migrations, in their last form."""

import pytest

from infra.doctor.api_functions import HARMLESS, ApiFunction, api_functions
from infra.doctor.examination import MIGRATIONS
from infra.migrations import Migration, read_migrations


def migrations(*texts: str) -> list[Migration]:
    return [Migration(version=f"{number:014}", name="made_up", sql=text) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("sql", "arguments"),
    [
        ("create function api.f() returns jsonb", ()),
        ("CREATE OR REPLACE FUNCTION api.f (p_id uuid)\nRETURNS jsonb", (("id", "uuid"),)),
        (
            "create function api.f(\n    p_a text, -- a remark, and more\n    p_b double  precision\n) returns void",
            (("a", "text"), ("b", "double precision")),
        ),
        (
            "create function api.f(p_a text default 'x, (y', p_b integer = 20, p_c numeric(10, 2)) returns void",
            (("a", "text"), ("b", "integer"), ("c", "numeric(10, 2)")),
        ),
        ("create function api.f(p_ids uuid []) returns setof jsonb", (("ids", "uuid[]"),)),
    ],
)
def test_a_declaration_is_read(sql: str, arguments: tuple[tuple[str, str], ...]) -> None:
    """Names lose their prefix, types their spelling; defaults and comments are no part of either."""
    assert api_functions(migrations(sql)) == [ApiFunction("f", arguments)]


def test_the_last_form_counts() -> None:
    """A later migration replaces a function or drops it."""
    first = "create function api.kept(p_a uuid) returns void; create function api.gone() returns void"
    second = "create or replace function api.kept(p_b text) returns void; drop function if exists api.gone()"
    assert api_functions(migrations(first, second)) == [ApiFunction("kept", (("b", "text"),))]


def test_other_schemas_and_comments_do_not_count() -> None:
    """Only `api` is exposed, and only statements create."""
    text = "create function app.inner() returns void; -- create function api.planned() returns void"
    assert api_functions(migrations(text)) == []


def test_every_argument_of_the_project_has_a_harmless_value() -> None:
    """A type that is not in the table would be sent as an empty text and might not reach the function."""
    kinds = {kind for function in api_functions(read_migrations(MIGRATIONS)) for _, kind in function.arguments}
    assert kinds <= set(HARMLESS)
