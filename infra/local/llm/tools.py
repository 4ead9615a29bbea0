"""The tools that a request offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.llm.lexicon import Concept
from infra.local.llm.words import subjects_of, words_of

_NAME_WEIGHT = 3
_ENOUGH = 2


@dataclass(frozen=True)
class Tool:
    """One function the model may call."""

    name: str
    description: str
    #: JSON schema of the arguments, an object.
    parameters: Mapping[str, Any]

    @property
    def properties(self) -> dict[str, dict[str, Any]]:
        """Return the schema of each argument."""
        shared = self.parameters.get("$defs") or {}
        return {name: plain(schema, shared) for name, schema in (self.parameters.get("properties") or {}).items()}

    @property
    def required(self) -> tuple[str, ...]:
        """Return the names of the arguments that a call must have."""
        return tuple(self.parameters.get("required") or ())

    def serves(self, concept: Concept) -> int:
        """Return how clearly the tool serves a concept; 0 when it does not."""
        names = words_of(self.name)
        if any(word.startswith(start) for word in names for start in concept.but_not):
            return 0
        in_name = _hits(self.name, concept)
        if concept.acts and not in_name:
            return 0
        score = _NAME_WEIGHT * in_name + _hits(self.description, concept)
        return score if score >= _ENOUGH else 0

    def vocabulary(self) -> set[str]:
        """Return the stems of all words that describe the tool."""
        described = " ".join(str(schema.get("description", "")) for schema in self.properties.values())
        return set(subjects_of(f"{self.name} {self.description} {described}"))


def best_for(concept: Concept, tools: tuple[Tool, ...]) -> Tool | None:
    """Return the tool that serves a concept most clearly, the first one of equals."""
    ranked = sorted(tools, key=lambda tool: -tool.serves(concept))
    return ranked[0] if ranked and ranked[0].serves(concept) else None


def _hits(text: str, concept: Concept) -> int:
    words = words_of(text)
    return sum(any(word.startswith(start) for word in words) for start in concept.served_by)


def plain(schema: Any, shared: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a schema with its first alternative that is not null taken in, and what it refers to among `shared`.

    A schema that is no object says nothing.
    """
    if not isinstance(schema, dict):
        return {}
    choices = [part for part in schema.get("anyOf") or schema.get("oneOf") or [] if isinstance(part, dict)]
    chosen = next((part for part in choices if part.get("type") != "null"), {})
    named = str({**chosen, **schema}.get("$ref") or "").removeprefix("#/$defs/")
    referred = (shared or {}).get(named)
    return {**(referred if isinstance(referred, dict) else {}), **chosen, **schema}
