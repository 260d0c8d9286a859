"""Which language models there are: servers on their usual ports of this machine, their models, window and speed."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import ModelError, ModelMissingError
from engine.language_model.client import Client, Wish
from engine.language_model.endpoint import Endpoint
from engine.products import Product

# Each program with the port it uses unless told otherwise.
USUAL = {"LM Studio": 1234, "Ollama": 11434, "llama.cpp": 8080, "vLLM": 8000}
LEAST_WINDOW = 4_096
_NO_CHAT = re.compile(r"embed|rerank|whisper|tts|bge-|nomic", re.IGNORECASE)
_TRIAL = ({"role": "user", "content": "Count from one to twenty in words, separated by spaces."},)


@dataclass(frozen=True)
class Found:
    """A server and the models it offers; `window` is its context in tokens, 0 when it does not say."""

    endpoint: Endpoint
    models: tuple[str, ...]
    window: int = 0
    program: str = ""


class Trial(Product):
    """How a model answered a short question."""

    url: str
    model: str
    window: int
    window_known: bool
    seconds: float
    tokens_a_second: float
    program: str = ""

    @property
    def words(self) -> str:
        """In one line."""
        known = f"{self.window:,} tokens" if self.window_known else f"not told, {self.window:,} tokens assumed"
        return (
            f"{self.model} at {self.url}{f' ({self.program})' if self.program else ''}, window {known},"
            f" first answer in {self.seconds:.1f} s, {self.tokens_a_second:.0f} tokens a second"
        )


def find_local(key: str = "", ports: Mapping[str, int] | None = None) -> tuple[Found, ...]:
    """The servers that answer on this machine's usual ports."""
    found = []
    for program, port in (USUAL if ports is None else ports).items():
        if _open(port):
            with contextlib.suppress(ModelError):
                found.append(replace(look(Endpoint(f"http://localhost:{port}/v1", key=key)), program=program))
    return tuple(found)


def look(endpoint: Endpoint) -> Found:
    """What a server offers; the endpoint it gives names the model that will be asked.

    Raises:
        ModelError: it cannot be reached, or has no model.
    """
    client = Client(endpoint)
    try:
        listed = client.get(f"{endpoint.url}/models")
        entries = [entry for entry in _entries(listed) if isinstance(entry.get("id"), str)]
        names = tuple(entry["id"] for entry in entries)
        native = tuple(_native(client))
        loaded = [name for name, _, active in native if active]
        model = choose(endpoint.model, names, loaded)
        windows = {name: size for name, size, _ in native if size}
        window = windows.get(model, 0) or _window(next(entry for entry in entries if entry["id"] == model))
        return Found(replace(endpoint, model=model), names, window or _served_window(client))
    except ModelMissingError:
        raise
    finally:
        client.close()


def choose(wanted: str, names: tuple[str, ...], loaded: list[str]) -> str:
    """The model that is meant: by its whole name, else by a name that is alike, else the first that can chat.

    Raises:
        ModelMissingError: there is none.
    """
    if not names:
        raise ModelMissingError("The server has no model loaded.", "Load a model in the server, then ask again.")
    if wanted:
        plain = _plain(wanted)
        for alike in (lambda n: n == wanted, lambda n: _plain(n) == plain, lambda n: plain in _plain(n)):
            if found := [name for name in names if alike(name)]:
                return found[0]
        raise ModelMissingError(
            f"The server has no model named {wanted!r}.",
            f"It has: {', '.join(names[:8])}. Set LLM_MODEL to one of them.",
        )
    chatting = [name for name in names if not _NO_CHAT.search(name)] or list(names)
    return next((name for name in chatting if name in loaded), chatting[0])


def probe(endpoint: Endpoint) -> Trial:
    """Ask the model something short and say how it went.

    Raises:
        ModelError: it did not answer.
    """
    found = look(endpoint)
    client = Client(found.endpoint)
    try:
        reply = client.chat(_TRIAL, Wish(limit=60, temperature=0.0))
    finally:
        client.close()
    usage = reply.usage
    writing = max(usage.seconds - usage.first_token_seconds, 0.001)
    return Trial(
        url=endpoint.url,
        model=found.endpoint.model,
        window=found.window or LEAST_WINDOW,
        window_known=bool(found.window),
        seconds=usage.first_token_seconds,
        tokens_a_second=usage.written_tokens / writing,
        program=found.program,
    )


def _open(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return True
    except OSError:
        return False


def _entries(listed: Any) -> list[Mapping[str, Any]]:
    data = listed.get("data", listed.get("models", [])) if isinstance(listed, Mapping) else listed
    return [entry for entry in data if isinstance(entry, Mapping)] if isinstance(data, list) else []


def _plain(name: str) -> str:
    """A model's name without its maker, its format and its marks: `qwen2.5-coder:7b` is qwen25coder7b."""
    last = re.sub(r"\.gguf$", "", name.lower().rsplit("/", 1)[-1])
    return re.sub(r"[^a-z0-9]", "", re.sub(r"[-_:](instruct|it|mlx|latest|gguf|q\d\w*)(?=$|[-_:])", "", last))


def _window(entry: Mapping[str, Any]) -> int:
    """The window in a list of models: vLLM and others say it there."""
    meta = entry.get("meta") if isinstance(entry.get("meta"), Mapping) else {}
    for place, name in (
        (entry, "max_model_len"),
        (entry, "context_window"),
        (entry, "context_length"),
        (meta, "n_ctx"),
    ):
        value = place.get(name) if isinstance(place, Mapping) else None
        if isinstance(value, int) and value > 0:
            return value
    return 0


def _native(client: Client) -> Iterator[tuple[str, int, bool]]:
    """(model, window, whether loaded) by the programs' own protocols, where they answer."""
    for path in ("/api/v1/models", "/api/v0/models", "/api/ps"):
        try:
            listed = _entries(client.get(client.endpoint.root + path))
        except ModelError:
            continue
        for entry in listed:
            instances = entry.get("loaded_instances")
            first = instances[0] if isinstance(instances, list) and instances else {}
            config = first.get("config", {}) if isinstance(first, Mapping) else {}
            name = entry.get("key") or entry.get("id") or entry.get("name") or entry.get("model")
            sizes = (config.get("context_length"), entry.get("loaded_context_length"), entry.get("context_length"))
            window = next((size for size in sizes if isinstance(size, int)), 0)
            loaded = bool(instances) or entry.get("state") == "loaded" or path == "/api/ps"
            if isinstance(name, str):
                yield name, window, loaded
        if listed:
            return


def _served_window(client: Client) -> int:
    """The window of a llama.cpp server."""
    try:
        props = client.get(f"{client.endpoint.root}/props")
    except ModelError:
        return 0
    settings = props.get("default_generation_settings") if isinstance(props, Mapping) else None
    size = settings.get("n_ctx") if isinstance(settings, Mapping) else None
    return size if isinstance(size, int) else 0
