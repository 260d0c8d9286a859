"""Declared GETs against a real server: every kind of paging, every fault, and no way to where nobody sent it."""

from __future__ import annotations

import base64
import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.datasets.declaration import HttpSource, Paging, read_declaration
from engine.datasets.fetching import Answer, leads_to
from engine.datasets.hosts import Hosts, refusal
from engine.datasets.paging import parsed, read_api
from engine.datasets.shelf import Shelf
from engine.errors import EngineError, RefusedError, SourceError, UsageError
from tests.datasets.conftest import ROWS, SECRETS, Api

PAGINGS = {
    "pages": (Paging(kind="page", parameter="page", size_parameter="size", size=10), "$.data", 3),
    "offsets": (Paging(kind="offset", parameter="offset", size=10), "$", 4),
    "cursors": (Paging(kind="cursor", parameter="after", cursor="$.next.cursor"), "$.items", 3),
    "links": (Paging(kind="link"), "$", 3),
}


@pytest.mark.parametrize("kind", list(PAGINGS))
def test_every_kind_of_paging_gives_every_row_once(api: Api, hosts: Hosts, kind: str) -> None:
    paging, rows, pages = PAGINGS[kind]
    reading = read_api(api.source(kind, paging, rows=rows), hosts, {})
    assert [row["id"] for row in reading.rows] == [row["id"] for row in ROWS]
    assert reading.pages == pages


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        ("broken", {}, "answered 500"),
        ("missing", {}, "answered 404"),
        ("secret", {}, "answered 401"),
        ("html", {}, "text/html, not json"),
        ("nonsense", {}, "cannot be read as json"),
        ("huge", {"megabytes": 1}, "more than 1 MB"),
        ("slow", {"seconds": 0.6}, "after 0.6 seconds"),
        ("cut", {}, "broke off"),
        ("packed", {}, "encoding gzip"),
        ("round", {}, "redirected more than"),
        ("rates", {"rows": "$.nothing"}, "there are no rows"),
        ("rates", {"rows": "$.data", "most_rows": 5}, "more than 5 rows"),
        ("endless", {"paging": Paging(kind="page", parameter="page", most_pages=7)}, "more than 7 pages"),
        ("same", {"paging": Paging(kind="page", parameter="page")}, "repeats an earlier page"),
        ("empty", {"rows": "$.data"}, "gave no rows"),
    ],
)
def test_a_fault_is_one_clear_error_and_keeps_nothing(
    api: Api, shelf: Shelf, path: str, fields: dict[str, object], words: str
) -> None:
    with pytest.raises(SourceError) as caught:
        shelf.add_api("rates", api.source(path, **fields))  # type: ignore[arg-type]
    assert words in caught.value.message
    assert caught.value.hint
    assert shelf.all() == ()


def test_an_answer_that_never_ends_is_hung_up_on(api: Api, hosts: Hosts) -> None:
    with pytest.raises(SourceError, match=r"stopped after 0\.5 seconds"):
        read_api(api.source("slow", seconds=0.5), hosts, {})
    assert api.left.wait(30)


def test_what_may_pass_is_tried_again(api: Api, hosts: Hosts) -> None:
    assert len(read_api(api.source("flaky", retries=2), hosts, {}).rows) == len(ROWS)
    assert len(api.asked) == 3


def test_a_server_that_is_not_there_is_named(api: Api, hosts: Hosts) -> None:
    api.server.shutdown()
    api.server.server_close()
    with pytest.raises(SourceError, match="cannot be reached"):
        read_api(api.source("rates"), hosts, {})


def test_a_secret_is_sent_and_never_shown(api: Api, shelf: Shelf) -> None:
    source = api.source("secret", headers={"Authorization": "Bearer ${RATES_TOKEN}"})
    kept = shelf.add_api("rates", source)
    assert api.asked[0][1]["Authorization"] == "Bearer geheim-123"
    assert "geheim" not in kept.model_dump_json()
    assert all("geheim" not in file.read_text("utf-8") for file in shelf._folder.glob("*.yaml"))


def test_a_secret_that_is_not_set_is_named(api: Api, hosts: Hosts) -> None:
    with pytest.raises(UsageError, match="OTHER"):
        read_api(api.source("secret", headers={"X-Key": "${OTHER}"}), hosts, SECRETS)
    assert api.asked == []


def test_a_host_that_nobody_approved_is_not_asked(api: Api, hosts: Hosts) -> None:
    hosts.withdraw(api.host)
    with pytest.raises(RefusedError, match="Nobody has approved"):
        read_api(api.source("rates"), hosts, {})
    assert api.asked == []


def test_a_name_that_leads_to_a_private_address_is_refused(api: Api, hosts: Hosts) -> None:
    port = api.host.partition(":")[2]
    hosts.approve(f"localhost:{port}")
    with pytest.raises(RefusedError, match="a private address"):
        read_api(HttpSource(url=f"http://localhost:{port}/rates"), hosts, {})
    assert api.asked == []


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("http://169.254.169.254/latest/meta-data", "Nobody has approved"),
        ("http://localhost:{port}/rates", "a private address"),
        ("file:///etc/passwd", "no plain web address"),
        ("http://metadata:80@127.0.0.1/", "no plain web address"),
    ],
)
def test_a_redirect_is_checked_as_the_first_address_is(api: Api, hosts: Hosts, target: str, words: str) -> None:
    port = api.host.partition(":")[2]
    hosts.approve(f"localhost:{port}")
    source = api.source("moved", parameters={"to": target.format(port=port)})
    with pytest.raises(RefusedError, match=words):
        read_api(source, hosts, {})
    assert len(api.asked) == 1


@pytest.mark.parametrize("way", ["plain", "upper", "spaced", "base64", "path", "encoding", "media"])
def test_a_secret_that_an_api_sends_back_is_not_shown(api: Api, hosts: Hosts, way: str) -> None:
    headers = {"Authorization": "Bearer ${RATES_TOKEN}"}
    with pytest.raises(EngineError) as caught:
        read_api(api.source("echo", parameters={"way": way}, headers=headers), hosts, SECRETS)
    told = f"{caught.value.message} {caught.value.hint} {caught.value}".lower()
    token = SECRETS["RATES_TOKEN"]
    for shown in (token, " ".join(token), base64.b64encode(token.encode()).decode(), token[:6]):
        assert shown.lower() not in told


def test_a_redirect_within_the_host_is_followed_and_one_to_another_gets_no_secret(api: Api, hosts: Hosts) -> None:
    headers = {"Authorization": "Bearer ${RATES_TOKEN}"}
    here = read_api(api.source("moved", parameters={"to": "/secret"}, headers=headers), hosts, SECRETS)
    assert len(here.rows) == len(ROWS)
    hosts.approve(f"localhost:{api.host.partition(':')[2]}", private=True)
    there = f"http://localhost:{api.host.partition(':')[2]}/rates"
    read_api(api.source("moved", parameters={"to": there}, headers=headers, rows="$.data"), hosts, SECRETS)
    assert "Authorization" in api.asked[-2][1]
    assert "Authorization" not in api.asked[-1][1]


@pytest.mark.parametrize(
    ("address", "private", "refused"),
    [
        ("93.184.216.34", False, False),
        ("10.1.2.3", False, True),
        ("10.1.2.3", True, False),
        ("127.0.0.1", False, True),
        ("169.254.169.254", True, True),
        ("fe80::1%eth0", True, True),
        ("::ffff:169.254.169.254", True, True),
        ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::a9fe:a9fe", True, True),
        ("2002:a9fe:a9fe::1", True, True),
        ("100.64.0.1", False, True),
        ("0.0.0.0", True, True),
        ("fd00:ec2::254", True, True),
        ("fd20:ce::254", True, True),
        ("100.100.100.200", True, True),
        ("::ffff:100.100.100.200", True, True),
        ("64:ff9b::6464:64c8", True, True),
        ("::169.254.169.254", True, True),
        ("168.63.129.16", False, True),
        ("168.63.129.16", True, True),
        ("192.0.0.192", True, True),
        ("169.254.170.2", True, True),
        ("fd00:ec3::254", True, False),
        ("100.101.0.1", True, False),
        ("::1", True, False),
        ("224.0.0.1", True, True),
        ("fd00::1", False, True),
        ("2606:4700::1111", False, False),
    ],
)
def test_addresses(address: str, private: bool, refused: bool) -> None:
    assert bool(refusal(address, private=private)) is refused


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a list",
        "name: Rates\nurl: https://api.example.com",
        "name: rates",
        "name: rates\nurl: ftp://api.example.com",
        "name: rates\nurl: https://user:pass@api.example.com",
        "name: rates\nurl: https://api.example.com\nmethod: POST",
        "name: rates\nurl: https://api.example.com\nheaders: {Host: other}",
        'name: rates\nurl: https://api.example.com\nheaders: {X: "a\\r\\nY: b"}',
        "name: rates\nurl: https://api.example.com\npaging: {kind: page}",
        "name: rates\nurl: 'https://api.example.com/a b'",
        "name: [",
    ],
)
def test_a_declaration_that_is_wrong_says_where(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_declaration(text)
    assert "url: https://api.example.com/v1/rates" in caught.value.hint or "letters" in caught.value.hint


def test_rows_become_a_table_and_are_read_anew_when_stale(
    api: Api, shelf: Shelf, read: Callable[[str], list[tuple[object, ...]]]
) -> None:
    shelf.add_api("rates", api.source("rates", rows="$.data", fresh_minutes=0))
    assert read("SELECT count(*), sum(rate), min(base_code) FROM rates") == [(25, 32.5, "EUR")]
    assert len(api.asked) == 2
    origin, read_at = shelf.origin("SELECT * FROM rates")
    assert origin == f"rates: GET http://{api.host}/rates"
    assert read_at is not None


def test_a_stale_api_that_is_down_is_an_error_not_old_rows(
    api: Api, shelf: Shelf, read: Callable[[str], list[tuple[object, ...]]]
) -> None:
    shelf.add_api("rates", api.source("rates", rows="$.data", fresh_minutes=0))
    api.server.shutdown()
    api.server.server_close()
    with pytest.raises(EngineError, match="cannot be reached"):
        read("SELECT * FROM rates")
    assert shelf.get("rates").rows == 25


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path, hosts: Hosts) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    made = "req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 2 -subj /CN=localhost".split()
    subprocess.run([openssl, *made], cwd=tmp_path, check=True, capture_output=True)
    server = Api()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c.pem", tmp_path / "k.pem")
    server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
    hosts.approve(server.host, private=True)
    with pytest.raises(SourceError, match="is not trusted"):
        read_api(HttpSource(url=f"https://{server.host}/rates", retries=0), hosts, {})
    server.server.shutdown()
    server.server.server_close()


def test_csv_comes_too(api: Api, shelf: Shelf, read: Callable[[str], list[tuple[object, ...]]]) -> None:
    shelf.add_api("sales", api.source("table", format="csv"))
    assert read("SELECT sum(amount) FROM sales") == [(30,)]


@pytest.mark.parametrize(
    "target", ["http://[x]/", "http://[::1", "//[x]:80/rates", "http://127.0.0.1:99999/", "http://a:b/"]
)
def test_a_redirect_to_what_is_no_address_is_one_sentence(api: Api, hosts: Hosts, target: str) -> None:
    with pytest.raises(SourceError, match="leads on to what is no address"):
        read_api(api.source("moved", parameters={"to": target}), hosts, {})
    assert len(api.asked) == 1


@pytest.mark.parametrize("link", ["http://[x]/", "//[::1/rates", "http://127.0.0.1:99999/"])
def test_a_next_page_at_what_is_no_address_is_one_sentence(link: str) -> None:
    with pytest.raises(SourceError, match="leads on to what is no address"):
        leads_to("http://127.0.0.1:80/rates", link)


@pytest.mark.parametrize("opened", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [40, 100_000])
def test_an_answer_that_is_nested_deeply_is_one_sentence(opened: str, depth: int) -> None:
    body = (opened * depth + "1" + ("]" if opened == "[" else "}") * depth).encode()
    answer = Answer(url="http://127.0.0.1/rates", media="application/json", charset="utf-8", link="", body=body)
    with pytest.raises(SourceError, match="nested deeper than 32"):
        parsed(HttpSource(url="http://127.0.0.1/rates"), answer)


@pytest.mark.parametrize("text", ["[" * 5000, "name: 2026-99-99", "{" * 5000])
def test_a_declaration_that_is_nested_deeply_or_holds_no_date_is_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="is no YAML"):
        read_declaration(text)
