"""The language model: an OpenAI-compatible server that thinks for a while and says which messages it answers."""

import asyncio
import json
import random
import re
from typing import Any

import httpx

_TOKEN = re.compile(r"\[m\d+\]")
_HAND_OVER = re.compile("atendente|uma pessoa")


class Model:
    """Answers with the words that stand out in what it answers, so that one can see what it was told."""

    def __init__(self, source: random.Random) -> None:
        self._source = source
        self._answers = 0

    async def serve(self, request: httpx.Request) -> httpx.Response:
        """Answer `POST /chat/completions`."""
        await asyncio.sleep(self._source.choice((0.8, 2.0, 3.0, 5.0, 9.0)))
        body = json.loads(request.content)
        asked, tools = body["messages"], {each["function"]["name"] for each in body.get("tools", ())}
        called = {call["function"]["name"] for each in asked for call in each.get("tool_calls") or ()}
        open_texts = _open_texts(asked)
        if "hand_over_to_human" in tools - called and any(_HAND_OVER.search(text) for text in open_texts):
            return _completion(tool="hand_over_to_human", arguments={"reason": "pediu uma pessoa"})
        if "list_services" in tools - called and any("custa" in text for text in open_texts):
            return _completion(tool="list_services", arguments={})
        self._answers += 1
        tokens = " ".join(token for text in open_texts for token in _TOKEN.findall(text))
        return _completion(text=f"Resposta {self._answers} para {tokens}")


def _open_texts(messages: list[dict[str, Any]]) -> list[str]:
    """Return what people wrote since the last word of the assistant's."""
    texts: list[str] = []
    for message in messages:
        if message["role"] == "user":
            texts.append(message["content"])
        elif message["role"] == "assistant" and not message.get("tool_calls"):
            texts.clear()
    return texts


def _completion(*, text: str | None = None, tool: str = "", arguments: object = None) -> httpx.Response:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if tool:
        function = {"name": tool, "arguments": json.dumps(arguments)}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if tool else "stop"}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return httpx.Response(200, json={"id": "1", "model": "simulated", "choices": [choice], "usage": usage})
