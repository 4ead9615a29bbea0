"""Reading requests and writing answers."""

import json
from typing import Any

import pytest

from infra.local.llm.decision import Reply
from infra.local.llm.errors import ApiError
from infra.local.llm.planning import Call
from infra.local.llm.protocol import completion, parse, tokens_of

USER = {"role": "user", "content": "oi"}
CALL = {"id": "c1", "type": "function", "function": {"name": "t", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "t"}}


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "any", "messages": [USER], **fields}).encode()


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        (b"{", None),
        (b"[]", None),
        (json.dumps({"messages": [USER]}).encode(), "model"),
        (body(model=""), "model"),
        (body(messages=[]), "messages"),
        (body(messages=[{"role": "robot", "content": "x"}]), "messages[0].role"),
        (body(messages=[USER, {"role": "user", "content": 5}]), "messages[1].content"),
        (body(messages=[{"role": "tool", "tool_call_id": "x", "content": "{}"}]), "messages[0].role"),
        (body(messages=[USER, {"role": "assistant", "tool_calls": [CALL]}, USER]), "messages"),
        (body(tools=[{"type": "function", "function": {"name": "two words"}}]), "tools[0].function.name"),
        (body(tools=[TOOL, TOOL]), "tools"),
        (body(tool_choice="required"), "tool_choice"),
        (body(tools=[TOOL], tool_choice="sometimes"), "tool_choice"),
        (body(tools=[TOOL], tool_choice={"type": "function", "function": {"name": "other"}}), "tool_choice"),
        (body(stream=True), "stream"),
        (body(max_tokens=0), "max_tokens"),
    ],
)
def test_a_wrong_body_is_refused_by_the_name_of_the_field(raw: bytes, param: str | None) -> None:
    """OpenAI's error shape, with the field in `param`."""
    with pytest.raises(ApiError) as refused:
        parse(raw)
    assert refused.value.status == 400
    error = refused.value.body["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert error["message"]


def test_text_parts_are_joined() -> None:
    """Content may be a list of parts, of which the texts count and what is seen in pictures, if anything."""
    grey = {"url": "data:image/jpeg;base64,/9j/"}
    parts = [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": grey}, {"type": "text", "text": "b"}]
    assert [turn.text for turn in parse(body(messages=[{"role": "user", "content": parts}])).turns()] == ["a\nb"]


def test_an_answer_counts_its_tokens() -> None:
    """The total is the sum, and both parts grow with their texts."""
    answer = completion(parse(body()), Reply(text="Olá!" * 10), created=7)
    usage = answer["usage"]
    assert usage["completion_tokens"] == tokens_of("Olá!" * 10) == 10
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    longer = completion(parse(body(messages=[{"role": "user", "content": "oi " * 50}])), Reply(text="a"), created=7)
    assert longer["usage"]["prompt_tokens"] > usage["prompt_tokens"]


def test_a_limit_cuts_the_answer_and_says_so() -> None:
    """As with a real model, the text ends where the tokens do."""
    choice = completion(parse(body(max_tokens=2)), Reply(text="abcdefghijkl"), created=0)["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("abcdefgh", "length")


def test_calls_have_ids_of_their_own_and_json_arguments() -> None:
    """Two calls of one message can be told apart, and the same request gives the same ids."""
    reply = Reply(calls=(Call("t", {"name": "Ação"}), Call("t", {})))
    request = parse(body(tools=[TOOL]))
    choice = completion(request, reply, created=0)["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    calls = choice["message"]["tool_calls"]
    assert json.loads(calls[0]["function"]["arguments"]) == {"name": "Ação"}
    assert len({call["id"] for call in calls}) == 2
    assert completion(request, reply, created=0)["choices"][0] == choice
