"""A client of the workbench's HTTP routes: one file, the standard library alone.

    from workbench_client import Workbench
    workbench = Workbench("http://localhost:8501", token)
    workbench.ask("NOI by region")["metrics"]
    workbench.service("dscr").simulate({"name": "down", "revenue_change": -0.1})

Make a token on the Settings page or by `./run token create`; its scopes say what it may.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

__all__ = ["Service", "Workbench", "WorkbenchError"]
__version__ = "0.2.0"


class WorkbenchError(Exception):
    """What the workbench refused: its message, what to do about it, and HTTP's status."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.status, self.message, self.hint = status, message, hint


class Workbench:
    """A workbench at an address; `patience` are the seconds that an answer may take in all."""

    def __init__(self, address: str, token: str, patience: float = 600.0) -> None:
        self._address, self._token, self._patience = address.rstrip("/"), token, patience

    def ask(
        self, request: str, *, after: str = "", as_of: str = "", answers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """The answer to a request, as `ask --json` gives it; waits until it is there.

        A `status` of needs_input has a `question`: ask again with `answers={question["key"]: option["value"]}`.
        """
        sent = {"request": request, "after": after, "as_of": as_of, "answers": answers or {}}
        return self._waited(self.call("POST", "/api/ask", sent), lambda found: f"/api/runs/{found['run']}")

    def run(self, run: str) -> dict[str, Any]:
        """An answer given before."""
        return dict(self.call("GET", f"/api/runs/{urllib.parse.quote(run)}")[1])

    def services(self) -> list[dict[str, Any]]:
        """Every service with its state and its newest answer."""
        found: list[dict[str, Any]] = self.call("GET", "/api/services")[1]["services"]
        return found

    def service(self, name: str) -> Service:
        """One service by its name."""
        return Service(self, name)

    def call(self, method: str, path: str, sent: Any = None) -> tuple[int, Any]:
        """A call of any route: its status and what it gives.

        Raises:
            WorkbenchError: it was refused.
        """
        body = json.dumps(sent).encode() if sent is not None else None
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        asked = urllib.request.Request(f"{self._address}{path}", body, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=self._patience) as answer:
                content = answer.read()
                is_json = answer.headers.get_content_type() == "application/json"
                return answer.status, json.loads(content) if is_json else content
        except urllib.error.HTTPError as error:
            raise _refused(error) from None

    def _waited(self, first: tuple[int, Any], place: Any) -> dict[str, Any]:
        status, found = first
        until = time.monotonic() + self._patience
        while status == 202 and time.monotonic() < until:
            time.sleep(0.5)
            status, found = self.call("GET", place(found))
        return dict(found)


class Service:
    """A service of a workbench."""

    def __init__(self, workbench: Workbench, name: str) -> None:
        self._workbench, self._base = workbench, f"/api/services/{urllib.parse.quote(name)}"

    def results(self) -> dict[str, Any]:
        """The newest answer, with what changed since the one before."""
        return dict(self._workbench.call("GET", f"{self._base}/results")[1])

    def simulate(self, *scenarios: dict[str, Any]) -> dict[str, Any]:
        """Scenarios, each `{"name": ..., DRIVER: VALUE}`; those kept with the service where none is given."""
        return dict(self._workbench.call("POST", f"{self._base}/simulate", {"scenarios": list(scenarios)})[1])

    def call(self, scenario: str = "", **inputs: str) -> dict[str, Any]:
        """The answer for other values of its blanks: `call(property="Prairie Point Mall")`."""
        return dict(self._workbench.call("POST", f"{self._base}/call", {"inputs": inputs, "scenario": scenario})[1])

    def refresh(self) -> dict[str, Any]:
        """A new answer over data read now; waits until it is there."""
        first = self._workbench.call("POST", f"{self._base}/refresh", {})
        return self._workbench._waited(first, lambda found: f"{self._base}/answers/{found['tick']}")

    def download(self, file: str) -> None:
        """The newest answer as a file; its ending says the kind: .pdf, .xlsx, .pptx, .csv or .json."""
        kind = file.rpartition(".")[2]
        content = self._workbench.call("GET", f"{self._base}/download?format={urllib.parse.quote(kind)}")[1]
        with open(file, "wb") as opened:
            opened.write(content if isinstance(content, bytes) else json.dumps(content).encode())

    def health(self) -> dict[str, Any]:
        """Whether its newest answer came."""
        return dict(self._workbench.call("GET", f"{self._base}/health")[1])

    def openapi(self) -> dict[str, Any]:
        """How it is asked, as an OpenAPI document."""
        return dict(self._workbench.call("GET", f"{self._base}/openapi.json")[1])


def _refused(error: urllib.error.HTTPError) -> WorkbenchError:
    try:
        told = json.loads(error.read())
        found = told.get("error") or {"message": told.get("failure") or str(told)}
    except ValueError:
        found = {"message": f"The workbench answered {error.code}."}
    return WorkbenchError(error.code, found["message"], found.get("hint", ""))
