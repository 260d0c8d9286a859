"""Frames and logs taken apart, without any sandbox."""

from __future__ import annotations

import pytest

from engine.executors.outside.stream import FrameReader, FrameTooLarge, Log, plain
from runtime import frames


def test_frames_come_out_whole_however_they_arrive() -> None:
    sent = frames.pack({"a": 1}, b"body") + frames.pack({"b": 2}) + frames.pack({"c": 3}, b"\x00" * 5000)
    for size in (1, 3, 7, 4096, len(sent)):
        reader = FrameReader(1 << 20)
        found = [frame for start in range(0, len(sent), size) for frame in reader.feed(sent[start : start + size])]
        assert [(header["blob"], len(body)) for header, body in found] == [(4, 4), (0, 0), (5000, 5000)]


def test_a_frame_over_the_cap_is_refused_before_it_is_held() -> None:
    reader = FrameReader(1000)
    with pytest.raises(FrameTooLarge):
        list(reader.feed(frames.pack({"a": 1}, bytes(2000))[:40]))


@pytest.mark.parametrize("text", [b"[1]", b"{}", b'{"blob": -1}', b'{"blob": "x"}', b"nonsense", b"[" * 100_000])
def test_what_is_no_frame_is_an_error(text: bytes) -> None:
    with pytest.raises(frames.FrameError):
        list(FrameReader(1 << 20).feed(len(text).to_bytes(4, "big") + text))


def test_the_log_keeps_its_head_and_says_what_was_cut() -> None:
    log = Log(cap=10)
    for _ in range(5):
        log.add(b"12345\n")
    assert log.text.startswith("12345\n1234")
    assert "20 more bytes" in log.text
    assert log.last_lines == "12345\n" * 3 + "12345"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (b"\x1b[1;31mred\x1b[0m", "red"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1bPdevice\x1b\\after", "after"),
        (b"a\x08b\x00c", "abc"),
        ("right \u202eto left".encode(), "right to left"),
        (b"50%\r100%\r\n", "50%\n100%\n"),
        (b"\xff", "\ufffd"),
    ],
)
def test_terminals_are_not_steered(given: bytes, shown: str) -> None:
    assert plain(given) == shown
