"""The HTTP API: as fixed, with errors as JSON, over a test client and over a real socket."""

from __future__ import annotations

import io
import json
import socket
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pypdf
import pytest
from flask.testing import FlaskClient

from runtime.failures import RuntimeFailure
from runtime.server import BODY_CAP, make_app, serve
from runtime.workspace import Workspace
from tests.runtime.conftest import write_folder


@pytest.fixture
def client(workspace: Workspace) -> FlaskClient:
    return make_app(workspace).test_client()


def test_health(client: FlaskClient) -> None:
    found = client.get("/health").get_json()
    assert found["status"] == "ok"
    assert found["title"] == "DSCR for Orlando Fashion Square"
    assert found["data_read_at"].startswith("20")


def test_results_at_values(client: FlaskClient) -> None:
    base = client.get("/api/results").get_json()
    changed = client.get("/api/results?revenue_change=0.1").get_json()
    assert base["metrics"][1]["value"] < changed["metrics"][1]["value"]
    assert changed["values"]["revenue_change"] == 0.1


def test_simulate(client: FlaskClient) -> None:
    body = {"scenarios": [{"name": "optimistic", "revenue_change": 0.10}]}
    (scenario,) = client.post("/api/simulate", json=body).get_json()["scenarios"]
    assert scenario["name"] == "optimistic"
    assert scenario["parameters"] == {"revenue_change": 0.1, "expense_change": 0.0, "rate_change": 0.0}
    assert set(scenario["metrics"]) == {"dscr", "noi", "debt_yield", "expense_ratio"}


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/api/results?revenu_change=0.1", 400, "Did you mean revenue_change?"),
        ("/api/results?revenue_change=7", 400, "-0.5 to 0.5"),
        ("/api/download?format=exe", 400, "pdf, xlsx, pptx, csv, json"),
        ("/api/download", 400, "pdf, xlsx, pptx, csv, json"),
        ("/api/download?format=csv&table=secrets", 400, "noi_by_month"),
        ("/api/download?format=pdf&scenarios={", 400, "scenarios=["),
        ("/api/nothing", 404, "/api/simulate"),
        ("/static/server.py", 404, "/health"),
        ("/static/..%2fserver.py", 404, "/health"),
    ],
)
def test_errors_are_json(client: FlaskClient, path: str, status: int, told: str) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert set(response.get_json()["error"]) == {"message", "hint"}
    assert told in response.get_json()["error"]["hint"]


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b'{"scenarios": []}', b'{"scenarios": [{"x": {}}]}'])
def test_a_body_that_makes_no_sense(client: FlaskClient, body: bytes) -> None:
    response = client.post("/api/simulate", data=body)
    assert response.status_code == 400
    assert response.get_json()["error"]["hint"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "name,Revenue change\nSöhne,-10 %\n".encode()),
        ("a.csv", "\ufeffdriver;Söhne\nrevenue_change;-0.1\n".encode()),
        ("a.json", '{"scenarios": [{"name": "Söhne", "revenue_change": -0.1}]}'.encode()),
    ],
)
def test_scenarios_of_a_file(client: FlaskClient, name: str, content: bytes) -> None:
    found = client.post("/api/scenarios", query_string={"file": name}, data=content).get_json()
    assert found == {"scenarios": [{"name": "Söhne", "values": {"revenue_change": -0.1}}]}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"driver,Flood\nrevenue_change,-70 %\n", "Flood, Revenue change: -0.7 is outside -0.5 to 0.5."),
        ("a.csv", b"name,rent\nFlood,1\n", "Flood: there is no driver named 'rent'."),
        ("../a.json", b"\xff\xfe", "a.json cannot be read as JSON"),
        ("", b"", "The file cannot be read as JSON"),
    ],
)
def test_a_file_that_is_wrong_is_told(client: FlaskClient, name: str, content: bytes, told: str) -> None:
    response = client.post("/api/scenarios", query_string={"file": name}, data=content)
    assert response.status_code == 400
    assert told in response.get_json()["error"]["message"]


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_scenarios_to_a_file_and_back(client: FlaskClient, kind: str) -> None:
    kept = [{"name": "=1+1", "revenue_change": -0.1}, {"name": "Base data"}]
    written = client.get("/api/scenarios", query_string={"format": kind, "scenarios": json.dumps(kept)})
    assert f'filename="scenarios.{kind}"' in written.headers["Content-Disposition"]
    assert (b"'=1+1" in written.data) == (kind == "csv")
    found = client.post("/api/scenarios", query_string={"file": f"a.{kind}"}, data=written.data).get_json()
    assert found["scenarios"] == [
        {"name": "=1+1", "values": {"revenue_change": -0.1}}, {"name": "Base data", "values": {}}
    ]  # fmt: skip
    assert client.get("/api/scenarios").status_code == 400


def test_a_body_too_large(client: FlaskClient) -> None:
    response = client.post("/api/simulate", data=b" " * (BODY_CAP + 1))
    assert response.status_code == 413
    assert "5 MB" in response.get_json()["error"]["message"]


SLOW = '''"""Slow."""
import time
from runtime import Metric, Parameter
PARAMETERS = [Parameter("change", "Change", low=-1.0, high=1.0)]
CALLS = []
def bonus(change: float) -> float:
    """A bonus above zero only."""
    CALLS.append(change)
    time.sleep(0.005)
    return 100.0 if change > 0 else 0.0
VIEW = [Metric("bonus", "Bonus")]
'''


@pytest.fixture
def slow(open_script: Callable[..., Workspace]) -> Workspace:
    """A model that takes no arrays, and its time."""
    return open_script(SLOW, {"unused": pd.DataFrame({"a": [1]})})


def test_a_long_question_tells_how_far_it_is_and_stops_when_it_is_cancelled(slow: Workspace) -> None:
    app = make_app(slow)
    rows = [{"change": number / 65536} for number in range(65536)]
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lambda: app.test_client().post("/api/simulate?ticket=a", json=rows))
        while not (told := app.test_client().post("/api/progress?ticket=a").get_json())["done"]:
            assert not asked.done()
        assert told["total"] == len(rows)
        assert app.test_client().post("/api/progress?ticket=b").get_json() == {"done": 0, "total": 0}
        assert app.test_client().post("/api/cancel?ticket=a").get_json() == {"stopped": True}
        found = asked.result()
    assert (found.status_code, found.get_json()["error"]["message"]) == (422, "This was cancelled.")
    assert len(slow.model.module.CALLS) < len(rows)
    assert app.test_client().post("/api/cancel?ticket=a").get_json() == {"stopped": False}
    assert app.test_client().post("/api/simulate?ticket=a", json=rows[:2]).status_code == 200


def test_a_defect_gives_no_trace(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "results", lambda values=None: 1 / 0)
    response = make_app(workspace).test_client().get("/api/results")
    assert response.status_code == 500
    assert b"ZeroDivision" not in response.data
    assert b"Traceback" not in response.data


def test_security_headers(client: FlaskClient) -> None:
    for path in ("/", "/api/results", "/static/dashboard.js", "/nothing"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "script-src 'self';" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in headers


def test_a_bundle_on_its_own_has_nothing_beyond_its_own_data(client: FlaskClient) -> None:
    assert client.get("/api/abilities").json == {"say": False, "portfolio": False, "refresh": False}
    for path in ("/api/portfolio", "/api/refresh", "/api/say"):
        assert client.post(path, json={}).status_code == 404


def test_the_page_has_only_relative_addresses(client: FlaskClient) -> None:
    page = client.get("/").text
    names = (
        "format",
        "tables",
        "charts",
        "explain",
        "drivers",
        "compare",
        "scenariofile",
        "whatif",
        "sensitivity",
        "chance",
        "outside",
        "portfolio",
        "freshdata",
        "dashboard",
    )
    scripts = "".join(client.get(f"/static/{name}.js").text for name in names)
    for text in (page, scripts):
        for wrong in ("http://", "https://", '"/api', '"/static', "innerHTML", "eval("):
            assert wrong not in text


def test_static_files_are_packed_and_not_sent_twice(client: FlaskClient) -> None:
    first = client.get("/static/plotly.min.js", headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    assert len(first.data) < 2_000_000
    again = {"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]}
    assert client.get("/static/plotly.min.js", headers=again).status_code == 304


@pytest.mark.parametrize(
    ("format", "start"),
    [("pdf", b"%PDF"), ("xlsx", b"PK"), ("pptx", b"PK"), ("csv", b"\xef\xbb\xbfname"), ("json", b"{")],
)
def test_downloads(client: FlaskClient, format: str, start: bytes) -> None:
    scenarios = json.dumps([{"name": "Winter is coming", "revenue_change": -0.1}])
    response = client.get("/api/download", query_string={"format": format, "scenarios": scenarios})
    assert response.data.startswith(start)
    assert f'filename="dscr-for-orlando-fashion-square.{format}"' in response.headers["Content-Disposition"]
    if format == "pdf":
        pages = pypdf.PdfReader(io.BytesIO(response.data)).pages
        assert "Winter is coming" in "".join(page.extract_text() for page in pages)


def test_over_a_socket_and_at_once(address: str) -> None:
    def dscr(change: float) -> float:
        with urllib.request.urlopen(f"{address}/api/results?revenue_change={change}") as response:
            return float(json.load(response)["metrics"][0]["value"])

    changes = [number / 100 for number in range(1, 25)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(dscr, changes))
    assert found == sorted(found)
    assert len(set(found)) == len(changes)


def test_a_port_in_use_is_told(workspace: Workspace) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RuntimeFailure, match=f"Port {port} on 127.0.0.1 is in use"):
            serve(workspace, "127.0.0.1", port)


def test_the_brand_is_on_the_page(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    plain = make_app(Workspace(folder)).test_client()
    assert "masthead" not in plain.get("/").text
    assert plain.get("/brand/colors.css").text == ""
    assert plain.get("/brand/logo.png").status_code == 404
    logo = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x01"
    (folder / "brand").mkdir()
    (folder / "brand" / "brand.json").write_text('{"name": "<b>A & B</b>", "primary": "#ffff00", "accent": "#0b3d2e"}')
    (folder / "brand" / "logo.png").write_bytes(logo)
    branded = make_app(Workspace(folder)).test_client()
    page = branded.get("/").text
    assert "<span>&lt;b&gt;A &amp; B&lt;/b&gt;</span>" in page
    assert 'src="brand/logo.png"' in page
    assert branded.get("/brand/logo.png").data == logo
    colors = branded.get("/brand/colors.css")
    assert colors.content_type.startswith("text/css")
    light, dark = colors.text.split("@media")
    assert "--accent: #0b3d2e;" in light
    assert "--accent: #0b3d2e;" not in dark
    assert "--heading: #ffff00;" not in light
    assert "--heading: #ffff00;" in dark


@pytest.mark.parametrize(
    "path", ["/api/what-if", "/api/simulate", "/api/scenarios?file=a.json", "/api/scenarios?file=a.csv"]
)
@pytest.mark.parametrize("opened", ["[", '{"scenarios":'])
def test_json_that_is_nested_deeply_is_one_sentence(client: FlaskClient, path: str, opened: str) -> None:
    answer = client.post(path, data=opened * 100_000, content_type="application/json")
    assert answer.status_code == 400
    assert answer.get_json()["error"]["hint"]


@pytest.mark.parametrize("path", ["/api/download?format=pdf&scenarios=", "/api/scenarios?scenarios="])
def test_json_in_an_address_that_is_nested_deeply_is_one_sentence(client: FlaskClient, path: str) -> None:
    answer = client.get(path + "[" * 20_000)
    assert answer.status_code == 400
    assert answer.get_json()["error"]["hint"]
