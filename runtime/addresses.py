"""Where the workbench, or a dashboard on its own, may be asked: names and ports that are theirs, so that no other
site's page can drive them.

A page of another site can make a browser ask this machine, under a name that it controls (DNS rebinding) or from an
origin of its own. So what does not name a known host is refused, and what comes from another origin too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

LOCAL = ("localhost", "127.0.0.1", "[::1]")
EVERYWHERE = ("", "0.0.0.0", "::", "[::]")
USUAL = {"http": 80, "https": 443}
# A page that is sandboxed, as dashboards are, has no origin of its own and says so.
OPAQUE = "null"


@dataclass(frozen=True)
class Addresses:
    """The hosts and origins that are taken, and the address to give to others: empty where none is set."""

    hosts: frozenset[str]
    origins: frozenset[str]
    public: str

    def known(self, host: str | None) -> bool:
        """Whether the Host of a request is one of ours; without any it is not."""
        return host is not None and host.strip().lower() in self.hosts

    def from_here(self, origin: str | None, *, opaque: bool) -> bool:
        """Whether the Origin of a request is ours; a request that no page made has none."""
        if origin is None:
            return True
        return origin.lower() in self.origins or (opaque and origin == OPAQUE)


def addresses(host: str, port: int, public: Iterable[str]) -> Addresses:
    """Localhost at this port, the address that is listened on, and the public ones, of which the first is given out."""
    named = [*LOCAL, *([] if host.strip().lower() in EVERYWHERE else [_bracketed(host.strip().lower())])]
    local = [f"http://{name}:{port}" for name in named]
    whole = [each.rstrip("/") for each in public]
    hosts, origins = set(), set()
    for each in (*local, *whole):
        hosts_of, origins_of = _parts(each)
        hosts |= hosts_of
        origins |= origins_of
    return Addresses(frozenset(hosts), frozenset(origins), whole[0] if whole else "")


def public_addresses(text: str) -> tuple[str, ...]:
    """The addresses in a setting, separated by commas.

    Raises:
        ValueError: one is not like https://workbench.example.com.
    """
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for each in found:
        try:
            parts = urlsplit(each)
            fine = parts.scheme in USUAL and parts.hostname and not (parts.query or parts.fragment or parts.username)
            _ = parts.port
        except ValueError:
            fine = False
        if not fine:
            raise ValueError(f"{each[:80]!r} is not an address such as https://workbench.example.com")
    return found


def _parts(address: str) -> tuple[set[str], set[str]]:
    """The Host headers and Origins that a browser sends for an address: without a port where it is the usual one."""
    parts = urlsplit(address)
    name, usual = _bracketed(parts.hostname or ""), USUAL[parts.scheme]
    port = parts.port or usual
    hosts = {f"{name}:{port}"} | ({name} if port == usual else set())
    return hosts, {f"{parts.scheme}://{host}" for host in hosts}


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name and not name.startswith("[") else name
