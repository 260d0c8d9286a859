"""The launcher: the Streamlit router, and beside it the gateway to generated dashboards and a health route.

The engine is loaded behind the first answer, while the browser still reads Streamlit's own page.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

log = logging.getLogger("engine.workbench")
# Warmed after the first page, or when nobody came for so long.
WARM_WITHIN = 15.0
# The browser draws for a moment after the page's script has ended.
SETTLE = 0.7


async def dashboard(request: Request) -> Response:
    """A generated dashboard, carried out of its sandbox."""
    from engine.errors import EngineError
    from engine.gateway import BODY_CAP, answer
    from workbench.process import granted, kit, token

    run_id, path = request.path_params["run_id"], request.path_params["path"]
    rights = granted(run_id, request.path_params["token"])
    if rights is None:
        return PlainTextResponse("This link is not signed by this workbench. Open the dashboard from Results.", 403)
    body = await sent(request, BODY_CAP)
    try:
        run = await run_in_threadpool(kit().store.load, run_id)
    except EngineError as error:
        return PlainTextResponse(f"{error.message} {error.hint}", 404)
    found = await run_in_threadpool(
        answer,
        kit(),
        run,
        method=request.method,
        path=f"/{path}",
        query=request.url.query,
        headers=dict(request.headers),
        body=body,
        rights=rights,
        # From one dashboard to another, whatever path the workbench itself stands under; with no more rights.
        link=lambda other: f"../../{other}/{token(other, rights)}/",
    )
    response = Response(found.body, found.status)
    for name, value in found.headers:
        response.headers[name] = value
    return response


async def sent(request: Request, cap: int) -> bytes:
    """The request's body, read only until it is larger than it may be."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > cap:
            break
    return body


async def portfolio(request: Request) -> JSONResponse:
    """A run over every member of a dimension, for programs."""
    from engine.jsonapi import BODY_CAP
    from engine.portfolio import api
    from workbench.process import kit

    run_id, kind = request.path_params["run_id"], request.headers.get("content-type", "")
    if request.method == "GET":
        status, found = await run_in_threadpool(api.asked, kit(), run_id)
    else:
        status, found = await run_in_threadpool(api.answer, kit(), run_id, kind, await sent(request, BODY_CAP))
    return JSONResponse(found, status)


async def refresh(request: Request) -> JSONResponse:
    """A run's data read anew, and what that changed, for programs."""
    from engine.jsonapi import BODY_CAP
    from engine.refresh import answer
    from workbench.process import kit

    run_id, kind = request.path_params["run_id"], request.headers.get("content-type", "")
    status, found = await run_in_threadpool(answer, kit(), run_id, kind, await sent(request, BODY_CAP))
    return JSONResponse(found, status)


async def health(request: Request) -> JSONResponse:
    """Whether the workbench works."""
    from workbench.process import kit

    return JSONResponse({"status": "ok", "runs": await run_in_threadpool(kit().store.count)})


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """Answer at once; load the engine beside that, and end it in the end."""
    threading.Thread(target=begin, name="begin", daemon=True).start()
    yield
    from workbench.process import kit

    await run_in_threadpool(kit().close)


def begin() -> None:
    """What the first page needs; then, when it had the processor, what later pages need."""
    from engine.errors import EngineError
    from engine.log import start_log
    from workbench.process import drawn, kit, workers

    try:
        start_log(kit().settings)
        workers()
        import workbench.drawing  # noqa: F401

        drawn.wait(WARM_WITHIN)
        time.sleep(SETTLE)
        warm()
    except EngineError as error:
        log.warning("%s %s", error.message, error.hint)


def warm() -> None:
    """Load heavy libraries, start a spare sandbox, open the database."""
    import pandas  # noqa: F401
    import plotly.graph_objects  # noqa: F401

    import engine.pipeline  # noqa: F401
    from workbench.process import kit

    kit().executor().executor.warm()
    kit().ground(kit().remember(kit().settings.database))
    gc.collect()
    gc.freeze()


def on_error(error: BaseException) -> bool:
    """A page that raised says so in one sentence; the log has the rest."""
    from engine.errors import EngineError

    log.error("page failed", exc_info=error)
    if isinstance(error, EngineError):
        st.error(f"{error.message} {error.hint}", icon=":material/error:")
    else:
        st.error("This page failed. The log has the details; other pages go on working.", icon=":material/error:")
    return True


METHODS = ["GET", "POST", "OPTIONS"]
app = st.App(
    Path(__file__).resolve().parent / "workbench" / "router.py",
    routes=[
        Route("/run/{run_id}/{token}/{path:path}", dashboard, methods=METHODS),
        Route("/api/portfolio/{run_id}", portfolio, methods=["GET", "POST"]),
        Route("/api/refresh/{run_id}", refresh, methods=["POST"]),
        Route("/healthz", health),
    ],
    lifespan=lifespan,
    on_script_error=on_error,
)

if __name__ == "__main__":
    app.run()
