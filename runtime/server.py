"""The dashboard of a script over HTTP: the page, its results, scenarios and downloads.

It keeps nothing but the workspace it is given, sets no cookie, and every URL of the page is relative, so it
works under any path prefix and inside a sandboxed frame.
"""

from __future__ import annotations

import errno
import gzip
import importlib.util
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, NotFound

from . import brand, scenariofile
from .addresses import Addresses, addresses
from .failures import RuntimeFailure, UsageFailure
from .masthead import MASTHEAD, masthead, stylesheet
from .policy import HEADERS
from .tickets import Tickets
from .workspace import Workspace

BODY_CAP = 5 << 20
HEALTH = "/health"
ELSEWHERE = (
    "The dashboard is not asked under this name or from this page.",
    "Open it by its own address, or name the address under which it is reached in PUBLIC_ADDRESS.",
)
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
SCENARIOS = 'Send scenarios=[{"name": "optimistic", "revenue_change": 0.10}].'
STATIC = Path(__file__).parent / "static"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


class Desk:
    """One workspace behind a lock: requests come on many threads, a script computes on one."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self.drivers = workspace.model.parameters
        self.tickets = Tickets()

    def results(self, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The results document at these parameter values."""
        with self._lock:
            return self._workspace.results(values)

    def what_if(self, question: Mapping[str, Any], ticket: str = "") -> dict[str, Any]:
        """A tornado, table, goal seek, break-even or Monte Carlo."""
        with self._told(ticket):
            return self._workspace.what_if(question)

    def simulate(self, scenarios: Any, ticket: str = "", *, steps: bool = False) -> dict[str, Any]:
        """Every metric for every scenario, with the quantities in between when asked."""
        with self._told(ticket):
            return self._workspace.simulate(scenarios, steps=steps)

    def compared(self, scenarios: Any) -> list[dict[str, Any]]:
        """The scenarios as a report takes them."""
        with self._told(""):
            return self._workspace.compared(scenarios)

    @contextmanager
    def _told(self, ticket: str) -> Iterator[None]:
        """The workspace for one question; what it loops through is told of its ticket, which can end it.

        Raises:
            Stopped: the question was stopped.
        """
        with self.tickets.question(ticket) as mine, self._lock:
            evaluator = self._workspace.evaluator
            before = evaluator.tell

            def tell(done: int, total: int) -> None:
                mine.require()
                mine.note(done, total)
                if before is not None:
                    before(done, total)

            mine.require()
            evaluator.tell = tell
            try:
                yield
            finally:
                evaluator.tell = before


def make_app(workspace: Workspace) -> Flask:
    """The web application over one workspace."""
    app = Flask("dashboard", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_CAP
    look = brand.load(workspace.folder)
    _add_pages(app, look)
    desk = Desk(workspace)
    _add_api(app, desk, look)
    _add_files(app, desk)
    _add_errors(app)

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers.update(HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return app


def at_home(app: Application, known: Addresses) -> Application:
    """The application, for requests that name a host of ours and come from one of our pages or from none.

    `/health` is open: who watches a container asks it under whatever name the container has.
    """

    def answered(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        ours = known.known(environ.get("HTTP_HOST")) and known.from_here(environ.get("HTTP_ORIGIN"), opaque=True)
        if ours or environ.get("PATH_INFO") == HEALTH:
            return app(environ, start)
        body = json.dumps({"error": {"message": ELSEWHERE[0], "hint": ELSEWHERE[1]}}).encode()
        given = {**HEADERS, "Content-Type": "application/json", "Content-Length": str(len(body))}
        start("403 Forbidden", list(given.items()))
        return [body]

    return answered


def serve(workspace: Workspace, host: str, port: int, public: Iterable[str] = ()) -> None:
    """Serve the dashboard until interrupted, under localhost, the host that is listened on, and the public addresses.

    Raises:
        RuntimeFailure: the port is in use or may not be opened.
    """
    import waitress

    # As a container's first process a program ignores the stop signal unless it asks for it.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stop)
    try:
        app = at_home(make_app(workspace).wsgi_app, addresses(host, port, public))
        server = waitress.create_server(app, host=host, port=port, ident=None, threads=8)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "is in use" if taken else f"could not be opened: {error.strerror or error}"
        raise RuntimeFailure(
            f"Port {port} on {host} {reason}.", "Stop what uses it, or choose another with --port or PORT."
        ) from None
    print(f"Dashboard: http://{host}:{port}/  (Ctrl-C stops it)", file=sys.stderr, flush=True)
    server.run()


def _stop(*_: object) -> NoReturn:
    raise SystemExit(0)


def _add_pages(app: Flask, look: brand.Brand) -> None:
    @app.get("/")
    def page() -> Response:
        text = (STATIC / "dashboard.html").read_text(encoding="utf-8")
        return Response(text.replace(MASTHEAD, masthead(look)), content_type="text/html; charset=utf-8")

    @app.get("/brand/colors.css")
    def colors() -> Response:
        return Response(stylesheet(look), content_type=TYPES[".css"])

    @app.get("/brand/logo.png")
    def logo() -> Response:
        if not look.logo:
            raise NotFound
        return Response(look.logo, content_type="image/png")

    @app.get("/static/<name>")
    def static_file(name: str) -> Response:
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        content = asset(name, packed)
        response = Response(content, content_type=TYPES[Path(name).suffix])
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = "max-age=86400" if name == "plotly.min.js" else "no-cache"
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.add_etag()
        response.make_conditional(request)
        return response


@lru_cache(maxsize=32)
def asset(name: str, packed: bool = False) -> bytes:
    """The content of one of the page's own files, gzipped when asked; only names that lie there are known."""
    files = {file.name: file for file in STATIC.iterdir() if file.suffix in TYPES}
    plotly = importlib.util.find_spec("plotly")
    if plotly is not None and plotly.origin:
        files["plotly.min.js"] = Path(plotly.origin).parent / "package_data" / "plotly.min.js"
    if name not in files:
        raise NotFound
    content = files[name].read_bytes()
    return gzip.compress(content, 5, mtime=0) if packed else content


def _add_api(app: Flask, desk: Desk, look: brand.Brand) -> None:
    @app.get(HEALTH)
    def health() -> Response:
        document = desk.results()
        read_at = max((source["read_at"] for source in document["sources"]), default=None)
        return _json({"status": "ok", "title": document["title"], "data_read_at": read_at})

    @app.get("/api/abilities")
    def abilities() -> Response:
        # A workbench that carries this dashboard answers this itself: it understands sentences and reads the sources.
        return _json({"say": False, "portfolio": False, "refresh": False})

    @app.get("/api/results")
    def results() -> Response:
        return _json(desk.results(request.args.to_dict()))

    @app.post("/api/what-if")
    def what_if() -> Response:
        content = _content()
        return _json(desk.what_if(content if isinstance(content, dict) else {}, _ticket()))

    @app.post("/api/simulate")
    def simulate() -> Response:
        content = _content()
        wanted = content if isinstance(content, dict) else {"scenarios": content}
        return _json(desk.simulate(wanted.get("scenarios"), _ticket(), steps=wanted.get("steps") is True))

    @app.post("/api/progress")
    def progress() -> Response:
        return _json(desk.tickets.progress(_ticket()))

    @app.post("/api/cancel")
    def cancel() -> Response:
        return _json(desk.tickets.stop(_ticket()))

    @app.get("/api/download")
    def download() -> Response:
        from . import reports

        scenarios = _scenarios(request.args.get("scenarios", ""))
        compared = desk.compared(scenarios) if scenarios else None
        wanted, table = request.args.get("format", ""), request.args.get("table", "")
        name, kind, content = reports.download(desk.results(), compared, wanted, table, look)
        return _file(content, name, kind)


def _content() -> Any:
    """The JSON of the body; None where it is none.

    Raises:
        UsageFailure: it is nested too deeply.
    """
    try:
        return request.get_json(force=True, silent=True)
    except RecursionError:
        raise UsageFailure("The request is nested too deeply.", SCENARIOS) from None


def _ticket() -> str:
    """The name that the page gave its question, to ask how far it is and to cancel it."""
    return request.args.get("ticket", "")


def _add_files(app: Flask, desk: Desk) -> None:
    @app.post("/api/scenarios")
    def read() -> Response:
        """The scenarios in a file, which is the body; `file` is its name, whose ending says the kind."""
        name = request.args.get("file") or "The file"
        found = scenariofile.decoded(request.get_data(), name, desk.drivers)
        return _json({"scenarios": [{"name": name, "values": values} for name, values in found.items()]})

    @app.get("/api/scenarios")
    def write() -> Response:
        """Scenarios as a file that can be edited and given back."""
        found = scenariofile.read(request.args.get("scenarios", ""), "The list of scenarios", desk.drivers)
        if request.args.get("format") == "csv":
            return _file(scenariofile.as_csv(found, desk.drivers), "scenarios.csv", "text/csv; charset=utf-8")
        return _file(scenariofile.as_json(found), "scenarios.json", "application/json")


def _file(content: bytes, name: str, kind: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _scenarios(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        raise UsageFailure("The scenarios of the download are not JSON.", SCENARIOS) from None


def _add_errors(app: Flask) -> None:
    @app.errorhandler(RuntimeFailure)
    def failed(failure: RuntimeFailure) -> Response:
        # A script that has no answer at these values is no defect of the server: 422, not 500.
        return _error(400 if failure.kind == "usage" else 422, failure.message, failure.hint)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        message, hint = REFUSALS.get(error.code or 500, (f"The request was refused: {error.name}.", "Look at its URL."))
        return _error(error.code or 500, message, hint)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        app.logger.exception("a request failed", exc_info=error)
        return _error(500, "Something went wrong while computing this.", "The log of the server has the details.")


REFUSALS = {
    404: (
        "There is no such page.",
        "There are /, /health, /api/results, /api/simulate and /api/what-if (POST), /api/scenarios (a file of them),"
        " /api/download?format=pdf|xlsx|pptx|csv|json.",
    ),
    405: (
        "This address does not take that method.",
        "/api/simulate, /api/what-if, /api/progress and /api/cancel take POST, /api/scenarios both; all others GET.",
    ),
    413: (f"The request is larger than {BODY_CAP >> 20} MB.", "Send fewer scenarios at once."),
}


def _json(value: Any, status: int = 200) -> Response:
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return Response(text, status=status, content_type="application/json")


def _error(status: int, message: str, hint: str) -> Response:
    return _json({"error": {"message": message, "hint": hint}}, status)
