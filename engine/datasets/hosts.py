"""Which hosts may be asked: those a person approved, and of their addresses only those of the open internet.

A host inside the company has a private address; it needs an approval that says so. Addresses where cloud machines
keep their credentials are never asked, whatever was approved.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from engine.errors import EngineError, RefusedError, SourceError, StoreError, UsageError
from engine.foundation.files import write_whole
from engine.products import Product

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_-]{1,63})*\.?|\[[0-9a-f:.]+\])(?::\d{1,5})?")
_USUAL_PORTS = (80, 443)
# Where clouds answer their machines with credentials, besides the link-local addresses: Amazon and Google by IPv6,
# Alibaba, Azure, Oracle.
_METADATA = tuple(
    map(
        ipaddress.ip_network,
        ("fd00:ec2::/32", "fd20:ce::/32", "100.100.100.0/24", "168.63.129.16/32", "192.0.0.192/32", "169.254.0.0/16"),
    )
)
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


class Approval(Product):
    """A host that may be asked: on ports 80 and 443, or on the one port that is written behind it."""

    host: str
    private: bool = False
    at: datetime | None = None


class Hosts:
    """The approvals of one workbench: some from the settings, the others kept in a file."""

    def __init__(self, file: Path, given: Iterable[Approval] = ()) -> None:
        self._file = file
        self._given = tuple(given)

    def all(self) -> tuple[Approval, ...]:
        """Every approval, those of the settings first."""
        return (*self._given, *self._kept())

    def approve(self, host: str, *, private: bool = False) -> Approval:
        """Let a host be asked; `private`: also where its address is of a private network."""
        approval = Approval(host=checked_host(host), private=private, at=datetime.now(UTC))
        self._keep([*(each for each in self._kept() if each.host != approval.host), approval])
        return approval

    def withdraw(self, host: str) -> None:
        """Take an approval back."""
        name = checked_host(host)
        if any(each.host == name for each in self._given):
            raise UsageError(f"{name} is approved in the settings.", "Take it out of APPROVED_HOSTS.")
        if all(each.host != name for each in self._kept()):
            raise UsageError(f"{name} is not approved.", "./run dataset hosts lists those that are.")
        self._keep([each for each in self._kept() if each.host != name])

    def approval(self, host: str, port: int) -> Approval:
        """The approval under which a host may be asked.

        Raises:
            RefusedError: nobody approved it.
        """
        for each in self.all():
            name, written = split_host(each.host)
            if name == host.lower().rstrip(".") and (port == written if written else port in _USUAL_PORTS):
                return each
        place = host if port in _USUAL_PORTS else f"{host}:{port}"
        raise RefusedError(
            f"Nobody has approved the host {place}.",
            f"Approve it on the Settings page or with: ./run dataset approve {place}",
        )

    def lacking(self, host: str, port: int) -> Literal["", "approval", "private"]:
        """What a person must still say before a host is asked: that it may be, or that its address is private."""
        try:
            approval = self.approval(host, port)
        except RefusedError:
            return "approval"
        with contextlib.suppress(EngineError):
            addresses_of(host, port, private=approval.private)
            return ""
        with contextlib.suppress(EngineError):
            addresses_of(host, port, private=True)
            return "" if approval.private else "private"
        return ""

    def _kept(self) -> tuple[Approval, ...]:
        try:
            return tuple(Approval.model_validate(item) for item in json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError, ValidationError) as error:
            raise StoreError(f"The approved hosts cannot be read: {error}.", f"Correct {self._file}.") from None

    def _keep(self, approvals: list[Approval]) -> None:
        text = json.dumps([each.model_dump(mode="json") for each in approvals], indent=1)
        write_whole(self._file, text.encode())


def given_hosts(public: str, private: str) -> tuple[Approval, ...]:
    """The approvals of the settings APPROVED_HOSTS and APPROVED_PRIVATE_HOSTS, names separated by commas."""
    pairs = [(host, False) for host in public.split(",")] + [(host, True) for host in private.split(",")]
    return tuple(Approval(host=checked_host(host), private=own) for host, own in pairs if host.strip())


def checked_host(text: str) -> str:
    """A host as approvals know it: `name` or `name:port`."""
    host = text.strip().lower()
    if not _HOST.fullmatch(host):
        raise UsageError(f"{text!r} is no host.", "Give a name such as api.example.com or api.example.com:8443.")
    return host


def split_host(host: str) -> tuple[str, int]:
    """Name and port; 0 where none is written."""
    if host.startswith("["):
        name, _, rest = host[1:].partition("]")
        return name, int(rest.removeprefix(":") or 0)
    name, _, port = host.partition(":")
    return name.rstrip("."), int(port or 0)


def addresses_of(host: str, port: int, *, private: bool) -> tuple[str, ...]:
    """The addresses of a host, every one of them checked; the caller connects to these and resolves no more.

    Raises:
        SourceError: the name is not known.
        RefusedError: any address is not one that may be asked.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SourceError(f"The host {host} is not known.", "Check the url of the dataset, and the network.") from None
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        reason = refusal(address, private=private)
        if reason:
            raise RefusedError(
                f"{host} leads to {address}, {reason}, which is not asked.",
                "A host inside your own network needs an approval that says so: ./run dataset approve HOST --private"
                if reason == "a private address"
                else "Such addresses are never asked.",
            )
    return addresses


def refusal(address: str, *, private: bool) -> str:
    """Why an address may not be asked; empty when it may."""
    found = _plain(ipaddress.ip_address(address.partition("%")[0]))
    if any(found in network for network in _METADATA if network.version == found.version):
        return "an address where cloud machines keep their credentials"
    if found.is_link_local:
        return "a link-local address"
    if found.is_multicast or found.is_unspecified or (found.is_reserved and not found.is_loopback):
        return "an address of no host"
    if not found.is_global and not private:
        return "a private address"
    return ""


def _plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one carries, where it carries one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inner is None and (address in _TRANSLATED or (int(address) >> 32 == 0 and int(address) > 1)):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address
