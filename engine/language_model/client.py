"""Asks a language model over OpenAI's protocol, with the official package and guards where it is weak.

Guarded: error texts it hides, errors sent with status 200, web pages, streams that end in the middle (a reply counts
only with its reason to end), time limits that it would retry, proxies on the way to this machine, empty keys.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import openai

from engine.errors import (
    BrokenReplyError,
    EngineError,
    ModelError,
    ServerBusyError,
    ServerUnreachableError,
    SilentServerError,
    UnsupportedError,
)
from engine.language_model.endpoint import Endpoint, proxy_to
from engine.language_model.faults import error_in, fault, is_page, web_page, words_of
from engine.language_model.reply import Parting, Reply, Usage, without_thinking
from engine.language_model.tokens import tokens_in, tokens_of
from engine.language_model.watch import Patience, Watch
from engine.products import Cancelled

Message = Mapping[str, str]
FORMS = ("json_schema", "json_object", "text")
POLL = 1.0
MOST_WAIT = 60.0
RUNAWAY_BLANKS = 400
# What a model that thinks may think in tokens beside a short answer, once it has been seen to think.
THINKING = 2_000
# Ways in which servers switch thinking off: vLLM, llama.cpp and LM Studio; Ollama and OpenAI's own.
NO_THINKING: Mapping[str, Any] = {"chat_template_kwargs": {"enable_thinking": False}, "reasoning_effort": "low"}
_LOCAL = threading.RLock()


@dataclass
class Abilities:
    """What was learned of a server: the best form of answers it takes, and parameters it refuses."""

    form: int = 0
    refused: set[str] = field(default_factory=set)
    thinks: bool = False
    overthinks: bool = False


@dataclass(frozen=True)
class Wish:
    """How a call is to be answered: at most so many tokens, how freely, in which shape (a JSON schema, or none).

    `thinking` are tokens beside the answer's for a model that thinks first; with none, it is asked not to think.
    """

    limit: int
    temperature: float = 0.2
    seed: int = 1
    shape: Mapping[str, Any] | None = None
    thinking: int = 0


class Client:
    """One server and model, for several threads; a server of this machine gets one call at a time."""

    def __init__(self, endpoint: Endpoint, patience: Patience | None = None) -> None:
        self.endpoint = endpoint
        self.abilities = Abilities()
        self._patience = patience or Patience()
        times = openai.Timeout(max(self._patience.first, self._patience.between) + 5, connect=self._patience.connect)
        self._calls = threading.local()
        # A connection for each call: one that is kept open cannot be shut before the server begins to answer on it.
        self._http = openai.DefaultHttpxClient(
            headers={"Connection": "close"},
            trust_env=not endpoint.loopback,
            follow_redirects=False,  # a prompt goes to the server that was named, and to no other
            timeout=times,
            event_hooks={"request": [self._mark], "response": [self._keep]},
        )
        self._sdk = openai.OpenAI(
            base_url=endpoint.url, api_key=endpoint.key or "none", max_retries=0, timeout=times, http_client=self._http
        )

    def __repr__(self) -> str:
        return f"Client({self.endpoint!r})"

    def close(self) -> None:
        """Give the connections back."""
        self._sdk.close()

    def get(self, path: str) -> Any:
        """The JSON at a path of the server, whatever its own protocol.

        Raises:
            ModelError: nothing answers, or what answers is an error.
        """
        headers = {"Authorization": f"Bearer {self.endpoint.key}"} if self.endpoint.key else {}
        with self._told(lambda: False) as watch:
            response = self._http.get(path, headers=headers, timeout=10, follow_redirects=False)
            watch.piece()
        if response.status_code != 200 or is_page(response.text):
            raise fault(self.endpoint, response.status_code, response.text, response.headers)
        try:
            return response.json()
        except ValueError:
            raise fault(self.endpoint, response.status_code, response.text) from None

    def chat(
        self,
        messages: Sequence[Message],
        wish: Wish,
        tell: Callable[[str], None] = lambda text: None,
        cancelled: Cancelled = lambda: False,
        think: Callable[[str], None] = lambda text: None,
    ) -> Reply:
        """The model's answer; `tell` gets its text as it comes, `think` what it thinks before.

        Raises:
            ModelError: the server could not answer; its kind and message say why.
            CancelledError: a person cancelled; the server's work was stopped.
        """
        lock = _LOCAL if self.endpoint.loopback else contextlib.nullcontext()
        with lock:
            reply = self._patiently(messages, wish, tell, cancelled, think)
            # Some servers do not show the thinking: an answer that is cut off before it began tells of it.
            cut = not reply.whole and not reply.text.strip()
            if self.abilities.thinks or not (reply.thinking or cut):
                return reply
            # Now it is known to think. Where that left no room for the answer, it is asked once more, with room.
            self.abilities.thinks, self.abilities.overthinks = True, cut
            return self._patiently(messages, wish, tell, cancelled, think) if cut else reply

    def _patiently(
        self,
        messages: Sequence[Message],
        wish: Wish,
        tell: Callable[[str], None],
        cancelled: Cancelled,
        think: Callable[[str], None],
    ) -> Reply:
        """Ask until it is answered: wait for a model to load, adapt to what is refused, once again when cut off."""
        until = time.monotonic() + self._patience.loading
        lost = waited = 0
        while True:
            try:
                return self._once(messages, wish, tell, cancelled, think)
            except UnsupportedError as error:
                if not self._adapt(error.parameter, wish):
                    raise
            except ServerBusyError as error:
                waited += 1
                if time.monotonic() > until or error.seconds > MOST_WAIT or (waited > 2 and not error.loading):
                    raise
                self._sleep(error.seconds or POLL, cancelled)
            except BrokenReplyError as error:
                lost += 1
                if error.started or lost > 1 or not error.hint.startswith("The connection"):
                    raise

    def _adapt(self, parameter: str, wish: Wish) -> bool:
        """Learn from a refusal; False when there is nothing left to change."""
        if parameter == "response_format":
            if wish.shape is None or self.abilities.form == len(FORMS) - 1:
                return False
            self.abilities.form += 1
            return True
        if parameter in self.abilities.refused:
            return False
        self.abilities.refused.add(parameter)
        return True

    def _sleep(self, seconds: float, cancelled: Cancelled) -> None:
        end = time.monotonic() + min(seconds, MOST_WAIT)
        while time.monotonic() < end and not cancelled():
            time.sleep(min(0.05, seconds))

    def _once(
        self,
        messages: Sequence[Message],
        wish: Wish,
        tell: Callable[[str], None],
        cancelled: Cancelled,
        think: Callable[[str], None],
    ) -> Reply:
        began = time.monotonic()
        gathering = Gathering(self.endpoint, wish.limit + wish.thinking, tell, think)
        with self._told(cancelled, gathering) as watch:
            asked = self._sdk.chat.completions.with_streaming_response.create(
                model=self.endpoint.model or "default",
                messages=[dict(message) for message in messages],  # type: ignore[misc]
                **self._options(wish),
            )
            with asked as response:
                for piece in self._pieces(response):
                    watch.piece()
                    gathering.take(piece)
                    if gathering.runaway:
                        watch.hang_up()
                        break
        return gathering.reply(began, tokens_of(messages))

    def _options(self, wish: Wish) -> dict[str, Any]:
        refused = self.abilities.refused
        limit = "max_completion_tokens" if "max_tokens" in refused else "max_tokens"
        thinking = wish.thinking + (THINKING if self.abilities.thinks else 0)
        options: dict[str, Any] = {limit: wish.limit + thinking, "temperature": wish.temperature, "seed": wish.seed}
        options = {name: value for name, value in options.items() if name not in refused}
        if "max_tokens" in refused:
            options.pop("temperature", None)
        if "stream_options" not in refused:
            options["stream_options"] = {"include_usage": True}
        if wish.shape is not None and (form := FORMS[self.abilities.form]) != "text":
            options["response_format"] = (
                {"type": "json_object"}
                if form == "json_object"
                else {"type": form, "json_schema": {"name": "answer", "strict": True, "schema": dict(wish.shape)}}
            )
        if self.abilities.overthinks or (self.abilities.thinks and not wish.thinking):
            options["extra_body"] = {name: value for name, value in NO_THINKING.items() if name not in refused}
        return {**options, "stream": True}

    def _pieces(self, response: Any) -> Iterator[Any]:
        """The answer's pieces: events as they come, or a whole answer where the server does not stream."""
        kind = response.headers.get("content-type", "")
        if "event-stream" in kind:
            yield from response.parse()
            return
        text = response.read().decode("utf-8", "replace")
        if is_page(text):
            raise web_page(self.endpoint, response.status_code)
        try:
            yield json.loads(text)
        except ValueError:
            raise fault(self.endpoint, response.status_code, text) from None

    @contextlib.contextmanager
    def _told(self, cancelled: Cancelled, gathering: Gathering | None = None) -> Iterator[Watch]:
        """A watched call, in which every fault becomes an error of ours."""
        watch = Watch(self._patience, cancelled)
        self._calls.watch = watch
        try:
            with watch:
                yield watch
        except EngineError:
            raise
        except Exception as error:
            if gathering is not None and gathering.runaway:
                return
            raise watch.reason or self._explained(error, watch) from None
        finally:
            self._calls.watch = None
        if watch.reason is not None and not (gathering and gathering.finish):
            raise watch.reason

    def _mark(self, request: Any) -> None:
        """Has a request's connection told to the watch of its call."""
        if watch := getattr(self._calls, "watch", None):
            request.extensions = {**request.extensions, "trace": watch.trace}

    def _keep(self, response: Any) -> None:
        if watch := getattr(self._calls, "watch", None):
            watch.keep(response.extensions.get("network_stream"))

    def _explained(self, error: Exception, watch: Watch) -> ModelError:
        """An error of the package as one of ours; its own text may hold the key, so it is not repeated."""
        if isinstance(error, openai.APIStatusError):
            body = error.body if error.body is not None else error.response.text
            whole = {"error": body} if isinstance(body, Mapping) and "error" not in body else body
            return fault(self.endpoint, error.status_code, whole, error.response.headers)
        if isinstance(error, openai.APITimeoutError) and watch.connected:
            return SilentServerError("The language model's server did not answer in time.", "Look at the server.")
        if not watch.connected:
            return ServerUnreachableError(
                f"No language model's server answers at {self.endpoint.url}.",
                f"It is asked through the proxy of {proxy}: check that one, or set NO_PROXY to its host."
                if (proxy := proxy_to(self.endpoint))
                else "Start it (LM Studio: Developer, Start server), or set LLM_BASE_URL to where it runs.",
            )
        if isinstance(error, openai.APIError) and not isinstance(error, openai.APIConnectionError):
            return fault(self.endpoint, 200, {"error": error.body or error.message})
        if isinstance(error, ValueError | TypeError | AttributeError | LookupError):
            return BrokenReplyError(
                f"What the server at {self.endpoint.url} sent is not its protocol.", "Check LLM_BASE_URL."
            )
        return lost(self.endpoint, watch.pieces > 0)


def lost(endpoint: Endpoint, started: bool) -> BrokenReplyError:
    """The error for an answer that ended before its end."""
    return BrokenReplyError(
        f"The answer of the language model at {endpoint.url} ended before its end.",
        "The connection was lost: look whether the server still runs.",
        started,
    )


class Gathering:
    """The pieces of one answer, put together."""

    def __init__(
        self,
        endpoint: Endpoint,
        limit: int,
        tell: Callable[[str], None],
        think: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.finish = ""
        self._think = think
        self.runaway = False
        self._endpoint = endpoint
        self._most = limit * 12 + 2_000
        self._parting = Parting(tell, think)
        self._text: list[str] = []
        self._thought: list[str] = []
        self._size = self._blank = 0
        self._usage: Any = None
        self._first = 0.0

    def take(self, piece: Any) -> None:
        """One event, or a whole answer.

        Raises:
            ModelError: it holds an error.
        """
        data = piece if isinstance(piece, Mapping) else piece.model_dump()
        if (error := error_in(data)) is not None:
            raise fault(self._endpoint, 200, {"error": error})
        self._usage = data.get("usage") or self._usage
        for choice in data.get("choices") or []:
            self._choice(choice)

    def _choice(self, choice: Mapping[str, Any]) -> None:
        said = choice.get("delta") or choice.get("message") or {}
        if said.get("refusal"):
            raise BrokenReplyError(
                f"The model declined: {words_of(said['refusal']).rstrip('.')}.", "Say it in other words."
            )
        thought = said.get("reasoning_content") or said.get("reasoning")
        if isinstance(thought, str):
            self._thought.append(thought)
            self._think(thought)
        text = said.get("content")
        if isinstance(text, list):
            text = "".join(str(part.get("text", "")) for part in text if isinstance(part, Mapping))
        if text:
            self._first = self._first or time.monotonic()
            self._text.append(text)
            self._parting.take(text)
            self._size += len(text)
            self._blank = self._blank + len(text) if not text.strip() else 0
        self.finish = choice.get("finish_reason") or self.finish
        self.runaway = self._size > self._most or self._blank > RUNAWAY_BLANKS

    def reply(self, began: float, asked: int) -> Reply:
        """The whole answer.

        Raises:
            BrokenReplyError: it has no end.
        """
        if not self.finish and not self.runaway:
            raise lost(self._endpoint, bool(self._text))
        self._parting.end()
        text, inside = without_thinking("".join(self._text))
        thinking = "".join(self._thought) or inside
        return Reply(
            text=text,
            finish="length" if self.runaway else self.finish,
            thinking=thinking,
            usage=self._used(began, asked, text + thinking),
        )

    def _used(self, began: float, asked: int, text: str) -> Usage:
        now = time.monotonic()
        counted = self._usage if isinstance(self._usage, Mapping) else {}
        prompt, written = counted.get("prompt_tokens"), counted.get("completion_tokens")
        known = isinstance(prompt, int) and isinstance(written, int)
        return Usage(
            prompt_tokens=prompt if isinstance(prompt, int) else asked,
            written_tokens=written if isinstance(written, int) else tokens_in(text),
            seconds=now - began,
            first_token_seconds=(self._first or now) - began,
            estimated=not known,
        )
