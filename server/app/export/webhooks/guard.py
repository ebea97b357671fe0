"""Which addresses webhooks may be sent to. A name is resolved and looked at once, and then connected to by address."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...errors import InvalidOption

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Gives a name's addresses; raises OSError where there are none."""

_LONGEST_URL = 2000
_PORTS = {"http": 80, "https": 443}

_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "169.254.0.0/16",  # link-local, where clouds answer with credentials
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "::ffff:0:0/96",  # IPv4 in disguise, as are the next five
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
        "::ffff:0:0:0/96",
        "100::/64",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)


class Refused(Exception):
    """An address that webhooks may not be sent to; its text says why."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a webhook goes: the parts of its URL."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the `Host` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def endpoint_of(url: str) -> Endpoint:
    """Read a webhook's URL.

    Raises:
        InvalidOption: It is none that webhooks can be sent to.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode() if ":" not in (parts.hostname or "") else parts.hostname
    except (ValueError, UnicodeError):
        parts, port, host = urlsplit(""), None, None
    printable = url.isascii() and url.isprintable() and " " not in url and len(url) <= _LONGEST_URL
    if parts.scheme not in _PORTS or not host or "@" in parts.netloc or parts.fragment or not printable or port == 0:
        raise InvalidOption(
            "A webhook can't be sent to this address.",
            hint="Give an https:// URL without user name, password and fragment.",
            field="url",
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(parts.scheme, host, port or _PORTS[parts.scheme], path)


class Guard:
    """Knows which addresses are allowed."""

    def __init__(self, networks: Sequence[str] = (), resolve: Resolve | None = None) -> None:
        """Allow public addresses, and private ones in `networks`."""
        self._networks = tuple(ipaddress.ip_network(network) for network in networks)
        self._resolve = resolve or resolved

    def addresses(self, endpoint: Endpoint) -> list[str]:
        """The addresses a webhook may be sent to now. Connect to one of these, not to the name.

        Raises:
            Refused: There is none; a name that leads to a public and a private address is not trusted at all.
            OSError: The name leads nowhere.
        """
        found = list(dict.fromkeys(self._resolve(endpoint.host, endpoint.port)))
        for text in found:
            address = ipaddress.ip_address(text.partition("%")[0])
            if self._listed(address):
                continue
            if not is_public(address):
                raise Refused(f"{endpoint.host} leads to {address}, which is not a public address")
            if endpoint.scheme != "https":
                raise Refused("only https:// is allowed outside the networks in the settings")
        if not found:
            raise OSError(f"{endpoint.host} has no address")
        return found

    def _listed(self, address: Address) -> bool:
        return any(address in network for network in self._networks if network.version == address.version)


def is_public(address: Address) -> bool:
    """Whether an address is one that anybody on the internet may be reached at."""
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system knows them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
