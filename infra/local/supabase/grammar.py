"""The grammar of PostgREST's query strings, as SQL: columns, filters, logic trees and orders.

Identifiers are quoted and values are literals of unknown type, so PostgreSQL itself coerces and refuses them.
Source: PostgREST's reference "Tables and Views". Embedded resources, aggregates and spreads are refused by name.
"""

import re
from collections.abc import Iterator

from psycopg import sql

from infra.local.supabase.errors import GatewayError

_COMPARISONS = {
    "eq": "=",
    "neq": "<>",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "like": "like",
    "ilike": "ilike",
    "match": "~",
    "imatch": "~*",
    "isdistinct": "is distinct from",
    "cs": "@>",
    "cd": "<@",
    "ov": "&&",
    "sl": "<<",
    "sr": ">>",
    "nxr": "&<",
    "nxl": "&>",
    "adj": "-|-",
}
_QUANTIFIED = frozenset({"eq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch"})
_TEXT_SEARCHES = {
    "fts": "to_tsquery",
    "plfts": "plainto_tsquery",
    "phfts": "phraseto_tsquery",
    "wfts": "websearch_to_tsquery",
}
_IS_VALUES = {
    "null": "null",
    "not_null": "not null",
    "true": "true",
    "false": "false",
    "unknown": "unknown",
}
_OPERATION = re.compile(r"(?P<not>not\.)?(?P<name>[a-z]+)(?:\((?P<modifier>[a-z_]+)\))?\.(?P<value>.*)", re.DOTALL)
_COLUMN = re.compile(r"(?P<name>[^>()]+?)(?P<path>(?:->>?[^->()]+)*)")
_PATH_STEP = re.compile(r"(->>?)([^->]+)")
_SELECT_ITEM = re.compile(r"(?:(?P<alias>[^:]+):(?!:))?(?P<column>.+?)(?:::(?P<cast>[\w ]+(?:\[\])?))?")
_ORDER_TERM = re.compile(r"(?P<column>.+?)(?:\.(?P<direction>asc|desc))?(?:\.nulls(?P<nulls>first|last))?")
_TREE = re.compile(r"(?P<not>not\.)?(?P<junction>and|or)\((?P<terms>.*)\)", re.DOTALL)


def is_operation(value: str) -> bool:
    """Whether a query value looks like a filter (`op.value`) rather than an argument."""
    operation = _OPERATION.fullmatch(value)
    names = _COMPARISONS.keys() | _TEXT_SEARCHES.keys() | {"in", "is"}
    return operation is not None and operation["name"] in names


def filter_condition(column: str, operation: str) -> sql.Composable:
    """Return the condition of `column=operation`, for example `age=not.gte.18`."""
    parts = _OPERATION.fullmatch(operation)
    if parts is None:
        raise _unparsable(operation, "filter")
    condition = _condition(column_expression(column), parts["name"], parts["modifier"], parts["value"])
    return sql.SQL("not ({})").format(condition) if parts["not"] else condition


def tree_condition(tree: str) -> sql.Composable:
    """Return the condition of a logic tree such as `not.or(a.eq.1,and(b.gt.2,c.is.null))`."""
    parts = _TREE.fullmatch(tree)
    if parts is None:
        column, _, operation = tree.partition(".")
        return filter_condition(column, _unquoted_operation(operation))
    terms = [tree_condition(term) for term in split_list(parts["terms"])]
    joined = sql.SQL(f" {parts['junction']} ").join(terms) if terms else sql.SQL("true")
    return sql.SQL("not ({})" if parts["not"] else "({})").format(joined)


def select_list(select: str, source: str) -> sql.Composable:
    """Return the columns of `select=`, of a source with the given name."""
    items = list(split_list(select)) or ["*"]
    return sql.SQL(", ").join([_select_item(item.strip(), source) for item in items])


def order_list(order: str) -> sql.Composable:
    """Return the terms of `order=`."""
    return sql.SQL(", ").join([_order_term(term) for term in split_list(order)])


def column_expression(column: str) -> sql.Composable:
    """Return a column, with its JSON path if it has one: `data->items->0->>name`."""
    parts = _COLUMN.fullmatch(column)
    if parts is None:
        raise _unparsable(column, "column")
    name = sql.Identifier(_unquoted(parts["name"]))
    if not parts["path"]:
        return name
    steps = [sql.SQL("to_jsonb({})").format(name)]
    for arrow, key in _PATH_STEP.findall(parts["path"]):
        index = re.fullmatch(r"-?\d+", key)
        steps.append(sql.SQL(arrow) + sql.Literal(int(key) if index else _unquoted(key)))
    return sql.Composed(steps)


def split_list(text: str) -> Iterator[str]:
    """Split at the commas outside of parentheses, braces and double quotes."""
    start, depth, quoted, position = 0, 0, False, 0
    while position < len(text):
        character = text[position]
        if quoted and character == "\\":
            position += 1
        elif character == '"':
            quoted = not quoted
        elif not quoted and character in "({":
            depth += 1
        elif not quoted and character in ")}":
            depth -= 1
        elif character == "," and not quoted and depth == 0:
            yield text[start:position]
            start = position + 1
        position += 1
    if text:
        yield text[start:]


def _condition(column: sql.Composable, name: str, modifier: str | None, value: str) -> sql.Composable:
    if name == "in":
        return sql.SQL("{} = any ({})").format(column, sql.Literal(_array_of(value)))
    if name == "is":
        if value.lower() not in _IS_VALUES:
            raise _unparsable(value, "is")
        return column + sql.SQL(f" is {_IS_VALUES[value.lower()]}")
    if function := _TEXT_SEARCHES.get(name):
        configuration = sql.SQL("{}, ").format(sql.Literal(modifier)) if modifier else sql.SQL("")
        search = sql.SQL(f"{function}(") + configuration + sql.Literal(value) + sql.SQL(")")
        return sql.SQL("{} @@ {}").format(column, search)
    return _comparison(column, name, modifier, value)


def _comparison(column: sql.Composable, name: str, modifier: str | None, value: str) -> sql.Composable:
    operator = _COMPARISONS.get(name)
    if operator is None or (modifier and (modifier not in {"any", "all"} or name not in _QUANTIFIED)):
        raise _unparsable(f"{name}({modifier})" if modifier else name, "operator")
    literal = sql.Literal(value.replace("*", "%") if name in {"like", "ilike"} else value)
    operand = sql.SQL(f"{modifier} ({{}})").format(literal) if modifier else literal
    return column + sql.SQL(f" {operator} ") + operand


def _array_of(listing: str) -> str:
    """Return `(a,"b,c")` as the array literal `{"a","b,c"}`."""
    if not (listing.startswith("(") and listing.endswith(")")):
        raise _unparsable(listing, "list")
    items = [_unquoted(item) for item in split_list(listing[1:-1])]
    escaped = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in escaped) + "}"


def _select_item(item: str, source: str) -> sql.Composable:
    if item == "*":
        return sql.SQL("{}.*").format(sql.Identifier(source))
    parts = _SELECT_ITEM.fullmatch(item)
    if "(" in item or item.startswith("..."):
        raise GatewayError(
            400,
            "PGRST127",
            "Feature not implemented",
            details=f"the local gateway serves neither embedded resources nor aggregates: {item}",
        )
    if parts is None:
        raise _unparsable(item, "select")
    expression = column_expression(parts["column"])
    if parts["cast"]:
        expression = sql.SQL("cast({} as {})").format(expression, sql.SQL(parts["cast"]))
    name = parts["alias"] or _result_name(parts["column"])
    return sql.SQL("{} as {}").format(expression, sql.Identifier(_unquoted(name)))


def _result_name(column: str) -> str:
    """The column's name, or the last key of its path that is not an index."""
    keys = [part for part in re.split(r"->>?", column) if not re.fullmatch(r"-?\d+", part)]
    return keys[-1]


def _order_term(term: str) -> sql.Composable:
    parts = _ORDER_TERM.fullmatch(term.strip())
    if parts is None:
        raise _unparsable(term, "order")
    direction = sql.SQL(f" {parts['direction'] or 'asc'}")
    nulls = sql.SQL(f" nulls {parts['nulls']}" if parts["nulls"] else "")
    return column_expression(parts["column"]) + direction + nulls


def _unquoted_operation(operation: str) -> str:
    """Inside a tree a value may be quoted: `eq."a,b"`."""
    head, dot, value = operation.rpartition('."')
    return f"{head}.{_unquoted(chr(34) + value)}" if dot and value.endswith('"') else operation


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text.startswith('"') and text.endswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _unparsable(text: str, what: str) -> GatewayError:
    return GatewayError(400, "PGRST100", f'"failed to parse {what} ({text})"', details=f"unexpected {what}: {text}")
