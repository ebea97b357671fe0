"""Webhooks against a real receiver that fails, hangs, trickles, redirects and is gone; verified by another library."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from audapolis.config import Settings
from audapolis.errors import Conflict, InvalidOption, NotFound, UnknownName
from audapolis.export.webhooks.courier import MOST_BODY_BYTES, body_of
from audapolis.export.webhooks.schedule import WAITS_S
from audapolis.webhook_desk import WebhookDesk
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from .receiver import Received, Receiver, receiving


class Clock:
    """Stands still until told; near to the real time, because the verifying library looks at that."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def open_desk(tmp_path: Path, clock: Clock) -> Iterator[Callable[[], WebhookDesk]]:
    opened: list[WebhookDesk] = []

    def start() -> WebhookDesk:
        exports = {"webhook_networks": ["127.0.0.0/8", "::1/128"]}
        settings = Settings.model_validate({"data_dir": tmp_path, "exports": exports})
        opened.append(WebhookDesk(settings, now=clock, timeout_s=1.0))
        return opened[-1]

    yield start
    for desk in opened:
        desk.stop()


@pytest.fixture
def desk(open_desk: Callable[[], WebhookDesk]) -> WebhookDesk:
    return open_desk()


def publish(desk: WebhookDesk, message_id: str = "msg_1", kind: str = "task.done") -> bool:
    return desk.store.publish(message_id, kind, body_of(kind, 1_700_000_000.0, {"task_id": "x", "ünï": "😀"}))


def verified(secret: str, received: Received) -> object:
    return Webhook(secret).verify(received.body, received.headers)


def test_a_message_is_signed_so_that_the_reference_library_takes_it(desk: WebhookDesk, receiver: Receiver) -> None:
    _, secret = desk.add(receiver.url)
    publish(desk)
    desk.courier.send_due()
    [received] = receiver.received
    assert received.path == "/hook?x=1"
    assert received.headers["host"] == f"localhost:{receiver.port}"
    assert received.headers["webhook-id"] == "msg_1"
    assert verified(secret, received) == {
        "type": "task.done",
        "timestamp": "2023-11-14T22:13:20.000Z",
        "data": {"task_id": "x", "ünï": "😀"},
    }
    received.body += b" "
    with pytest.raises(WebhookVerificationError):
        verified(secret, received)


def test_while_a_secret_is_replaced_both_sign(desk: WebhookDesk, receiver: Receiver, clock: Clock) -> None:
    subscription, former = desk.add(receiver.url)
    present = desk.rotate(subscription.id)
    publish(desk)
    desk.courier.send_due()
    assert len(receiver.received[0].headers["webhook-signature"].split()) == 2
    assert verified(former, receiver.received[0]) == verified(present, receiver.received[0])
    clock.now += 86_401
    publish(desk, "msg_2")
    desk.courier.send_due()
    assert len(receiver.received[1].headers["webhook-signature"].split()) == 1


@pytest.mark.parametrize("answer", [500, 404, 301, 300, "redirect", "close", "hang", "drip"])
def test_all_but_2xx_is_tried_again_under_the_same_id(
    desk: WebhookDesk, receiver: Receiver, clock: Clock, answer: int | str
) -> None:
    subscription, secret = desk.add(receiver.url)
    receiver.answers = [answer]
    publish(desk)
    began = time.monotonic()
    assert desk.courier.send_due() == 1
    assert time.monotonic() - began < 3
    [delivery] = desk.log(subscription.id)
    assert delivery.state == "pending"
    assert delivery.tries[0].status == {"redirect": 302, "close": None, "hang": None, "drip": None}.get(
        str(answer), answer
    )
    assert desk.courier.send_due() == 0
    clock.now += 6
    assert desk.courier.send_due() == 1
    [delivery] = desk.log(subscription.id)
    assert (delivery.state, len(delivery.tries)) == ("delivered", 2)
    assert {each.headers["webhook-id"] for each in receiver.received} == {"msg_1"}
    assert [each.path for each in receiver.received] == ["/hook?x=1", "/hook?x=1"]
    assert verified(secret, receiver.received[-1])


def test_hanging_receivers_are_told_apart_in_the_log(desk: WebhookDesk, receiver: Receiver) -> None:
    subscription, _ = desk.add(receiver.url)
    receiver.answers = ["drip"]
    publish(desk)
    desk.courier.send_due()
    assert "no answer within 1 s" in desk.log(subscription.id)[0].tries[0].said


def test_the_schedule_is_kept_with_a_little_chance_and_ends(
    desk: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    subscription, _ = desk.add(receiver.url)
    receiver.answers = [500] * 20
    publish(desk)
    waits = [0.0]
    while desk.courier.send_due():
        next_at = desk.log(subscription.id)[0].next_at
        if next_at is None:
            break
        waits.append(next_at - clock.now)
        clock.now = next_at
    assert len(waits) == len(WAITS_S) == len(receiver.received)
    for wait, usual in zip(waits, WAITS_S, strict=True):
        assert usual <= wait <= usual * 1.1 + 0.001
    assert desk.log(subscription.id)[0].state == "failed"


def test_retry_after_is_honoured(desk: WebhookDesk, receiver: Receiver, clock: Clock) -> None:
    subscription, _ = desk.add(receiver.url)
    receiver.answers = ["retry"]
    publish(desk)
    desk.courier.send_due()
    assert desk.log(subscription.id)[0].next_at == pytest.approx(clock.now + 120)


def test_410_disables_the_receiver_until_somebody_enables_it(desk: WebhookDesk, receiver: Receiver) -> None:
    subscription, _ = desk.add(receiver.url)
    receiver.answers = [410]
    publish(desk)
    publish(desk, "msg_2")
    desk.courier.send_due()
    found = desk.store.subscription(subscription.id)
    assert (found.enabled, found.disabled_because) == (False, "It answered 410 Gone.")
    assert [each.state for each in desk.log(subscription.id)] == ["failed", "failed"]
    publish(desk, "msg_3")
    assert desk.courier.send_due() == 0
    with pytest.raises(Conflict, match="410"):
        desk.send_again(subscription.id, "msg_1")
    desk.change(subscription.id, enabled=True)
    desk.send_again(subscription.id, "msg_2")
    assert desk.courier.send_due() == 1
    assert len(receiver.received) == 2


def test_the_same_id_is_queued_once(desk: WebhookDesk, receiver: Receiver) -> None:
    desk.add(receiver.url)
    assert publish(desk)
    assert not publish(desk)
    desk.courier.send_due()
    desk.courier.send_due()
    assert len(receiver.received) == 1


def test_what_waits_survives_a_restart(
    open_desk: Callable[[], WebhookDesk], receiver: Receiver, clock: Clock, tmp_path: Path
) -> None:
    first = open_desk()
    subscription, secret = first.add(receiver.url)
    receiver.answers = [503]
    publish(first)
    first.courier.send_due()
    first.stop()
    assert (tmp_path / "exports" / "webhooks.sqlite").stat().st_mode & 0o077 == 0
    clock.now += 6
    second = open_desk()
    assert second.courier.send_due() == 1
    assert [try_.status for try_ in second.log(subscription.id)[0].tries] == [503, 204]
    assert verified(secret, receiver.received[-1])


def test_the_thread_sends_by_itself(desk: WebhookDesk, receiver: Receiver) -> None:
    subscription, _ = desk.add(receiver.url)
    desk.start()
    desk.ping(subscription.id)
    until = time.monotonic() + 10
    while not receiver.received and time.monotonic() < until:
        time.sleep(0.02)
    assert json.loads(receiver.received[0].body)["type"] == "ping"


def test_receivers_get_only_what_they_asked_for(desk: WebhookDesk, receiver: Receiver) -> None:
    subscription, _ = desk.add(receiver.url, ["export.done"])
    publish(desk, "msg_1", "task.done")
    publish(desk, "msg_2", "export.done")
    desk.courier.send_due()
    assert [each.message_id for each in desk.log(subscription.id)] == ["msg_2"]
    with pytest.raises(UnknownName, match=r"task\.done"):
        desk.add(receiver.url, ["task.don"])


def test_a_slow_receiver_does_not_hold_others_back(desk: WebhookDesk, receiver: Receiver) -> None:
    desk.add(receiver.url)
    receiver.answers = ["hang"]
    publish(desk)
    with receiving() as quick:
        other, _ = desk.add(quick.url)
        desk.start()
        desk.ping(other.id)
        until = time.monotonic() + 0.8
        while not quick.received and time.monotonic() < until:
            time.sleep(0.02)
        assert quick.received


def test_secrets_are_checked_and_kept_out_of_records(desk: WebhookDesk, receiver: Receiver) -> None:
    own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    subscription, secret = desk.add(receiver.url, secret=own)
    assert secret == own
    assert own not in repr(subscription) + repr(desk.store.subscriptions())
    for bad in ("whsec_short", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!"):
        with pytest.raises(InvalidOption) as caught:
            desk.add(receiver.url, secret=bad)
        assert bad not in str(caught.value)


def test_messages_are_small() -> None:
    with pytest.raises(ValueError, match="too large"):
        body_of("task.done", 0.0, {"x": "y" * MOST_BODY_BYTES})


def test_what_does_not_exist_is_named(desk: WebhookDesk, receiver: Receiver) -> None:
    subscription, _ = desk.add(receiver.url)
    with pytest.raises(NotFound):
        desk.send_again(subscription.id, "msg_9")
    desk.remove(subscription.id)
    for call in (desk.remove, desk.rotate, desk.ping, desk.log):
        with pytest.raises(NotFound):
            call(subscription.id)
