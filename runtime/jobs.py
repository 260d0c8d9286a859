"""What the sandbox's interpreter can be asked: open a script, simulate it, show results, answer an HTTP request."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .failures import RuntimeFailure, UsageFailure

TellEvent = Callable[[Mapping[str, Any]], None]
Answer = tuple[dict[str, Any], bytes]


class Desk:
    """Keeps the one workspace of its sandbox and answers messages about it."""

    def __init__(self, tell: TellEvent) -> None:
        self._tell = tell
        self._workspace: Any = None
        self._web: Any = None

    @staticmethod
    def warm() -> None:
        """Load what every script needs, so that no job waits for it."""
        # What reading a Parquet file imports by itself the first time.
        import pyarrow.dataset
        import pyarrow.pandas_compat
        import pyarrow.parquet  # noqa: F401

        from . import workspace  # noqa: F401
        from .reports import pdf, workbook  # noqa: F401

    def handle(self, message: Mapping[str, Any], body: bytes) -> Answer:
        """The reply to one message; a failure is a reply too, never an exception."""
        answers: dict[Any, Callable[[Mapping[str, Any], bytes], Answer]] = {
            "open": self._open,
            "simulate": lambda message, body: self._shared(message, lambda: self._simulate(message, body)),
            "sweep": self._sweep,
            "learn": self._learn,
            "results": self._results,
            "what_if": lambda message, body: self._shared(message, lambda: self._what_if(message, body)),
            "behind": self._behind,
            "members": self._members,
            "reports": self._reports,
            "http": self._http,
        }
        try:
            answer = answers.get(message.get("do"))
            if answer is None:
                raise UsageFailure(f"The sandbox does not know {message.get('do')!r}.", "This is a defect; report it.")
            return answer(message, body)
        except RuntimeFailure as failure:
            return _refusal(failure.kind, failure.message, failure.hint, failure.line), b""
        except MemoryError:
            return _refusal("memory", "The script needs more memory than it may have.", "Read fewer rows."), b""
        except Exception as error:
            return _refusal("script", f"{type(error).__name__}: {error}", "Look at the script's log."), b""

    def _open(self, message: Mapping[str, Any], body: bytes) -> Answer:
        """Unpack a script and its snapshot, evaluate it, and give the results document."""
        from .workspace import Workspace

        folder = _unpacked(body)
        if self._workspace is not None:
            shutil.rmtree(self._workspace.folder, ignore_errors=True)
        self._tell({"progress": "evaluating"})
        self._workspace = Workspace(folder)
        self._web = None
        return {"ok": True}, _json(self._workspace.results())

    def _simulate(self, message: Mapping[str, Any], body: bytes) -> Answer:
        """Scenarios as columns, in and out: `drivers` names those of the body, `metrics` those of the reply's."""
        from .batch import Batch, pack, unpack

        count = int(message["count"])
        asked = Batch(("",) * count, unpack(message["drivers"], count, body))
        opened = self._opened()
        found = opened.sweep(asked, self._count)
        metrics, packed = pack(found.values)
        told = {"metrics": metrics, "defaults": opened.model.defaults}
        return {"ok": True, "computed": list(found.computed), "arrays": found.arrays, **told}, packed

    def _sweep(self, message: Mapping[str, Any], body: bytes) -> Answer:
        """A part of a loop that several share: columns in, outputs out, whatever the drivers' bounds."""
        from .batch import pack, unpack

        columns = unpack(message["drivers"], int(message["count"]), body)
        found = self._opened().evaluator.sweep(columns, message["outputs"], int(message["count"]), self._count)
        return {"ok": True, "outputs": list(found.values)}, pack(found.values)[1]

    def _learn(self, message: Mapping[str, Any], body: bytes) -> Answer:
        """What others computed of a loop that was handed on; the next question finds it."""
        from .batch import unpack
        from .evaluate import key_of

        count, drivers, outputs = int(message["count"]), message["drivers"], message["outputs"]
        columns = unpack(drivers, count, body[: 8 * count * len(drivers)])
        known = unpack(outputs, count, body[8 * count * len(drivers) :])
        self._opened().evaluator.known[key_of(columns, outputs)] = known
        return {"ok": True}, b""

    def _shared(self, message: Mapping[str, Any], work: Callable[[], Answer]) -> Answer:
        """The work, or, where it would loop for longer than `patience`, the loop itself, as `elsewhere`."""
        from .batch import pack
        from .evaluate import Elsewhere

        evaluator = self._opened().evaluator
        evaluator.patience, evaluator.tell = message.get("patience"), self._count
        try:
            answer = work()
            evaluator.known.clear()
            return answer
        except Elsewhere as loop:
            drivers, packed = pack(loop.columns)
            wanted = {"drivers": drivers, "outputs": list(loop.outputs), "count": loop.count}
            return {"ok": True, "elsewhere": wanted}, packed
        finally:
            evaluator.patience = None

    def _count(self, done: int, total: int) -> None:
        self._tell({"done": done, "total": total})

    def _results(self, message: Mapping[str, Any], body: bytes) -> Answer:
        return {"ok": True}, _json(self._opened().results(message.get("values") or {}))

    def _what_if(self, message: Mapping[str, Any], body: bytes) -> Answer:
        return {"ok": True}, _json(self._opened().what_if(json.loads(body)))

    def _behind(self, message: Mapping[str, Any], body: bytes) -> Answer:
        """Which quantities in between moved in each scenario, and what it assumes."""
        return {"ok": True}, _json(self._opened().behind(json.loads(body)))

    def _members(self, message: Mapping[str, Any], body: bytes) -> Answer:
        """One script over the data of many members; nothing of it stays."""
        from .members import over_members

        folder = _unpacked(body)
        try:
            return {"ok": True}, _json(over_members(folder, int(message["count"])))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _reports(self, message: Mapping[str, Any], body: bytes) -> Answer:
        """The reports of a results document, all or of one kind; no script is opened for it.

        The body is the document, then the scenarios compared, then a logo; `sizes` are of the first two.
        """
        from . import reports
        from .brand import Brand

        first, second = message["sizes"]
        document, scenarios = json.loads(body[:first]), json.loads(body[first : first + second])
        look = Brand(**message["brand"], logo=body[first + second :])
        if message["kind"]:
            name, _, content = reports.download(
                document, scenarios, message["kind"], brand=look, whole=bool(message.get("whole"))
            )
            files = {name: content}
        else:
            files = reports.exports(document, scenarios, look)
        told = [[name, len(content)] for name, content in files.items()]
        return {"ok": True, "files": told}, b"".join(files.values())

    def _http(self, message: Mapping[str, Any], body: bytes) -> Answer:
        """Answer one HTTP request to the generated dashboard; no socket is involved."""
        if self._web is None:
            from .server import make_app

            self._web = make_app(self._opened()).test_client()
            self._opened().evaluator.tell = self._count
        response = self._web.open(
            str(message.get("path", "/")),
            method=str(message.get("method", "GET")),
            query_string=str(message.get("query", "")),
            headers=dict(message.get("headers") or {}),
            data=body,
        )
        return {"ok": True, "status": response.status_code, "headers": list(response.headers.items())}, response.data

    def _opened(self) -> Any:
        if self._workspace is None:
            raise UsageFailure("No script is open in this sandbox.", "Open one first.")
        return self._workspace


def _unpacked(body: bytes) -> Path:
    """A folder with the files of a tar."""
    folder = Path(tempfile.mkdtemp(prefix="job-"))
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        # Python before 3.11.4 has no such filter; the parcel is the engine's own all the same.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        archive.extractall(folder)
    return folder


def _refusal(kind: str, message: str, hint: str, line: int = 0) -> dict[str, Any]:
    return {"ok": False, "error": {"kind": kind, "message": message, "hint": hint, "line": line}}


def _json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False).encode()
