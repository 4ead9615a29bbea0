"""URL groups (topics): one name for several endpoints."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from infra.local.qstash.headers import Headers
from infra.local.qstash.journal import Transaction


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A destination in a group; its name is optional."""

    url: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlGroup:
    """A named list of endpoints, with headers that each of their messages gets by default."""

    name: str
    headers: Headers
    created_at: int
    updated_at: int
    endpoints: tuple[Endpoint, ...]


def find(tx: Transaction, name: str) -> UrlGroup | None:
    row = tx.one("select * from url_groups where name = ?", (name,))
    if row is None:
        return None
    rows = tx.execute("select url, name from endpoints where topic = ? order by position", (name,))
    return UrlGroup(
        name=name,
        headers=json.loads(row["headers"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        endpoints=tuple(Endpoint(*endpoint) for endpoint in rows),
    )


def find_all(tx: Transaction) -> list[UrlGroup]:
    names = [row["name"] for row in tx.execute("select name from url_groups order by name")]
    return [group for name in names if (group := find(tx, name)) is not None]


def upsert_endpoints(tx: Transaction, name: str, *, endpoints: Iterable[Endpoint]) -> None:
    """Add `endpoints` to group `name`, which is created if need be; a URL that is there takes the new name."""
    _touch(tx, name)
    for endpoint in endpoints:
        if endpoint.name is not None:
            tx.execute(
                "delete from endpoints where topic = ? and name = ? and url <> ?", (name, endpoint.name, endpoint.url)
            )
        tx.execute(
            "insert into endpoints (topic, url, name) values (?, ?, ?)"
            " on conflict (topic, url) do update set name = excluded.name",
            (name, endpoint.url, endpoint.name),
        )


def remove_endpoints(tx: Transaction, name: str, *, urls: Iterable[str], names: Iterable[str]) -> None:
    """Remove endpoints by URL or by name; a group without any disappears."""
    for url in urls:
        tx.execute("delete from endpoints where topic = ? and url = ?", (name, url))
    for endpoint_name in names:
        tx.execute("delete from endpoints where topic = ? and name = ?", (name, endpoint_name))
    _touch(tx, name)
    if tx.scalar("select count(*) from endpoints where topic = ?", (name,)) == 0:
        delete(tx, name)


def set_headers(tx: Transaction, name: str, *, headers: Headers) -> None:
    _touch(tx, name)
    tx.execute("update url_groups set headers = ? where name = ?", (json.dumps(headers), name))


def delete(tx: Transaction, name: str) -> None:
    tx.execute("delete from url_groups where name = ?", (name,))


def _touch(tx: Transaction, name: str) -> None:
    tx.execute(
        "insert into url_groups values (?, '{}', ?, ?)"
        " on conflict (name) do update set updated_at = excluded.updated_at",
        (name, tx.now, tx.now),
    )
