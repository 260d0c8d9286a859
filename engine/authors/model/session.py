"""One run's talk with a model: every call within limits, kept with its tokens and seconds, told as it is written."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from engine.authors.model.prompting import WINDOW, Messages
from engine.errors import BrokenReplyError, ModelError
from engine.language_model.client import Client, Wish
from engine.language_model.reply import Reply
from engine.language_model.tokens import tokens_in, tokens_of
from engine.products import Cancelled, Event, ModelCall, Step, Tell, Writing

MOST_CALLS = 8
MOST_WRITTEN = 4_000
MOST_SECONDS = 900.0
FLUSH_SECONDS = 0.3
THOUGHT_SECONDS = 2.0
LONGEST_KEPT = 60_000
NO_PRICE: tuple[float, float] | None = None


@dataclass
class Talk:
    """The calls of one run. `price` is USD a million tokens, read and written."""

    client: Client
    tell: Tell
    cancelled: Cancelled
    window: int = WINDOW
    price: tuple[float, float] | None = NO_PRICE
    calls: list[ModelCall] = field(default_factory=list)
    fixes: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def writing(self) -> Writing:
        """The talk so far, as it is kept."""
        made = Writing(
            server=self.client.endpoint.url,
            model=self.client.endpoint.model,
            calls=tuple(self.calls),
            fixes=tuple(dict.fromkeys(self.fixes)),
        )
        if self.price is None:
            return made
        read, written = self.price
        return made.model_copy(update={"cost": (made.prompt_tokens * read + made.written_tokens * written) / 1e6})

    def ask(self, purpose: str, step: Step, messages: Messages, wish: Wish) -> Reply:
        """One call.

        Raises:
            ModelError: the server failed, or the run's limit of calls, tokens or seconds is reached.
        """
        self._within_limits()
        self.progress(step, f"{self.client.endpoint.model}: {purpose}")
        stream = _Stream(self.tell, step)
        thought = _Thought(self, step)
        reply = self.client.chat(messages, wish, stream.take, self.cancelled, thought.take)
        stream.flush()
        usage = reply.usage
        self.calls.append(
            ModelCall(
                purpose=purpose,
                prompt="\n\n".join(message["content"] for message in messages)[:LONGEST_KEPT],
                reply=reply.text[:LONGEST_KEPT],
                prompt_tokens=usage.prompt_tokens,
                written_tokens=usage.written_tokens,
                seconds=usage.seconds,
                estimated=usage.estimated,
                thinking=reply.thinking[:LONGEST_KEPT],
            )
        )
        if not reply.whole and not reply.text.strip() and reply.thinking:
            raise BrokenReplyError(
                f"The model was still thinking when its answer was cut off at {usage.written_tokens:,} tokens.",
                "Load it without thinking, or use a model that thinks less.",
            )
        expected = tokens_of(messages)
        if not usage.estimated and expected > 600 and usage.prompt_tokens < expected * 0.5:
            self.notices.append(
                f"The server read {usage.prompt_tokens:,} tokens of a prompt of about {expected:,}: it may have cut it."
                " Load the model with a larger context length."
            )
        return reply

    def progress(self, step: Step, text: str) -> None:
        """Say what is being done."""
        self.tell(Event(step=step, state="progress", message=text, at=datetime.now(UTC)))

    def _within_limits(self) -> None:
        # What a model thinks is no answer: it has a budget of its own in each call.
        written = sum(max(call.written_tokens - tokens_in(call.thinking), 0) for call in self.calls)
        seconds = sum(call.seconds for call in self.calls)
        for reached, most, what in (
            (len(self.calls), MOST_CALLS, "calls"),
            (written, MOST_WRITTEN, "tokens"),
            (seconds, MOST_SECONDS, "seconds"),
        ):
            if reached >= most:
                raise ModelError(
                    f"The model found no usable answer within {most:,.0f} {what}.",
                    "Say it in other words, or use a larger model.",
                )


class _Thought:
    """Says every few seconds that the model thinks, and how much it has thought."""

    def __init__(self, talk: Talk, step: Step) -> None:
        self._talk = talk
        self._step = step
        self._size = 0
        self._last = time.monotonic()

    def take(self, text: str) -> None:
        self._size += len(text)
        if time.monotonic() - self._last > THOUGHT_SECONDS:
            self._last = time.monotonic()
            words = f"{self._talk.client.endpoint.model} thinks before it answers (about {self._size // 6:,} words)"
            self._talk.progress(self._step, words)


class _Stream:
    """Gathers what the model writes and tells it a few times a second."""

    def __init__(self, tell: Tell, step: Step) -> None:
        self._tell: Callable[[Event], None] = tell
        self._step = step
        self._waiting: list[str] = []
        self._last = 0.0

    def take(self, text: str) -> None:
        self._waiting.append(text)
        if time.monotonic() - self._last > FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            text = "".join(self._waiting)
            self._tell(Event(step=self._step, state="written", message=text, at=datetime.now(UTC)))
        self._waiting, self._last = [], time.monotonic()
