"""From what was understood to calls: arguments that are still missing, and what results make necessary next."""

from dataclasses import dataclass, replace
from typing import Any

from infra.local.llm.arguments import Background, Filled, fill, role_of
from infra.local.llm.conversation import Conversation, ToolResult
from infra.local.llm.intents import Intent, tool_for
from infra.local.llm.lexicon.concept import PRICED
from infra.local.llm.subjects import thing_named
from infra.local.llm.texts import ASKS, LABELS, label
from infra.local.llm.tools import Tool
from infra.local.llm.topics import asked_for
from infra.local.llm.words import fold, subjects_of, words_of

#: Arguments that explain a call and change nothing about what it does.
EXPLANATIONS = frozenset({"reason", "motivo"})
_LOOKED_BACK = 12  # messages
_LONGEST_REMARK = 2  # words


@dataclass(frozen=True)
class Call:
    """One call to a tool."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What to call, and what to ask for first."""

    calls: tuple[Call, ...]
    #: How the arguments that nobody gave are asked for.
    missing: tuple[str, ...]
    #: What there is to choose from for one of them.
    choices: tuple[str, ...]
    #: Calls that only serve others: their results are not told.
    lookups: tuple[str, ...]


class Planner:
    """Plans the calls of a turn anew in each round, with the results that are there by then."""

    def __init__(self, conversation: Conversation, tools: tuple[Tool, ...]) -> None:
        self._conversation = conversation
        self._tools = tools
        self._calls: list[Call] = []
        self._missing: list[str] = []
        self._choices: list[str] = []
        self._lookups: list[str] = []

    def plan(self, intents: list[Intent]) -> Plan:
        """Return what the intents come down to."""
        for intent in intents:
            self._add(intent)
        wanted = {intent.tool.name for intent in intents}
        return Plan(
            tuple(self._calls),
            tuple(dict.fromkeys(self._missing)),
            tuple(self._choices),
            tuple(name for name in self._lookups if name not in wanted),
        )

    def _add(self, intent: Intent) -> None:
        filled = self._with_service(intent, self._filled(intent))
        if intent.concept is not None and intent.concept.passing and not self._is_worth(intent, filled):
            return
        if filled.missing:
            self._missing += [_described(intent.tool, name, self._conversation) for name in filled.missing]
            return
        call = Call(intent.tool.name, filled.arguments)
        self._call(self._corrected(intent, call))
        self._follow(intent)

    def _call(self, call: Call) -> None:
        if not any(_same(call, other) for other in self._calls):
            self._calls.append(call)

    def _filled(self, intent: Intent) -> Filled:
        concept, conversation = intent.concept, self._conversation
        known = Background(
            topic=intent.topic,
            older=self._older() if intent.concept is not None and intent.concept.topic == "visit" else (),
            last_reply=conversation.last_reply,
            asked_for=asked_for(conversation.last_reply),
            past=concept is not None and concept.past,
            moves=concept is not None and concept.name == "reschedule",
        )
        return fill(intent.tool, intent.question, conversation.today, known)

    def _older(self) -> tuple[str, ...]:
        said = [text for exchange in self._conversation.exchanges for text in exchange.said]
        return tuple(reversed(said[-_LOOKED_BACK:]))

    def _is_worth(self, intent: Intent, filled: Filled) -> bool:
        """Whether something said in passing holds what the tool notes; a birthday without its year is asked for."""
        if filled.missing:
            return False
        if filled.arguments:
            return True
        birthday = next((name for name in intent.tool.properties if role_of(intent.tool, name) == "birthday"), None)
        if birthday and {"aniversario", "nasci", "birthday", "born"} & set(words_of(intent.question)):
            self._missing.append(_described(intent.tool, birthday, self._conversation))
        return False

    def _with_service(self, intent: Intent, filled: Filled) -> Filled:
        """Fill a missing service from those that there are, which another tool tells."""
        argument = next((name for name in filled.missing if role_of(intent.tool, name) == "service"), None)
        lister = tool_for("services", self._tools)
        if argument is None or lister is None:
            return filled
        self._lookups.append(lister.name)
        listed = self._result_of(lister.name)
        if listed is None:
            self._call(Call(lister.name, {}))
            return filled
        names = names_in(listed.value)
        chosen = _chosen(names, [intent.question, *intent.topic, *self._older()]) or (
            names[0] if len(names) == 1 else None
        )
        if chosen is None:
            self._choices += names
            return filled
        return Filled(
            {**filled.arguments, argument: chosen}, tuple(name for name in filled.missing if name != argument)
        )

    def _corrected(self, intent: Intent, call: Call) -> Call:
        """Return a call with the choice that fits what was said, when a result refused it and gave choices."""
        refused = self._result_of(call.name)
        if refused is None or refused.arguments != call.arguments or not isinstance(refused.value, dict):
            return call
        choices = refused.value.get("choices")
        if not refused.value.get("error") or not isinstance(choices, list):
            return call
        argument = _refused_argument(intent.tool, call, refused.value)
        if argument is None:
            return call
        chosen = _chosen(names_in(choices), [str(call.arguments[argument]), intent.question, *intent.topic])
        return replace(call, arguments={**call.arguments, argument: chosen}) if chosen else call

    def _follow(self, intent: Intent) -> None:
        """Add what a result makes necessary: what no service is may be known, what is not known is asked the team."""
        result = self._result_of(intent.tool.name)
        name = intent.concept.name if intent.concept else ""
        if result is None or name not in {"services", "knowledge"}:
            return
        thing = thing_named(intent.asked)
        if name == "services":
            knowledge = tool_for("knowledge", self._tools)
            priced = PRICED.search(fold(intent.asked))
            if knowledge and thing and not priced and names_no_row(result.value, thing):
                searched = replace(intent, tool=knowledge, concept=None)
                self._calls.append(Call(knowledge.name, self._filled(searched).arguments))
                self._ask_team(intent, self._result_of(knowledge.name))
        else:
            self._ask_team(intent, result)

    def _ask_team(self, intent: Intent, result: ToolResult | None) -> None:
        team = tool_for("team", self._tools)
        if team is None or result is None or not holds_nothing(result.value):
            return
        if "?" in intent.asked or len(words_of(intent.asked)) > _LONGEST_REMARK:
            self._call(Call(team.name, fill(team, intent.asked, self._conversation.today).arguments))

    def _result_of(self, name: str) -> ToolResult | None:
        return next((result for result in self._conversation.results if result.name == name), None)


def names_in(value: Any) -> list[str]:
    """Return the names of the rows that a result lists."""
    if isinstance(value, list):
        rows = (row.get("name") if isinstance(row, dict) else row for row in value)
        return [str(name) for name in rows if name]
    if isinstance(value, dict):
        return next((names for part in value.values() if (names := names_in(part))), [])
    return []


def holds_nothing(value: Any) -> bool:
    """Tell whether a result is empty in all its parts."""
    if isinstance(value, dict):
        return bool(value) and all(part in ([], {}, None) for part in value.values())
    return value in ([], None, "")


def names_no_row(value: Any, thing: str) -> bool:
    """Whether a result lists things, and none of them is the one that was asked for."""
    lists = [part for part in value.values() if isinstance(part, list) and part] if isinstance(value, dict) else []
    rows = [row for part in lists for row in part if isinstance(row, dict) and "name" in row]
    asked = set(subjects_of(thing))
    return bool(rows) and not any(asked & set(subjects_of(str(row["name"]))) for row in rows)


def essence(given: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that make a difference."""
    return {name: value for name, value in given.items() if name not in EXPLANATIONS}


def _same(call: Call, other: Call) -> bool:
    """Whether a second call would only repeat the first; a free text such as a reason makes no difference."""
    return call.name == other.name and essence(call.arguments) == essence(other.arguments)


def _chosen(names: list[str], texts: list[str]) -> str | None:
    """Return the one of the names that the newest text with any of them says best; a tie says nothing."""
    for text in texts:
        said = f" {' '.join(words_of(text))} "
        whole = [name for name in names if f" {' '.join(words_of(name))} " in said]
        if whole:
            return max(whole, key=len)
        subjects = set(subjects_of(text))
        scores = {name: len(subjects & set(subjects_of(name))) for name in names}
        best = max(scores.values(), default=0)
        winners = [name for name, score in scores.items() if score == best]
        if best and len(winners) == 1:
            return winners[0]
    return None


def _refused_argument(tool: Tool, call: Call, value: dict[str, Any]) -> str | None:
    """Return which argument a result refuses: the one that its error names, else the first that names something."""
    error = fold(str(value["error"]))
    naming = [name for name in call.arguments if role_of(tool, name) in {"service", "contact", "whom", "query"}]
    return next((name for name in naming if role_of(tool, name) in error), naming[0] if naming else None)


def _described(tool: Tool, name: str, conversation: Conversation) -> str:
    role, language = role_of(tool, name), conversation.language
    asked = ASKS.get(role) or ASKS.get(name)
    if asked:
        return asked[language == "en"]
    described = str(tool.properties.get(name, {}).get("description", "")).strip().rstrip(".")
    return label(name, language) if name in LABELS or not described else described
