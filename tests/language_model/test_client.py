"""The client against a server that does everything wrong that servers do wrong, over a real socket."""

from __future__ import annotations

import base64
import logging
import socket
import threading
from typing import Any

import openai
import pytest

from engine.errors import (
    BrokenReplyError,
    CancelledError,
    ModelError,
    ModelMissingError,
    ServerBusyError,
    ServerUnreachableError,
    UsageError,
)
from engine.language_model.client import Client, Wish
from engine.language_model.discovery import choose, find_local, look, probe
from engine.language_model.endpoint import Endpoint, read_address
from engine.language_model.watch import Patience
from tests.language_model.faults import FAULTS, TEXT
from tests.language_model.scripted_server import ScriptedServer, Turn, scripted

QUICK = Patience(connect=1, first=1.0, between=0.4, total=5, loading=3)
ASKED = ({"role": "user", "content": "Say something."},)
SHAPE = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def client_of(server: ScriptedServer, patience: Patience = QUICK, key: str = "") -> Client:
    return Client(Endpoint(server.url, "m", key), patience)


@pytest.mark.parametrize("piece", [1, 7, 1_000])
@pytest.mark.parametrize(
    "turn",
    [
        Turn(TEXT),
        Turn(TEXT, usage=False),
        Turn(TEXT, comments=True),
        Turn(TEXT, done=False),
        Turn(TEXT, whole=True),
        Turn(TEXT, thinking="I wonder."),
        Turn(TEXT, thinking="I wonder.", thinking_key="reasoning"),
        Turn("<think>I wonder.</think>\n" + TEXT),
        Turn("I wonder.</think>\n" + TEXT),
    ],
    ids=["plain", "no usage", "comments", "no [DONE]", "not streamed", "thought", "thought 2", "think", "think end"],
)
def test_good_answers_come_whole_whatever_their_pieces(turn: Turn, piece: int) -> None:
    with scripted(turn, piece=piece) as server:
        reply = client_of(server).chat(ASKED, Wish(100))
    assert reply.text == TEXT
    assert reply.whole
    assert reply.usage.written_tokens > 0
    assert reply.usage.estimated is not turn.usage


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_becomes_its_error_with_a_hint(name: str) -> None:
    turn, kind = FAULTS[name]
    with scripted(turn) as server:
        client = client_of(server)
        if name == "unknown sampler":
            client.abilities.refused.add("temperature")
        with pytest.raises(kind) as raised:
            client.chat(ASKED, Wish(100))
        assert server.url in raised.value.message or "model" in raised.value.message
        assert len(server.seen) <= 2
    assert raised.value.hint
    assert raised.value.__cause__ is None or isinstance(raised.value.__cause__, ModelError)


def test_the_official_package_is_satisfied_by_the_scripted_server() -> None:
    with scripted(Turn(TEXT)) as server:
        sdk = openai.OpenAI(base_url=server.url, api_key="x", max_retries=0)
        whole = sdk.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
        assert whole.choices[0].message.content == TEXT
        assert whole.usage is not None
        pieces = list(
            sdk.chat.completions.create(
                model="m",
                messages=[{"role": "user", "content": "x"}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
        assert "".join(p.choices[0].delta.content or "" for p in pieces if p.choices) == TEXT
        assert pieces[-1].usage is not None
        assert [model.id for model in sdk.models.list()] == ["qwen2.5-coder-7b-instruct"]
        sdk.close()


def test_nothing_listening_is_said_with_the_address() -> None:
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        port = probe_socket.getsockname()[1]
    client = Client(Endpoint(f"http://127.0.0.1:{port}/v1", "m"), QUICK)
    with pytest.raises(ServerUnreachableError, match=str(port)):
        client.chat(ASKED, Wish(10))


def test_a_lost_connection_is_tried_once_more_and_a_timeout_never() -> None:
    with scripted(Turn(drop=True), Turn(TEXT)) as server:
        assert client_of(server).chat(ASKED, Wish(100)).text == TEXT
        assert len(server.seen) == 2
    with scripted(Turn(TEXT, delay=30)) as server:
        with pytest.raises(ModelError):
            client_of(server).chat(ASKED, Wish(100))
        assert len(server.seen) == 1
    with scripted(Turn(TEXT, cut_at=20), Turn(TEXT)) as server:
        with pytest.raises(BrokenReplyError):
            client_of(server).chat(ASKED, Wish(100))
        assert len(server.seen) == 1


def test_a_model_that_loads_is_waited_for_and_a_limit_is_kept_to() -> None:
    loading = Turn(status=503, body={"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}})
    with scripted(loading, Turn(TEXT)) as server:
        assert client_of(server).chat(ASKED, Wish(100)).text == TEXT
    limited = Turn(status=429, body={"error": {"message": "slow down"}}, headers={"Retry-After": "0.1"})
    with scripted(limited, Turn(TEXT)) as server:
        assert client_of(server).chat(ASKED, Wish(100)).text == TEXT
    with scripted(loading) as server, pytest.raises(ServerBusyError, match="loading"):
        client_of(server, Patience(loading=0.1)).chat(ASKED, Wish(100))


def test_the_form_of_answers_goes_down_the_ladder_and_is_remembered() -> None:
    studio = Turn(status=400, body={"error": "'response_format.type' must be 'json_schema' or 'text'"})
    schema = Turn(status=400, body={"error": {"message": "failed to parse grammar"}})
    with scripted(schema, studio, Turn("{}")) as server:
        client = client_of(server)
        assert client.chat(ASKED, Wish(20, shape=SHAPE)).text == "{}"
        kinds = [body.get("response_format", {}).get("type") for body in server.seen]
        assert kinds == ["json_schema", "json_object", None]
        client.chat(ASKED, Wish(20, shape=SHAPE))
        assert "response_format" not in server.seen[-1]


def test_another_name_of_the_limit_is_learned() -> None:
    said = {"message": "Unsupported parameter: 'max_tokens' is not supported with this model.", "param": "max_tokens"}
    with scripted(Turn(status=400, body={"error": said}), Turn(TEXT)) as server:
        client_of(server).chat(ASKED, Wish(50))
        assert server.seen[-1]["max_completion_tokens"] == 50
        assert not {"max_tokens", "temperature"} & set(server.seen[-1])


def test_cancelling_closes_the_connection_so_that_the_server_stops() -> None:
    wanted = threading.Event()
    said: list[str] = []

    def tell(text: str) -> None:
        said.append(text)
        wanted.set()

    with scripted(Turn(TEXT, stall_at=14)) as server:
        with pytest.raises(CancelledError):
            client_of(server, Patience()).chat(ASKED, Wish(100), tell, wanted.is_set)
        assert server.left.acquire(timeout=60)
    assert said


@pytest.mark.parametrize("before", [0, 1], ids=["first call", "later call"])
def test_cancelling_before_the_first_token_stops_the_server_too(before: int) -> None:
    with scripted(*[Turn(TEXT)] * before, Turn(TEXT, delay=30)) as server:
        client = client_of(server, Patience())
        for _ in range(before):
            client.chat(ASKED, Wish(100))
        with pytest.raises(CancelledError):
            client.chat(ASKED, Wish(100), cancelled=lambda: len(server.seen) > before)
        assert server.left.acquire(timeout=60)


@pytest.mark.parametrize("text", [" \n" * 5_000, "import numpy as np\n" * 5_000], ids=["blanks", "repetition"])
def test_a_reply_without_end_is_hung_up_on(text: str) -> None:
    with scripted(Turn(text), piece=40) as server:
        reply = client_of(server, Patience()).chat(ASKED, Wish(50))
    assert reply.finish == "length"
    assert len(reply.text) < len(text)


def test_no_proxy_stands_between_this_machine_and_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with scripted(Turn(TEXT)) as server:
        assert client_of(server).chat(ASKED, Wish(100)).text == TEXT


def test_the_key_shows_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    key = "sk-very-secret-key-000"
    caplog.set_level(logging.DEBUG)
    echo = Turn(status=401, body={"error": {"message": f"Incorrect API key provided: {key}"}})
    with scripted(echo) as server:
        client = client_of(server, key=key)
        with pytest.raises(ModelError) as raised:
            client.chat(ASKED, Wish(100))
        assert server.asked_headers[0]["authorization"] == f"Bearer {key}"
    told = f"{raised.value} {raised.value.hint} {raised.value!r} {client!r} {client.endpoint} {caplog.text}"
    assert key not in told
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("localhost:1234", "http://localhost:1234/v1"),
        ("http://localhost:1234/v1/", "http://localhost:1234/v1"),
        ("http://localhost:8080/v1/chat/completions", "http://localhost:8080/v1"),
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("http://[::1]:8000", "http://[::1]:8000/v1"),
    ],
)
def test_addresses_are_read_as_people_write_them(given: str, meant: str) -> None:
    assert read_address(given) == meant


@pytest.mark.parametrize("given", ["ftp://x", "http://", "http://me:pass@host/v1", "http://host:99999999/v1"])
def test_addresses_that_cannot_be_used_are_refused(given: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_address(given)
    assert "pass" not in raised.value.message.replace("password", "")


NATIVE: dict[str, tuple[Any, dict[str, Any], int]] = {
    "vLLM": ({"object": "list", "data": [{"id": "m", "max_model_len": 8192}]}, {}, 8192),
    "llama.cpp": (("m",), {"/props": {"default_generation_settings": {"n_ctx": 6144}}}, 6144),
    "llama.cpp meta": ({"object": "list", "data": [{"id": "m", "meta": {"n_ctx": 2048}}]}, {}, 2048),
    "Ollama": (("m",), {"/api/ps": {"models": [{"name": "m", "model": "m", "context_length": 4096}]}}, 4096),
    "LM Studio": (
        ("a", "m"),
        {"/api/v1/models": {"models": [{"key": "m", "loaded_instances": [{"config": {"context_length": 5000}}]}]}},
        5000,
    ),
    "LM Studio 0": (
        ("a", "m"),
        {"/api/v0/models": {"data": [{"id": "m", "state": "loaded", "loaded_context_length": 5001}]}},
        5001,
    ),
    "silent": (("m",), {}, 0),
}


@pytest.mark.parametrize("program", NATIVE)
def test_servers_say_their_window_in_their_own_ways(program: str) -> None:
    models, native, window = NATIVE[program]
    with scripted(Turn(TEXT), models=models, native=native) as server:
        found = look(Endpoint(server.url))
    assert found.window == window
    assert found.endpoint.model == "m"


def test_running_servers_are_found_and_tried() -> None:
    with scripted(Turn(TEXT)) as server:
        found = find_local(ports={"LM Studio": server.port, "nothing": 1})
        assert [(each.program, each.endpoint.model) for each in found] == [("LM Studio", "qwen2.5-coder-7b-instruct")]
        trial = probe(Endpoint(server.url))
    assert trial.model == "qwen2.5-coder-7b-instruct"
    assert "4,096 tokens assumed" in trial.words
    with scripted(Turn(TEXT), models=()) as server, pytest.raises(ModelMissingError, match="no model loaded"):
        look(Endpoint(server.url))


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("", "qwen2.5-coder-7b-instruct-mlx"),
        ("qwen2.5-coder:7b", "qwen2.5-coder-7b-instruct-mlx"),
        ("Qwen/Qwen2.5-Coder-7B-Instruct", "qwen2.5-coder-7b-instruct-mlx"),
        ("llama", "llama-3.1-8b"),
    ],
)
def test_models_are_named_loosely(wanted: str, chosen: str) -> None:
    names = ("text-embedding-nomic", "qwen2.5-coder-7b-instruct-mlx", "llama-3.1-8b")
    assert choose(wanted, names, []) == chosen
    assert choose("", names, ["llama-3.1-8b"]) == "llama-3.1-8b"
    with pytest.raises(ModelMissingError, match="mistral"):
        choose("mistral", names, [])


@pytest.mark.parametrize(
    "dress",
    [
        str.upper,
        " ".join,
        lambda key: base64.b64encode(key.encode()).decode(),
        lambda key: base64.b64encode(f"user:{key}".encode()).decode(),
        lambda key: key.encode().hex(),
        lambda key: "x" * 295 + key,
    ],
    ids=["upper", "spaced", "base64", "base64 with a user", "hexadecimal", "cut"],
)
@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_a_key_that_comes_back_in_another_dress_is_not_shown(dress: Any, status: int) -> None:
    key = "Zq8x81kd02LmW"
    said = dress(key)
    turn = Turn(status=status, body={"error": {"message": f"{said} is not welcome here"}})
    with scripted(turn) as server, pytest.raises(ModelError) as caught:
        client_of(server, key=key).chat(ASKED, Wish(100))
    told = f"{caught.value.message} {caught.value.hint}"
    assert said[:200] not in told or set(said[:200]) == {"x"}
    assert key[:4] not in told


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with scripted(Turn(TEXT)) as elsewhere:
        moved = Turn(status=status, body="", headers={"Location": f"{elsewhere.url}/chat/completions"})
        with scripted(moved) as server, pytest.raises(ModelError, match="another address") as caught:
            client_of(server).chat(ASKED, Wish(100))
    assert "LLM_BASE_URL" in caught.value.hint
    assert elsewhere.seen == []


def test_a_proxy_on_the_way_to_a_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    client = Client(Endpoint("http://model.invalid:9/v1", "m"), QUICK)
    with pytest.raises(ServerUnreachableError) as caught:
        client.chat(ASKED, Wish(10))
    assert "the proxy of ALL_PROXY" in caught.value.hint
    client.close()
