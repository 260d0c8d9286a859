"""What is told of an answer, over real servers on loopback that take, refuse, hang up and answer late."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from datetime import timedelta

import pytest
from aiosmtpd.smtp import SMTP

from engine.errors import UsageError
from engine.products.service import Callback, Channel, Delivery, DeliveryState, Drop, Hook, Mail, Service
from engine.services import promoting
from engine.services.delivering import WAITS, check_channel
from engine.services.ticker import ask, pass_once, send_next
from tests.services.conftest import Live

MAIL = Mail(to=("ann@example.com", "bob@example.com"))


def told(live: Live, *channels: Channel) -> tuple[Service, Delivery]:
    """A service that was asked once, and its newest message."""
    service = promoting.create(live.kit, live.ask().id, "dscr", channels=channels)
    ask(service, live.kit, live.now())
    _, sent = pass_once(live.kit, live.now)
    return service, sent[-1]


def again(live: Live, message: Delivery) -> Delivery:
    """The next try of a message, once its time has come."""
    (waiting,) = [each for each in live.sent() if each.id == message.id]
    live.at = waiting.next_at
    found = send_next(live.kit, live.now)
    assert found is not None
    return found


def test_a_mail_has_two_lines_the_pdf_and_an_id_of_its_own(live: Live) -> None:
    _, message = told(live, MAIL)
    assert message.state is DeliveryState.SENT
    (mail,) = live.inbox.mails
    assert mail["To"] == "ann@example.com, bob@example.com"
    assert mail["Message-ID"] == f"<{message.id}@example.com>"
    assert mail["Subject"].startswith("DSCR for Orlando Fashion Square: DSCR of Orlando Fashion Square is 1.35x")
    text, attached = mail.iter_parts()
    lines = text.get_content().splitlines()
    assert lines[0] == "DSCR of Orlando Fashion Square is 1.35x for Nov 2025 to Oct 2026, above the 1.25x threshold."
    assert lines[1].endswith("nothing changed.")
    assert attached.get_content().startswith(b"%PDF")


def test_a_server_that_is_busy_is_tried_again_and_one_that_refuses_is_not(live: Live) -> None:
    live.inbox.answers = ["451 busy"]
    _, message = told(live, MAIL)
    assert (message.state, message.error) == (DeliveryState.WAITING, "The mail server answered 451: busy")
    assert message.next_at - live.at == WAITS[0]
    assert send_next(live.kit, live.now) is None
    assert again(live, message).state is DeliveryState.SENT
    assert "X-May-Be-Repetition" not in live.inbox.mails[0]
    live.inbox.answers = ["554 never"]
    ask(live.kit.store.services.get("dscr"), live.kit, live.later(minutes=1))
    _, (refused,) = pass_once(live.kit, live.now)
    assert (refused.state, refused.attempt) == (DeliveryState.FAILED, 1)


def test_a_mail_that_may_have_arrived_is_marked_with_the_same_id(live: Live) -> None:
    live.inbox.answers = ["taken and dropped"]
    _, message = told(live, MAIL)
    assert (message.state, message.doubtful) == (DeliveryState.WAITING, True)
    assert again(live, message).state is DeliveryState.SENT
    first, second = live.inbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first["X-May-Be-Repetition"] is None
    assert second["X-May-Be-Repetition"] == "1"
    assert second["Subject"].endswith("(may be a repetition)")


def test_a_sender_that_died_while_it_sent_leaves_a_message_that_is_marked(live: Live) -> None:
    promoting.create(
        live.kit, live.ask().id, "dscr", channels=(Callback(url=f"http://{live.receiver.host}/x", secret="HOOK"),)
    )
    ask(live.kit.store.services.get("dscr"), live.kit, live.now())
    from engine.services.ticker import answer_next

    answer_next(live.kit, live.now)
    taken = live.kit.store.services.claim_delivery(live.at)
    assert taken is not None  # and here its process ends
    assert send_next(live.kit, live.now) is None
    live.later(minutes=4)
    found = send_next(live.kit, live.now)
    assert found is not None
    assert (found.state, found.doubtful, found.attempt) == (DeliveryState.SENT, True, 2)
    assert live.posted()["repetition"] is True
    assert not live.kit.store.services.keep_delivery(taken), "the one that died must change nothing any more"


def test_a_callback_is_signed_and_keyed(live: Live) -> None:
    _, message = told(live, Callback(url=f"http://{live.receiver.host}/answers?of=1", secret="HOOK"))
    assert message.state is DeliveryState.SENT
    path, headers, body = live.receiver.posts[0]
    assert path == "/answers?of=1"
    assert headers["X-Signature-256"] == "sha256=" + hmac.new(b"signs", body, hashlib.sha256).hexdigest()
    assert headers["Idempotency-Key"] == message.id
    found = json.loads(body)
    assert found["service"] == "dscr"
    assert found["answer"]["reading"]


@pytest.mark.parametrize(
    ("answer", "state", "doubtful"),
    [
        (503, DeliveryState.WAITING, False),
        (429, DeliveryState.WAITING, False),
        (410, DeliveryState.FAILED, False),
        (307, DeliveryState.FAILED, False),
        (0, DeliveryState.WAITING, True),
    ],
)
def test_what_a_web_server_answers_instead(live: Live, answer: int, state: DeliveryState, doubtful: bool) -> None:
    live.receiver.answers = [answer]
    _, message = told(live, Hook(kind="slack", secret="CHAT"))
    assert (message.state, message.doubtful) == (state, doubtful)
    assert "t0ken" not in message.error, "the address of a hook is a secret"
    if state is DeliveryState.WAITING:
        assert again(live, message).state is DeliveryState.SENT
    assert len(live.receiver.posts) == 1 + (state is DeliveryState.WAITING)


def test_after_the_last_try_a_message_is_given_up(live: Live) -> None:
    live.receiver.answers = [503] * 10
    _, message = told(live, Hook(kind="teams", secret="CHAT"))
    while message.state is DeliveryState.WAITING:
        message = again(live, message)
    assert (message.state, message.attempt) == (DeliveryState.FAILED, len(WAITS) + 1)
    assert send_next(live.kit, lambda: live.at + timedelta(days=9)) is None


def test_chats_show_text_and_never_markup(live: Live) -> None:
    run = live.ask()
    promoting.create(
        live.kit, run.id, "dscr", title="<!channel> *now* [a](http://x)",
        channels=(Hook(kind="slack", secret="CHAT"), Hook(kind="teams", secret="CHAT")),
    )  # fmt: skip
    ask(live.kit.store.services.get("dscr"), live.kit, live.now())
    pass_once(live.kit, live.now)
    slack = next(json.loads(body) for _, _, body in live.receiver.posts if b"mrkdwn" in body)
    assert slack["text"].startswith("&lt;!channel&gt; *now* [a](http://x):")
    assert slack["mrkdwn"] is False
    teams = next(json.loads(body) for _, _, body in live.receiver.posts if b"AdaptiveCard" in body)
    title = teams["attachments"][0]["content"]["body"][0]["text"]
    assert title == r"<!channel> \*now\* \[a\]\(http://x\)"


def test_a_folder_gets_the_pdf_and_the_document_once(live: Live) -> None:
    told(live, Drop(folder="monday"))
    folder = live.kit.settings.deliveries / "monday"
    assert sorted(each.suffix for each in folder.iterdir()) == [".json", ".pdf"]
    assert json.loads(next(folder.glob("*.json")).read_text())["service"] == "dscr"
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        (Mail(to=()), "no mail address"),
        (Mail(to=("ann@example.com\r\nBcc: eve@example.com",)), "no mail address"),
        (Mail(to=("ann",)), "no mail address"),
        (Hook(kind="slack", secret="NONE"), "SECRET_NONE is not set"),
        (Callback(url="file:///etc/passwd", secret="HOOK"), "no web address"),
        (Callback(url="http://x:99999/", secret="HOOK"), "no web address"),
        (Callback(url="http://[::1", secret="HOOK"), "no web address"),
        (Callback(url="http://ann:pass@example.com/", secret="HOOK"), "no web address"),
        (Drop(folder="../elsewhere"), "no name for a folder"),
        (Drop(folder="/etc"), "no name for a folder"),
        (Drop(folder=".."), "no name for a folder"),
    ],
)
def test_a_channel_that_cannot_be_is_refused(live: Live, channel: Channel, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_channel(channel, live.kit.settings)


def test_a_host_that_nobody_approved_is_not_posted_to(live: Live) -> None:
    _, message = told(live, Callback(url="http://127.0.0.1:9/", secret="HOOK"))
    assert message.state is DeliveryState.FAILED
    assert "approved" in message.error


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://mail.example.com", "no address of a mail server"),
        ("smtp://ann:pass@mail.example.com", "without encryption"),
        ("smtp://mail.example.com:port", "no address of a mail server"),
    ],
)
def test_a_mail_server_that_cannot_be_is_refused(live: Live, url: str, said: str) -> None:
    settings = live.kit.settings.model_copy(update={"smtp_url": url})
    with pytest.raises(UsageError, match=said):
        check_channel(MAIL, settings)


@pytest.mark.parametrize("channel", [MAIL, Callback(url="http://HOST/", secret="HOOK")])
def test_a_server_that_stalls_is_left_and_tried_again(
    live: Live, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that takes a connection and says nothing."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr("engine.services.delivering.SECONDS", 0.5)
        live.kit.settings = live.kit.settings.model_copy(update={"smtp_url": f"smtp://{host}"})
        live.kit.shelf.hosts.approve(host, private=True)
        if isinstance(channel, Callback):
            channel = channel.model_copy(update={"url": f"http://{host}/"})
        _, message = told(live, channel)
    assert message.state is DeliveryState.WAITING
    assert message.error


@pytest.mark.parametrize("farewell", ["421 busy", "500 what"])
def test_what_a_server_says_to_a_good_bye_changes_nothing(
    live: Live, farewell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def quit_badly(self: SMTP, arg: str) -> None:
        await self.push(farewell)

    monkeypatch.setattr(SMTP, "smtp_QUIT", quit_badly)
    _, message = told(live, MAIL)
    assert message.state is DeliveryState.SENT
    assert len(live.inbox.mails) == 1


def test_a_message_that_cannot_be_made_stands_in_nobodys_way(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr("engine.services.delivering.mail", broken)
    run = live.ask()
    for name, channel in (("first", MAIL), ("second", Drop(folder="second"))):
        promoting.create(live.kit, run.id, name, channels=(channel,))
        ask(live.kit.store.services.get(name), live.kit, live.later(seconds=1))
    pass_once(live.kit, live.now)
    found = {each.channel.kind: each.state for each in live.sent()}
    assert found == {"folder": DeliveryState.SENT, "mail": DeliveryState.FAILED}


def test_no_mail_server_that_answers_is_a_reason_and_another_try(live: Live) -> None:
    live.inbox.controller.stop()
    _, message = told(live, MAIL)
    assert (message.state, message.doubtful) == (DeliveryState.WAITING, False)
    assert "cannot be reached" in message.error
    live.inbox.start()
    assert again(live, message).state is DeliveryState.SENT
