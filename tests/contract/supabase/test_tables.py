"""Reads of tables and views: columns, filters, order, ranges and counts."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from postgrest import CountMethod

from tests.contract.supabase.conftest import Ask

Filter = Callable[[Any], Any]


@pytest.mark.parametrize(
    ("restrict", "ids"),
    [
        (lambda q: q, [1, 2, 3]),
        (lambda q: q.eq("name", "Ana"), [1]),
        (lambda q: q.neq("name", "Ana"), [2, 3]),
        (lambda q: q.gt("id", 1).lt("id", 3), [2]),
        (lambda q: q.gte("id", 2).lte("id", 3), [2, 3]),
        (lambda q: q.like("name", "A%"), [1]),
        (lambda q: q.ilike("name", "*A*"), [1, 3]),
        (lambda q: q.is_("born", "null"), [2]),
        (lambda q: q.not_.is_("born", "null"), [1, 3]),
        (lambda q: q.in_("name", ["Ana", "Carla, a outra"]), [1, 3]),
        (lambda q: q.in_("id", []), []),
        (lambda q: q.not_.in_("id", [1, 2]), [3]),
        (lambda q: q.contains("tags", ["dog"]), [1, 2]),
        (lambda q: q.contained_by("tags", ["dog"]), [2, 3]),
        (lambda q: q.overlaps("tags", ["vip", "cat"]), [1]),
        (lambda q: q.contains("address", {"city": "Belém"}), [2]),
        (lambda q: q.eq("address->>city", "Açu"), [1]),
        (lambda q: q.eq("address->phones->0->>number", "1"), [1]),
        (lambda q: q.eq("address->>note", 'a "b"'), [3]),
        (lambda q: q.range_adjacent("hours", (11, 18)), [1]),
        (lambda q: q.match({"id": 1, "name": "Ana"}), [1]),
        (lambda q: q.or_("id.eq.1,name.eq.Bruno"), [1, 2]),
        (lambda q: q.or_('id.eq.2,name.eq."Carla, a outra"'), [2, 3]),
        (lambda q: q.or_("id.eq.3,and(id.lt.3,name.eq.Ana)"), [1, 3]),
        (lambda q: q.or_("id.in.(1,2),tags.cs.{vip}"), [1, 2]),
        (lambda q: q.or_("not.and(id.gt.1,id.lt.3),born.is.null"), [1, 2, 3]),
        (lambda q: q.or_("id.not.eq.1,name.not.in.(Ana,Bruno)"), [2, 3]),
        (lambda q: q.like_any_of("name", "A*,B*"), [1, 2]),
        (lambda q: q.ilike_all_of("name", "*a*,c*"), [3]),
        (lambda q: q.fts("name", "ana"), [1]),
    ],
)
async def test_filters_choose_rows(ask: Ask, restrict: Filter, ids: list[int]) -> None:
    """Each filter of the official client chooses the rows that its name promises."""
    answer = await ask(lambda client: restrict(client.table("people").select("id")).order("id"))
    assert [row["id"] for row in answer.data] == ids


async def test_columns_can_be_chosen_renamed_and_cast(ask: Ask) -> None:
    """A select names columns, aliases, casts and JSON paths."""
    answer = await ask(
        lambda client: (
            client.table("people")
            .select("who:name, id::text, address->>city, kind:address->phones->0->kind")
            .eq("id", 1)
        )
    )
    assert answer.data == [{"who": "Ana", "id": "1", "city": "Açu", "kind": "home"}]


async def test_order_limit_and_single(ask: Ask) -> None:
    """Orders put nulls where they are told, ranges cut, single gives the object."""
    ordered = await ask(lambda client: client.table("people").select("id").order("born", desc=True, nullsfirst=True))
    assert [row["id"] for row in ordered.data] == [2, 3, 1]
    paged = await ask(lambda client: client.table("people").select("id").order("id").range(1, 5))
    assert [row["id"] for row in paged.data] == [2, 3]
    single = await ask(lambda client: client.table("people").select("name").eq("id", 2).single())
    assert single.data == {"name": "Bruno"}


async def test_counts_are_of_all_matching_rows(ask: Ask) -> None:
    """An exact count ignores the limit; head gives the count alone."""
    counted = await ask(
        lambda client: client.table("people").select("id", count=CountMethod.exact).gt("id", 1).limit(1)
    )
    assert (len(counted.data), counted.count) == (1, 2)
    head = await ask(lambda client: client.table("people").select("*", count=CountMethod.exact, head=True))
    assert (head.data, head.count) == ([], 3)


async def test_views_of_other_schemas_can_be_read(ask: Ask) -> None:
    """A view in a second exposed schema is read by choosing the schema."""
    answer = await ask(lambda client: client.schema("archive").table("people").select("*").eq("id", 1))
    assert answer.data == [{"id": 1, "name": "Ana"}]


@pytest.mark.parametrize(
    ("headers", "query", "status", "content_range"),
    [
        ({}, "", 200, "0-2/*"),
        ({"Range": "1-1"}, "", 200, "1-1/*"),
        ({"Range": "1-"}, "", 200, "1-2/*"),
        ({"Range": "0-9"}, "limit=1", 200, "0-0/*"),
        ({"Range": "nonsense"}, "", 200, "0-2/*"),
        ({"Prefer": "count=exact"}, "", 200, "0-2/3"),
        ({"Prefer": "count=exact"}, "limit=2", 206, "0-1/3"),
        ({"Prefer": "count=exact", "Range": "2-9"}, "", 206, "2-2/3"),
        ({"Prefer": "count=exact"}, "offset=3", 206, "*/3"),
        ({"Prefer": "count=exact"}, "offset=4", 416, None),
        ({"Range": "5-1"}, "", 416, None),
        ({}, "limit=-1", 416, None),
        ({}, "limit=0", 200, "*/*"),
        ({}, "id=eq.9", 200, "*/*"),
    ],
)
async def test_ranges_are_reported(
    http: httpx.AsyncClient, headers: dict[str, str], query: str, status: int, content_range: str | None
) -> None:
    """Content-Range tells rows and total; a range outside the total is refused."""
    answer = await http.get(f"/people?select=id&{query}", headers=headers)
    assert (answer.status_code, answer.headers.get("content-range")) == (status, content_range)
    if status == 416:
        assert answer.json()["code"] == "PGRST103"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/absent", 404, "PGRST205"),
        ("/notes", 404, "PGRST205"),
        ("/locked", 403, "42501"),
        ("/people?absent=eq.1", 400, "42703"),
        ("/people?select=absent", 400, "42703"),
        ("/people?order=absent", 400, "42703"),
        ("/people?id=eq.one", 400, "22P02"),
        ("/people?id=1", 400, "PGRST100"),
        ("/people?id=almost.1", 400, "PGRST100"),
        ("/people?id=in.1,2", 400, "PGRST100"),
        ("/people?born=is.maybe", 400, "PGRST100"),
        ("/people?limit=many", 400, "PGRST100"),
        ("/people?name=eq.a%00b", 400, "22021"),
        ("/people?select=id,orders(*)", 400, "PGRST127"),
        ("/people?select=id::text;drop", 400, "42703"),
        ("/people?or=(id.eq.1", 400, "PGRST100"),
    ],
)
async def test_bad_reads_are_told_apart(http: httpx.AsyncClient, path: str, status: int, code: str) -> None:
    """What is unknown, forbidden, malformed or not served has its own status and code."""
    answer = await http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
async def test_tables_are_written_by_functions_only(http: httpx.AsyncClient, method: str) -> None:
    """The gateway says that it does not write tables instead of seeming to."""
    answer = await http.request(method, "/people?id=eq.1", json={"name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "PGRST127")


@pytest.mark.parametrize("value", ["'; drop table api.people; --", "%s", "{}", "\\", "a'b\"c", "\\'; select 1; --"])
async def test_values_never_become_sql(ask: Ask, value: str) -> None:
    """Whatever a value contains, it is compared and nothing more."""
    answer = await ask(lambda client: client.table("people").select("id").eq("name", value))
    assert answer.data == []
    assert len((await ask(lambda client: client.table("people").select("id"))).data) == 3
