"""Addresses webhooks may not be sent to, however they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from audapolis.config import Settings
from audapolis.errors import InvalidOption
from audapolis.export.webhooks.guard import Guard, Refused, endpoint_of
from audapolis.export.webhooks.sending import send
from audapolis.webhook_desk import WebhookDesk

from .receiver import receiving

PRIVATE = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    guard = Guard(resolve=lambda _host, _port: [address])
    with pytest.raises(Refused):
        guard.addresses(endpoint_of("https://example.org/x"))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "1.1.1.1"])
def test_public_addresses_are_allowed_by_https_only(address: str) -> None:
    guard = Guard(resolve=lambda _host, _port: [address])
    assert guard.addresses(endpoint_of("https://example.org/x")) == [address]
    with pytest.raises(Refused, match="https"):
        guard.addresses(endpoint_of("http://example.org/x"))


def test_a_name_that_leads_to_both_is_not_trusted() -> None:
    guard = Guard(resolve=lambda _host, _port: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(Refused):
        guard.addresses(endpoint_of("https://example.org/x"))


def test_networks_of_the_settings_are_allowed_and_nothing_beside_them() -> None:
    guard = Guard(["10.1.0.0/16", "::1/128"], resolve=lambda host, _port: [host])
    assert guard.addresses(endpoint_of("http://10.1.2.3/x")) == ["10.1.2.3"]
    assert guard.addresses(endpoint_of("http://[::1]/x")) == ["::1"]
    for host in ("10.2.0.1", "[::ffff:10.1.2.3]", "127.0.0.1"):
        with pytest.raises(Refused):
            guard.addresses(endpoint_of(f"http://{host}/x"))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/y",
        "file:///etc/passwd",
        "https://",
        "https://user:pw@host/",
        "https://host/#x",
        "https://host:99999/",
        "https://host:0/",
        "https://ho st/",
        "https://host/\r\nX-Evil: 1",
        "javascript:alert(1)",
        "https://host/" + "x" * 3000,
        "gopher://127.0.0.1:6379/_x",
        "//host/x",
        "",
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidOption):
        endpoint_of(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "017700000001", "localhost", "[::ffff:7f00:1]"])
def test_loopback_is_refused_in_every_spelling_when_a_receiver_is_taken(tmp_path: Path, host: str) -> None:
    desk = WebhookDesk(Settings(data_dir=tmp_path))
    with pytest.raises(InvalidOption, match="not sent there"):
        desk.add(f"https://{host}/x")
    desk.stop()


def test_an_address_that_changes_after_it_was_checked_is_not_connected_to() -> None:
    answers = [["8.8.8.8"], ["127.0.0.1"]]
    guard = Guard(resolve=lambda _host, _port: answers.pop(0))
    with receiving() as receiver:
        endpoint = endpoint_of(f"https://example.org:{receiver.port}/x")
        assert guard.addresses(endpoint) == ["8.8.8.8"]
        answer = send(endpoint, {}, b"{}", guard, timeout_s=2)
        assert answer.refused
        assert "127.0.0.1" in answer.said
        assert receiver.received == []


def test_a_name_is_looked_up_once_and_the_checked_address_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        looked.append(host)
        return ["127.0.0.1"]

    with receiving() as receiver:
        endpoint = endpoint_of(f"http://no-such-name.invalid:{receiver.port}/x")
        answer = send(endpoint, {}, b"{}", Guard(["127.0.0.0/8"], resolve), timeout_s=2)
        assert answer.ok
        assert looked == ["no-such-name.invalid"]
        assert receiver.received[0].headers["host"] == f"no-such-name.invalid:{receiver.port}"
