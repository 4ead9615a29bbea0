"""Build the one SQL statement of a request: a function call or a read, its filters, and the JSON of the answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from psycopg import sql

from infra.local.supabase.catalog import Argument, Function
from infra.local.supabase.errors import GatewayError
from infra.local.supabase.grammar import filter_condition, order_list, select_list, tree_condition

RESERVED = frozenset({"select", "order", "limit", "offset", "columns", "on_conflict", "apikey"})
TREES = frozenset({"and", "or", "not.and", "not.or"})
_SOURCE = "pgrst_source"


@dataclass(frozen=True)
class Window:
    """The rows that a request wants: `limit` None means all."""

    offset: int = 0
    limit: int | None = None

    def capped(self, max_rows: int) -> "Window":
        return Window(self.offset, max_rows if self.limit is None else min(self.limit, max_rows))


@dataclass(frozen=True)
class Reading:
    """What a request asks of the rows of a table or of a set; `single` wants one object instead of an array."""

    select: str = "*"
    conditions: tuple[sql.Composable, ...] = ()
    order: str = ""
    window: Window = field(default_factory=Window)
    counted: bool = False
    single: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a request runs: a source of rows and what it reads of them; `function` is None for a table."""

    source: sql.Composable
    reading: Reading
    function: Function | None = None
    is_read: bool = True

    @property
    def read_only(self) -> bool:
        """Whether the transaction must not write: by the method, or because the function declares it does not."""
        return self.is_read or (self.function is not None and not self.function.writes)

    @property
    def is_set(self) -> bool:
        """Whether there can be any number of rows."""
        return self.function is None or self.function.is_set

    @property
    def settings(self) -> Mapping[str, str]:
        """The function's own settings that hold for the whole transaction."""
        return self.function.settings if self.function else {}

    def statement(self) -> sql.Composable:
        """Return the statement that gives body, number of rows, total and what the function set for the response."""
        return sql.SQL(
            "with pgrst_source as ({source})"
            " select {body} as body, count(*) as rows, {rest} from ({page}) as pgrst_page"
        ).format(source=self.source, body=_body(self), rest=_rest(self.reading), page=_page(self.reading))


def reading_of(pairs: Iterable[tuple[str, str]], window: Window, *, counted: bool, single: bool) -> Reading:
    """Return the reading of a query string, without the arguments of a function. Raises `GatewayError` 400."""
    pairs = list(pairs)
    reserved = {name: value for name, value in pairs if name in RESERVED}
    return Reading(
        select=reserved.get("select", "*"),
        conditions=tuple(_condition(name, value) for name, value in pairs if name not in RESERVED),
        order=reserved.get("order", ""),
        window=window,
        counted=counted,
        single=single,
    )


def window_of(query: Mapping[str, str], range_header: str | None) -> Window:
    """Return the wanted rows by `limit` and `offset`, and by `Range: first-last`. Raises `GatewayError` 400 or 416."""
    offset, limit = _number(query, "offset") or 0, _number(query, "limit")
    if range_header is None:
        return Window(offset, limit)
    first, dash, last = range_header.removeprefix("items=").partition("-")
    if not dash or not first.isdecimal() or not (last.isdecimal() or not last):
        return Window(offset, limit)  # PostgREST ignores a range that it cannot read
    if last and int(last) < int(first):
        raise _unsatisfiable(
            "The lower boundary must be lower than or equal to the upper boundary in the Range header."
        )
    length = int(last) - int(first) + 1 if last else None
    limits = [value for value in (limit, length) if value is not None]
    return Window(max(offset, int(first)), min(limits, default=None))


def table_source(schema: str, table: str) -> sql.Composable:
    """Return the query of a whole table or view."""
    return sql.SQL("select * from {}").format(sql.Identifier(schema, table))


def call_with_body(function: Function, body: str, names: frozenset[str]) -> sql.Composable:
    """Return the call with arguments from a JSON object, which PostgreSQL itself takes apart and coerces."""
    arguments = [argument for argument in function.arguments if argument.name in names]
    if not arguments:
        return _call(function, sql.SQL(""), ())
    columns = sql.SQL(", ").join(
        [sql.SQL("{} {}").format(sql.Identifier(argument.name), sql.SQL(argument.type)) for argument in arguments]
    )
    body_row = sql.SQL("json_to_record({}::json) as pgrst_body ({}), lateral ").format(sql.Literal(body), columns)
    values = [sql.Identifier("pgrst_body", argument.name) for argument in arguments]
    return _call(function, body_row, [*map(_named_argument, arguments, values)])


def call_with_query(function: Function, pairs: Sequence[tuple[str, str]]) -> sql.Composable:
    """Return the call with arguments from a query string; repeated ones feed a variadic argument."""
    arguments = []
    for argument in function.arguments:
        given = [value for name, value in pairs if name == argument.name]
        if given and argument.variadic:
            array = sql.SQL("array[{}]::{}").format(sql.SQL(", ").join(map(sql.Literal, given)), sql.SQL(argument.type))
            arguments.append(_named_argument(argument, array))
        elif given:
            arguments.append(_named_argument(argument, sql.Literal(given[-1])))
    return _call(function, sql.SQL(""), arguments)


def call_with_document(function: Function, document: str | bytes) -> sql.Composable:
    """Return the call of a function whose single unnamed argument takes the whole body."""
    value = sql.SQL("{}::{}").format(sql.Literal(document), sql.SQL(function.arguments[0].type))
    return _call(function, sql.SQL(""), [value])


def _rest(reading: Reading) -> sql.Composable:
    total: sql.Composable = sql.SQL("null::bigint")
    if reading.counted:
        total = sql.SQL("(select count(*) from pgrst_source{})").format(_where(reading))
    return sql.SQL(
        "{} as total, nullif(current_setting('response.headers', true), '') as headers,"
        " nullif(current_setting('response.status', true), '') as status"
    ).format(total)


def _body(plan: Plan) -> sql.Composable:
    bare = plan.function is not None and plan.function.returns != "composite"
    rows = sql.SQL("json_agg(pgrst_page.pgrst_scalar)" if bare else "json_agg(pgrst_page)")
    if plan.reading.single or not plan.is_set:
        return sql.SQL("coalesce(({} -> 0)::text, 'null')").format(rows)
    return sql.SQL("coalesce({}, '[]')::text").format(rows)


def _page(reading: Reading) -> sql.Composable:
    parts = [sql.SQL("select {} from pgrst_source").format(select_list(reading.select, _SOURCE)), _where(reading)]
    if reading.order:
        parts.append(sql.SQL(" order by {}").format(order_list(reading.order)))
    if reading.window.limit is not None:
        parts.append(sql.SQL(" limit {}").format(reading.window.limit))
    if reading.window.offset:
        parts.append(sql.SQL(" offset {}").format(reading.window.offset))
    return sql.Composed(parts)


def _where(reading: Reading) -> sql.Composable:
    if not reading.conditions:
        return sql.SQL("")
    return sql.SQL(" where {}").format(sql.SQL(" and ").join(reading.conditions))


def _condition(name: str, value: str) -> sql.Composable:
    return tree_condition(f"{name}{value}") if name in TREES else filter_condition(name, value)


def _call(function: Function, before: sql.Composable, arguments: Sequence[sql.Composable]) -> sql.Composable:
    call = sql.SQL("{}({})").format(sql.Identifier(function.schema, function.name), sql.SQL(", ").join(arguments))
    if function.returns == "composite":
        return sql.SQL("select pgrst_call.* from {}{} as pgrst_call").format(before, call)
    return sql.SQL("select pgrst_call.pgrst_scalar from {}(select {} as pgrst_scalar) as pgrst_call").format(
        before, call
    )


def _named_argument(argument: Argument, value: sql.Composable) -> sql.Composable:
    form = "variadic {} := {}" if argument.variadic else "{} := {}"
    return sql.SQL(form).format(sql.Identifier(argument.name), value)


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        number = int(text)
    except ValueError as error:
        raise GatewayError(400, "PGRST100", f'"failed to parse {name} ({text})"') from error
    if number < 0:
        raise _unsatisfiable(f"{name.capitalize()} should be greater than or equal to zero.")
    return number


def _unsatisfiable(details: str) -> GatewayError:
    return GatewayError(416, "PGRST103", "Requested range not satisfiable", details=details)
