"""The launcher: the Streamlit router, and beside it the gateway to generated dashboards and a health route.

The engine is loaded behind the first answer, while the browser still reads Streamlit's own page.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from runtime.addresses import Addresses
from workbench.ending import end_in_time
from workbench.front import Front

if TYPE_CHECKING:
    from engine.dashboards.access import Granted
    from engine.products import Run

log = logging.getLogger("engine.workbench")
# Warmed after the first page, or when nobody came for so long.
WARM_WITHIN = 15.0
# The browser draws for a moment after the page's script has ended.
SETTLE = 0.7
NO_LINK = "This link is not signed by this workbench, has ended or was withdrawn. Open the dashboard from Results."


async def dashboard(request: Request) -> Response:
    """A generated dashboard, carried out of its sandbox."""
    from engine.errors import EngineError
    from workbench.process import granted, kit, other_token

    run_id = request.path_params["run_id"]
    held = await run_in_threadpool(granted, run_id, request.path_params["token"])
    if held is None:
        return PlainTextResponse(NO_LINK, 403)
    try:
        run = await run_in_threadpool(kit().store.load, run_id)
    except EngineError as error:
        return PlainTextResponse(f"{error.message} {error.hint}", 404)
    # From one dashboard to another, whatever path the workbench itself stands under; with no more rights.
    return await carried(request, run, held, lambda other: f"../../{other}/{other_token(other, held)}/")


async def carried(request: Request, run: Run, held: Granted, link: Callable[[str], str]) -> Response:
    """What a run's dashboard answers to a request, out of its sandbox."""
    from engine.dashboards.gateway import BODY_CAP, answer
    from workbench.process import kit

    found = await run_in_threadpool(
        answer,
        kit(),
        run,
        method=request.method,
        path=f"/{request.path_params['path']}",
        query=request.url.query,
        headers=dict(request.headers),
        body=await sent(request, BODY_CAP),
        rights=held.rights,
        link=link,
    )
    response = Response(found.body, found.status)
    for name, value in found.headers:
        response.headers[name] = value
    return response


async def sent(request: Request, cap: int) -> bytes:
    """The request's body, read only until it is larger than it may be."""
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > cap:
                break
    except ClientDisconnect:
        # Whoever asked has gone: nothing is computed, and it is no fault of ours.
        raise HTTPException(400) from None
    return body


async def unadmitted(request: Request, right: str) -> JSONResponse | None:
    """The refusal of a program that does not show a token with this right; None when it does."""
    from engine.products.rights import Right
    from workbench.process import admitted

    given, run_id = request.headers.get("authorization", ""), request.path_params.get("run_id", "")
    refused = await run_in_threadpool(admitted, given, run_id, Right(right))
    if refused is None:
        return None
    challenge = {"WWW-Authenticate": "Bearer"} if refused[0] == 401 else {}
    return JSONResponse(refused[1], refused[0], challenge)


async def portfolio(request: Request) -> JSONResponse:
    """A run over every member of a dimension, for programs."""
    from engine.foundation.jsonapi import BODY_CAP
    from engine.usecases.portfolio import api
    from workbench.process import kit

    run_id, kind = request.path_params["run_id"], request.headers.get("content-type", "")
    if refusal := await unadmitted(request, "portfolio"):
        return refusal
    if request.method == "GET":
        status, found = await run_in_threadpool(api.asked, kit(), run_id)
    else:
        status, found = await run_in_threadpool(api.answer, kit(), run_id, kind, await sent(request, BODY_CAP))
    return JSONResponse(found, status)


async def refresh(request: Request) -> JSONResponse:
    """A run's data read anew, and what that changed, for programs."""
    from engine.foundation.jsonapi import BODY_CAP
    from engine.usecases.refresh import answer
    from workbench.process import kit

    run_id, kind = request.path_params["run_id"], request.headers.get("content-type", "")
    if refusal := await unadmitted(request, "refresh"):
        return refusal
    status, found = await run_in_threadpool(answer, kit(), run_id, kind, await sent(request, BODY_CAP))
    return JSONResponse(found, status)


async def datasets(request: Request) -> JSONResponse:
    """A file that a program sends, taken in or only looked at."""
    from engine.datasets.api import FORM_ROOM, MOST_MEGABYTES, answer
    from workbench.process import kit

    if refusal := await unadmitted(request, "datasets"):
        return refusal
    cap = (MOST_MEGABYTES << 20) + FORM_ROOM
    if int(request.headers.get("content-length") or cap + 1) > cap:
        status, found = answer(kit().shelf, {}, "", None)
        return JSONResponse(found, 413 if request.headers.get("content-length") else status)
    try:
        async with request.form(max_files=1, max_fields=8) as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
            sent_file = form.get("file")
            named = getattr(sent_file, "filename", "") or ""
            content = await sent_file.read() if sent_file is not None and not isinstance(sent_file, str) else None
    except HTTPException:
        fields, named, content = {}, "", None
    status, found = await run_in_threadpool(answer, kit().shelf, fields, named, content)
    return JSONResponse(found, status)


async def asked(request: Request) -> JSONResponse:
    """A request that a program asks, answered as `ask --json` does."""
    from engine.foundation.jsonapi import BODY_CAP
    from engine.usecases.asking import answer
    from workbench.process import kit, workers

    if refusal := await unadmitted(request, "ask"):
        return refusal
    kind = request.headers.get("content-type", "")
    status, found = await run_in_threadpool(answer, kit(), workers(), kind, await sent(request, BODY_CAP))
    return JSONResponse(found, status)


async def one_run(request: Request) -> JSONResponse:
    """A run that a program asked for, or that it still waits for."""
    from engine.usecases.asking import of_run
    from workbench.process import kit

    if refusal := await unadmitted(request, "ask"):
        return refusal
    status, found = await run_in_threadpool(of_run, kit(), request.path_params["run_id"])
    return JSONResponse(found, status)


async def service_dashboard(request: Request) -> Response:
    """The dashboard of a service: that of the run which answers for it now."""
    from engine.errors import EngineError
    from engine.services.newest import newest_run
    from workbench.process import kit, other_token, service_granted

    name, token = request.path_params["name"], request.path_params["token"]
    try:
        service = await run_in_threadpool(kit().store.services.get, name)
        held = await run_in_threadpool(service_granted, service, token)
        if held is None:
            return PlainTextResponse(NO_LINK, 403)
        if not service.on:
            return PlainTextResponse(f"The service {service.name} is stopped.", 409)
        run = await run_in_threadpool(newest_run, service, kit())
    except EngineError:
        # Whether there is such a service is told to nobody without a link.
        return PlainTextResponse(NO_LINK, 403)
    return await carried(request, run, held, lambda other: f"../../../run/{other}/{other_token(other, held)}/")


async def services(request: Request) -> Response:
    """The services, and what programs may ask of one."""
    from engine.foundation.jsonapi import BODY_CAP
    from engine.services import api
    from workbench.process import kit, pace, ticker

    name, act = request.path_params.get("name", ""), request.path_params.get("act", "")
    for right in ("services", "refresh") if act == "refresh" else ("services",):
        if refusal := await unadmitted(request, right):
            return refusal
    if wait := pace().wait(request.headers.get("authorization", "").split()[-1]):
        told = {"error": {"message": "This token asks too often.", "hint": f"Ask again in {wait} s."}}
        return JSONResponse(told, 429, {"Retry-After": str(wait)})
    asked = api.Asked(
        request.method, name, act, request.headers.get("content-type", ""), await sent(request, BODY_CAP),
        request.query_params.get("format", "pdf"),
    )  # fmt: skip
    found = await run_in_threadpool(api.answer, kit(), asked, ticker().ring)
    if isinstance(found, api.File):
        named = {"Content-Disposition": f'attachment; filename="{found.name}"'}
        return Response(found.content, 200, named, found.media)
    return JSONResponse(found[1], found[0])


async def health(request: Request) -> JSONResponse:
    """Whether the workbench works."""
    from workbench.process import kit

    return JSONResponse({"status": "ok", "runs": await run_in_threadpool(kit().store.count)})


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """Answer at once; load the engine beside that, and end it in the end."""
    threading.Thread(target=begin, name="begin", daemon=True).start()
    end_in_time(close)
    yield
    await run_in_threadpool(close)


def close() -> None:
    """End every sandbox and connection."""
    from workbench.process import kit

    kit().close()


def begin() -> None:
    """What the first page needs; then, when it had the processor, what later pages need."""
    from engine.errors import EngineError
    from engine.log import start_log
    from workbench.process import drawn, kit, ticker, workers

    try:
        start_log(kit().settings)
        workers()
        ticker()
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
    from workbench.drawing import refusal

    log.error("page failed", exc_info=error)
    if isinstance(error, EngineError):
        refusal(error)
    else:
        st.error("This page failed. The log has the details; other pages go on working.", icon=":material/error:")
    return True


def known() -> Addresses:
    """The addresses under which the workbench may be asked."""
    from workbench.process import known

    return known()


METHODS = ["GET", "POST", "OPTIONS"]
app = st.App(
    Path(__file__).resolve().parent / "workbench" / "router.py",
    routes=[
        Route("/run/{run_id}/{token}/{path:path}", dashboard, methods=METHODS),
        Route("/service/{name}/{token}/{path:path}", service_dashboard, methods=METHODS),
        Route("/api/services", services, methods=["GET"]),
        Route("/api/services/{name}/{act:path}", services, methods=["GET", "POST"]),
        Route("/api/portfolio/{run_id}", portfolio, methods=["GET", "POST"]),
        Route("/api/refresh/{run_id}", refresh, methods=["POST"]),
        Route("/api/ask", asked, methods=["POST"]),
        Route("/api/runs/{run_id}", one_run, methods=["GET"]),
        Route("/api/datasets", datasets, methods=["POST"]),
        Route("/healthz", health),
    ],
    middleware=[Middleware(Front, known=known)],
    lifespan=lifespan,
    on_script_error=on_error,
)

if __name__ == "__main__":
    app.run()
