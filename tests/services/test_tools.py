"""The workbench as an assistant's tool, asked by the protocol's own client over the program's real streams."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from engine.services.tools import NAMES
from tests.conftest import ROOT
from tests.endtoend.conftest import environment

pytestmark = pytest.mark.slow


def talk(folder: Path, url: str, work: Callable[[Any], Awaitable[None]], *arguments: str) -> None:
    """Let a client talk with `./run mcp` of a folder."""
    (folder / "home").mkdir(exist_ok=True)
    settings = environment(folder, DATABASE_URL=url, EXECUTOR="local", AS_OF="2026-11-22")
    program = StdioServerParameters(
        command=sys.executable, args=["-m", "engine", "mcp", *arguments], env=settings, cwd=str(ROOT)
    )

    async def run() -> None:
        async with Client(program, read_timeout_seconds=180) as client:
            await work(client)

    asyncio.run(run())


def told(result: Any) -> Any:
    """The document of a tool's answer."""
    assert not result.is_error, result.content
    return result.structured_content or json.loads(result.content[0].text)


def test_an_assistant_asks_simulates_and_gets_no_number_without_its_lineage(tmp_path: Path, sample_url: str) -> None:
    async def work(client: Any) -> None:
        listed = await client.list_tools()
        assert {tool.name for tool in listed.tools} == set(NAMES)
        assert all(tool.description for tool in listed.tools)
        asked = told(await client.call_tool("ask", {"request": "DSCR for Orlando Fashion Square"}))
        assert asked["sentence"].startswith("DSCR of Orlando Fashion Square is 1.35x")
        assert asked["period"] == "Nov 2025 to Oct 2026"
        assert "annual principal and interest" in asked["lineage"]["dscr"]["definition"].lower()
        assert asked["lineage"]["dscr"]["inputs"] == ["noi", "debt_service"]
        assert {each["name"] for each in asked["sources"]} >= {"income_lines", "loan_payments"}
        run = asked["run"]
        down = {"run": run, "scenarios": [{"name": "down", "revenue_change": -0.1}]}
        simulated = told(await client.call_tool("simulate", down))
        assert simulated["scenarios"][0]["metrics"]["dscr"] == pytest.approx(1.147, abs=0.01)
        assert simulated["period"] == asked["period"]
        goal = told(await client.call_tool("goal", {"run": run, "metric": "dscr", "target": 1.25}))
        assert {row["driver"] for row in goal["what_if"]["rows"]} >= {"revenue_change", "rate_change"}
        file = told(await client.call_tool("report", {"run": run, "format": "pdf"}))["file"]
        assert Path(file).read_bytes().startswith(b"%PDF")
        follows = told(await client.call_tool("ask", {"request": "by quarter", "after": run}))
        assert follows["status"] in ("done", "needs_input")
        missing = await client.call_tool("ask", {"request": "How many unicorns do we own?"})
        assert told(missing)["status"] in ("refused", "needs_input")

    talk(tmp_path, sample_url, work)


def test_what_an_assistant_may_is_a_scope_and_an_error_is_a_sentence(tmp_path: Path, sample_url: str) -> None:
    async def work(client: Any) -> None:
        refused = await client.call_tool("ask", {"request": "NOI by region"})
        assert refused.is_error
        assert "scope ask" in refused.content[0].text
        assert told(await client.call_tool("services", {})) == {"services": []}
        wrong = await client.call_tool("service", {"name": "none"})
        assert wrong.is_error
        assert "There is no service 'none'" in wrong.content[0].text
        assert "Traceback" not in wrong.content[0].text

    talk(tmp_path, sample_url, work, "--scope", "services")
