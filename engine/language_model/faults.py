"""What servers say when something is wrong, each in its own way, as errors that say what to do. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from engine.errors import (
    BrokenReplyError,
    ContextOverflowError,
    KeyRefusedError,
    ModelError,
    ModelMissingError,
    ServerBusyError,
    UnsupportedError,
)
from engine.language_model.endpoint import Endpoint

LONGEST = 300
_OVERFLOW = re.compile(
    r"context (?:length|size|window)|maximum context|n_keep|n_ctx|exceed_context|too many tokens"
    r"|number of tokens to keep|prompt is too long|input is too long|context_length_exceeded",
    re.IGNORECASE,
)
_WINDOW = (
    re.compile(r"n_ctx\W+(\d+)"),
    re.compile(r"available context size \((\d+)"),
    re.compile(r"maximum context length is (\d+)"),
    re.compile(r"context (?:length|size|window)\D{0,20}(\d{3,})"),
)
_NOT_LOADED = re.compile(
    r"no models? (?:is |are )?(?:currently )?loaded|load a model|model is not loaded", re.IGNORECASE
)
_NOT_FOUND = re.compile(r"model\b.*\b(?:not found|does not exist|not exist|unknown)|no such model|pull", re.IGNORECASE)
_LOADING = re.compile(r"loading model|model is loading|still loading|warming up", re.IGNORECASE)
_PARAMETERS = (
    "response_format", "max_tokens", "max_completion_tokens", "temperature", "seed", "stream_options",
    "chat_template_kwargs", "reasoning_effort",
)  # fmt: skip
_REFUSING = re.compile(
    r"unsupported|not support|unknown|unrecognized|invalid|must be|not allowed|failed to parse|unexpected|extra"
    r"|not permitted|only the default|json_schema|grammar|schema",
    re.IGNORECASE,
)
_GRAMMAR = re.compile(r"json[_ ]schema|grammar|response[_ ]format|json[_ ]object|guided|structured", re.IGNORECASE)


def error_in(body: Any) -> Any:
    """The error that a body holds, whatever its status; None when it holds none."""
    if isinstance(body, Mapping):
        for name in ("error", "errors"):
            if body.get(name):
                return body[name]
        if body.get("object") == "error" or ("detail" in body and "choices" not in body):
            return body.get("message") or body.get("detail") or body
    return None


def words_of(error: Any) -> str:
    """The server's words in an error, in one line, cut."""
    return _all_words(error)[:LONGEST]


def _all_words(error: Any) -> str:
    if isinstance(error, Mapping):
        inner = error.get("message") or error.get("error") or error.get("detail") or json.dumps(dict(error))
        return _all_words(inner)
    if isinstance(error, list | tuple):
        return "; ".join(_all_words(item) for item in error[:3])
    return " ".join(str(error).split())


def fault(endpoint: Endpoint, status: int, body: Any, headers: Mapping[str, str] | None = None) -> ModelError:
    """The error for an answer of a server that is not one; `body` is its JSON, or its text."""
    if isinstance(body, str):
        body = _parsed(body)
    if isinstance(body, str) and is_page(body):
        return web_page(endpoint, status)
    error = error_in(body)
    if 300 <= status < 400:
        return _moved(endpoint, status)
    # Blotted before it is cut, or half a key would be left.
    said = endpoint.without_key(_all_words(error if error is not None else body)[: 10 * LONGEST])[:LONGEST]
    whole = said + (f" {error.get('type', '')} {error.get('code', '')}" if isinstance(error, Mapping) else "")
    at = f"The language model's server at {endpoint.url}"
    if status in (401, 403):
        return KeyRefusedError(
            f"{at} refused the key: {said or status}.", "Set LLM_API_KEY to a key that is valid there."
        )
    if status == 429:
        return ServerBusyError(
            f"{at} takes no more requests now: {said or status}.", "Wait a moment and ask again.", _wait(headers)
        )
    if _LOADING.search(whole):
        return ServerBusyError(f"{at} is still loading its model.", "Wait until it is loaded.", _wait(headers), True)
    if _OVERFLOW.search(whole):
        return _overflow(at, whole, error)
    if _NOT_LOADED.search(whole):
        return ModelMissingError(f"{at} has no model loaded.", "Load a model in the server, then ask again.")
    if status in (400, 422, 501) and (parameter := _parameter(whole, error)):
        return UnsupportedError(parameter, f"{at} does not take {parameter}: {said}.", "Use another model or server.")
    return _other(endpoint, status, at, said, whole, _wait(headers))


def _moved(endpoint: Endpoint, status: int) -> ModelError:
    """A redirect is not followed: the prompt is meant for the server that was named, and for no other."""
    return BrokenReplyError(
        f"The language model's server at {endpoint.url} leads on to another address ({status}), which is not followed.",
        "Set LLM_BASE_URL to the address where the server itself answers.",
    )


def _other(endpoint: Endpoint, status: int, at: str, said: str, whole: str, wait: float) -> ModelError:
    """What is left: no such model, no such path, a server that is down, or something of its own."""
    if _NOT_FOUND.search(whole):
        return _not_found(at, endpoint, said)
    if status == 404:
        return BrokenReplyError(f"{at} does not know the path: {said or 404}.", "Check that LLM_BASE_URL ends in /v1.")
    if status in (502, 503, 504):
        return ServerBusyError(f"{at} cannot answer now: {said or status}.", "Wait a moment and ask again.", wait)
    return BrokenReplyError(f"{at} answered with an error ({status}): {said or 'no reason given'}.", _look())


def web_page(endpoint: Endpoint, status: int) -> ModelError:
    """The error for an answer that is a web page."""
    return BrokenReplyError(
        f"What answers at {endpoint.url} is a web page (status {status}), not a language model's server.",
        "Check LLM_BASE_URL: host, port and the path, which usually ends in /v1.",
    )


def is_page(text: str) -> bool:
    """Whether a text is a web page."""
    return text.lstrip()[:15].lower().startswith(("<!doctype", "<html", "<head", "<body", "<?xml"))


def _look() -> str:
    return "Look at the server's own log."


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _wait(headers: Mapping[str, str] | None) -> float:
    text = (headers or {}).get("retry-after", "")
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0


def _overflow(at: str, whole: str, error: Any) -> ModelError:
    window = int(error.get("n_ctx") or 0) if isinstance(error, Mapping) and str(error.get("n_ctx", "")).isdigit() else 0
    for pattern in _WINDOW:
        if not window and (found := pattern.search(whole)):
            window = int(found.group(1))
    size = f" of {window:,} tokens" if window else ""
    return ContextOverflowError(
        f"{at}: the prompt does not fit the model's window{size}.",
        "Load the model with a larger context length (4,096 or more), or ask for less at once.",
        window,
    )


def _parameter(whole: str, error: Any) -> str:
    """The parameter that a server refuses; empty when it refuses something else."""
    named = str(error.get("param") or "") if isinstance(error, Mapping) else ""
    for name in _PARAMETERS:
        if named.startswith(name) or (name in whole and _REFUSING.search(whole)):
            return name
    return "response_format" if _GRAMMAR.search(whole) and _REFUSING.search(whole) else ""


def _not_found(at: str, endpoint: Endpoint, said: str) -> ModelError:
    name = f" named {endpoint.model!r}" if endpoint.model else ""
    return ModelMissingError(
        f"{at} has no model{name}: {said}.",
        "Set LLM_MODEL to a model that the server has (./run doctor lists them), or load it there.",
    )
