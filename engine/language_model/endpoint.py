"""Where a language model is: a server's address, a model's name and a key that is never shown."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from engine.errors import UsageError
from engine.foundation.redaction import BLOT, blotted

NONE = "none"
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_EXAMPLE = "Example: http://localhost:1234/v1"
_KEY_LIKE = re.compile(r"\b(?:sk|pk|gsk|key|tok)[-_][\w*-]{6,}|(?<=Bearer )\S+")


@dataclass(frozen=True)
class Endpoint:
    """A server and the model wanted there; no model named means the one that the server has."""

    url: str
    model: str = ""
    key: str = field(default="", repr=False)

    @property
    def loopback(self) -> bool:
        """Whether the server runs on this machine."""
        return is_loopback(self.url)

    @property
    def root(self) -> str:
        """The server's address without the protocol's path."""
        return self.url.removesuffix("/v1")

    def without_key(self, text: str) -> str:
        """A text of the server with the key, and all that looks like one, blotted out."""
        return _KEY_LIKE.sub(BLOT, blotted(text, [self.key]))


def proxy_to(endpoint: Endpoint) -> str:
    """The setting of the proxy through which a server is asked; empty where none stands between."""
    if endpoint.loopback:
        return ""
    return next((name for name in _PROXIES if os.environ.get(name) or os.environ.get(name.lower())), "")


def read_address(text: str) -> str:
    """A server's address as requests are sent to: with scheme and `/v1`, no user, no trailing slash.

    Raises:
        UsageError: it is no http address, or holds a password.
    """
    given = text.strip()
    given = given if "://" in given else f"http://{given}"
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        raise UsageError("The language model's address is not understood.", _EXAMPLE) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError("The language model's address is not an http address.", _EXAMPLE)
    if parts.username or parts.password:
        raise UsageError("The language model's address holds a user or password.", "Set LLM_API_KEY instead.")
    path = re.sub(r"/(chat/completions|completions|models)$", "", parts.path.rstrip("/")).rstrip("/") or "/v1"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return urlunsplit((parts.scheme, f"{host}:{port}" if port else host, path, "", ""))


def is_loopback(url: str) -> bool:
    """Whether an address is of this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
