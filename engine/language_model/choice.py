"""Which language model is asked: by the request, the settings, a choice on a page, or found on this machine."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from engine.language_model.client import Client
from engine.language_model.discovery import LEAST_WINDOW, find_local, look
from engine.language_model.endpoint import NONE, Endpoint, read_address
from engine.settings import Settings
from engine.store.runs import Store

CHOICE = "language model"


@dataclass(frozen=True)
class Ready:
    """A model that can be asked, and its window in tokens."""

    client: Client
    window: int
    window_known: bool


class Models:
    """The models of one process; each is looked at once."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._lock = threading.RLock()
        self._ready: dict[Endpoint, Ready] = {}

    def endpoint(self, wanted: str = "") -> Endpoint | None:
        """Where to ask: at `wanted`, else by LLM_BASE_URL, else as chosen, else what runs on this machine.

        Raises:
            UsageError: an address cannot be used.
        """
        settings = self._settings
        given = wanted.strip() or settings.llm_base_url.strip()
        if given.lower() == NONE:
            return None
        if given:
            return self._with_key(Endpoint(read_address(given), settings.llm_model if not wanted else ""))
        chosen = self._store.choice(CHOICE)
        if chosen.get("url") == NONE:
            return None
        if chosen.get("url"):
            return self._with_key(Endpoint(chosen["url"], settings.llm_model or chosen.get("model", "")))
        found = find_local()
        return replace(found[0].endpoint, model=settings.llm_model or found[0].endpoint.model) if found else None

    def trial_endpoint(self, url: str, model: str = "") -> Endpoint:
        """An address and model as typed, to be tried; with the key when it is meant for that server.

        Raises:
            UsageError: the address cannot be used.
        """
        return self._with_key(Endpoint(read_address(url), model.strip()))

    def choose(self, url: str, model: str = "") -> None:
        """Keep a choice; an empty address goes back to what is found, 'none' to the catalogue alone."""
        address = url if url in ("", NONE) else read_address(url)
        self._store.choose(CHOICE, {"url": address, "model": model})

    def client(self, wanted: str = "") -> Ready | None:
        """The model to ask, looked at; None when there is to be none.

        Raises:
            ModelError: the server cannot be asked; a server that was only found, not set, counts as none.
        """
        endpoint = self.endpoint(wanted)
        if endpoint is None:
            return None
        with self._lock:
            if endpoint not in self._ready:
                found = look(endpoint)
                window = self._settings.llm_window or found.window
                self._ready[endpoint] = Ready(Client(found.endpoint), window or LEAST_WINDOW, bool(window))
            return self._ready[endpoint]

    def close(self) -> None:
        """Give the connections back."""
        with self._lock:
            for ready in self._ready.values():
                ready.client.close()
            self._ready.clear()

    def _with_key(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint with the key, if the key is meant for that server: it goes nowhere else."""
        key = self._settings.llm_api_key
        own = self._settings.llm_base_url
        meant = not own or own.lower() == NONE or _origin(read_address(own)) == _origin(endpoint.url)
        return replace(endpoint, key=key) if key and meant else endpoint


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port
