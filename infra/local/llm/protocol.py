"""OpenAI's chat completions on the wire: reading requests, writing answers and errors."""

import hashlib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.local.llm.conversation import Turn
from infra.local.llm.decision import Choice, Reply
from infra.local.llm.errors import BadRequestError
from infra.local.llm.perception import seen_in
from infra.local.llm.tools import Tool

_CHARACTERS_PER_TOKEN = 4
_TOKENS_PER_MESSAGE = 4
#: Half a character, which JSON can hold and UTF-8 cannot.
_SURROGATE = re.compile("[\ud800-\udfff]")
_NAME = r"^[a-zA-Z0-9_-]{1,64}$"


class _Wire(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class _Picture(_Wire):
    url: str


class _Part(_Wire):
    type: str
    text: str = ""
    image_url: _Picture | None = None

    def words(self) -> str:
        """What the part says; of a picture, what is seen in it."""
        return seen_in(self.image_url.url) if self.type == "image_url" and self.image_url else self.text


class _Function(_Wire):
    name: str = Field(pattern=_NAME)
    arguments: str


class _Call(_Wire):
    id: str = Field(min_length=1)
    type: Literal["function"]
    function: _Function


class _Message(_Wire):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[_Part] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None

    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(filter(None, (part.words() for part in self.content)))
        return self.content or ""


class _FunctionSpec(_Wire):
    name: str = Field(pattern=_NAME)
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})


class _ToolSpec(_Wire):
    type: Literal["function"]
    function: _FunctionSpec


class _Named(_Wire):
    name: str


class _NamedChoice(_Wire):
    type: Literal["function"]
    function: _Named


class CompletionRequest(_Wire):
    """The part of a request body that matters here; unknown fields are accepted, as a real model has many."""

    model: str = Field(min_length=1)
    messages: list[_Message] = Field(min_length=1)
    tools: list[_ToolSpec] | None = None
    tool_choice: Literal["auto", "none", "required"] | _NamedChoice | None = None
    parallel_tool_calls: bool = True
    stream: bool | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)

    def shows_pictures(self) -> bool:
        """Tell whether any message holds one."""
        parts = [part for message in self.messages if isinstance(message.content, list) for part in message.content]
        return any(part.type == "image_url" for part in parts)

    def turns(self) -> list[Turn]:
        """Return the messages as turns."""
        return [_turn(message) for message in self.messages]

    def offered(self) -> tuple[Tool, ...]:
        """Return the tools."""
        specs = [tool.function for tool in self.tools or []]
        return tuple(Tool(spec.name, spec.description, spec.parameters) for spec in specs)

    def choice(self) -> Choice:
        """Return what the caller wants of the tools."""
        if isinstance(self.tool_choice, _NamedChoice):
            return Choice("named", self.tool_choice.function.name, self.parallel_tool_calls)
        return Choice(self.tool_choice or "auto", parallel=self.parallel_tool_calls)

    def limit(self) -> int | None:
        """Return how many tokens the answer may have."""
        return self.max_completion_tokens or self.max_tokens


@dataclass(frozen=True)
class Usage:
    """Token counts; an estimate of four characters a token."""

    prompt: int
    completion: int

    def view(self) -> dict[str, int]:
        """Return the counts as the wire has them."""
        total = self.prompt + self.completion
        return {"prompt_tokens": self.prompt, "completion_tokens": self.completion, "total_tokens": total}


def parse(raw: bytes) -> CompletionRequest:
    """Return a valid request; raises `BadRequestError` naming the field that is wrong."""
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise BadRequestError(f"We could not parse the JSON body of your request: {error}") from error
    try:
        request = CompletionRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        param = _path(first["loc"])
        raise BadRequestError(f"Invalid value for '{param}': {first['msg']}.", param or None) from error
    _check(request)
    return request


def completion(request: CompletionRequest, reply: Reply, created: int) -> dict[str, Any]:
    """Return the answer; its ids depend on nothing but the request, so that a repeated one gets the same."""
    digest = hashlib.sha256(json.dumps(request.model_dump()).encode()).hexdigest()
    text, finish = _limited(_SURROGATE.sub("\ufffd", reply.text), request.limit())
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    if reply.calls:
        finish = "tool_calls"
        message |= {"content": None, "tool_calls": _calls(reply, digest)}
    return {
        "id": f"chatcmpl-{digest[:29]}",
        "object": "chat.completion",
        "created": created,
        "model": request.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": _usage(request, message).view(),
        "system_fingerprint": None,
    }


def tokens_of(text: str) -> int:
    """Return the estimated number of tokens of a text."""
    return math.ceil(len(text) / _CHARACTERS_PER_TOKEN)


def _turn(message: _Message) -> Turn:
    calls = [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or []]
    return Turn(message.role, message.text(), tuple(calls), message.tool_call_id)


def _check(request: CompletionRequest) -> None:
    if request.stream:
        raise BadRequestError("This stand-in does not stream; leave 'stream' out.", "stream")
    if request.tool_choice not in (None, "none", "auto") and not request.tools:
        raise BadRequestError("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice")
    names = [tool.name for tool in request.offered()]
    if len(set(names)) < len(names):
        raise BadRequestError("Two tools have the same name.", "tools")
    choice = request.choice()
    if choice.mode == "named" and choice.name not in names:
        raise BadRequestError(f"'tool_choice' names '{choice.name}', which is not among the tools.", "tool_choice")
    _check_answers(request.messages)


def _check_answers(messages: Sequence[_Message]) -> None:
    """Refuse calls without answers and answers without calls, as OpenAI does."""
    open_calls: set[str] = set()
    for index, message in enumerate(messages):
        if message.role == "tool":
            if message.tool_call_id not in open_calls:
                text = "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
                raise BadRequestError(text, f"messages[{index}].role")
            open_calls.discard(message.tool_call_id)
        elif open_calls:
            break
        else:
            open_calls = {call.id for call in message.tool_calls or []}
    if open_calls:
        missing = ", ".join(sorted(open_calls))
        text = (
            f"An assistant message with 'tool_calls' must be followed by tool messages for each id. Missing: {missing}."
        )
        raise BadRequestError(text, "messages")


def _path(location: Sequence[int | str]) -> str:
    """Return "messages[0].role" for ("messages", 0, "role"); names of union members are left out."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step.isidentifier() and not step.startswith("_") and step != "str":
            path += f".{step}" if path else step
    return path


def _limited(text: str, limit: int | None) -> tuple[str, str]:
    if limit is None or tokens_of(text) <= limit:
        return text, "stop"
    return text[: limit * _CHARACTERS_PER_TOKEN], "length"


def _calls(reply: Reply, digest: str) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call_{hashlib.sha256(f'{digest}{index}'.encode()).hexdigest()[:24]}",
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
        }
        for index, call in enumerate(reply.calls)
    ]


def _usage(request: CompletionRequest, message: dict[str, Any]) -> Usage:
    tools = json.dumps([tool.model_dump() for tool in request.tools or []]) if request.tools else ""
    calls = [part for turn in request.messages for call in turn.tool_calls or [] for part in (call.function.arguments,)]
    texts = [turn.text() for turn in request.messages] + calls + [tools]
    prompt = sum(tokens_of(text) for text in texts) + _TOKENS_PER_MESSAGE * len(request.messages)
    written = message["content"] or json.dumps(message.get("tool_calls", []))
    return Usage(prompt, tokens_of(written))
