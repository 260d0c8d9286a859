"""What real servers send when something is wrong, word for word where known, and the error each must become."""

from __future__ import annotations

import json

from engine import errors
from tests.language_model.scripted_server import PAGE, Turn


def error(status: int, said: object, **more: object) -> Turn:
    return Turn(status=status, body={"error": said}, **more)  # type: ignore[arg-type]


N_KEEP = (
    "The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 13055>= n_ctx:"
    " 4096). Try to load the model with a larger context length, or provide a shorter input."
)
OPENAI_KEY = {
    "message": "Incorrect API key provided: sk-secret-123456.",
    "type": "invalid_request_error",
    "code": "invalid_api_key",
}
TEXT = "A good answer that is long enough to be cut in its middle."
CHUNK = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}

# Those that end in an error.
FAULTS: dict[str, tuple[Turn, type[errors.ModelError]]] = {
    "no model loaded": (
        error(404, {"message": "No models loaded. Please load a model in the developer page or use 'lms load'."}),
        errors.ModelMissingError,
    ),
    "model not found, Ollama": (
        error(404, {"message": 'model "qwen2.5-coder:7b" not found, try pulling it first', "type": "api_error"}),
        errors.ModelMissingError,
    ),
    "model does not exist, vLLM": (
        Turn(status=404, body={"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError"}),
        errors.ModelMissingError,
    ),
    "overflow as text, LM Studio": (error(400, N_KEEP), errors.ContextOverflowError),
    "overflow, llama.cpp": (
        error(
            400,
            {
                "code": 400,
                "message": "request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 4390,
                "n_ctx": 4096,
            },
        ),
        errors.ContextOverflowError,
    ),
    "overflow with 500, llama.cpp": (
        error(500, {"code": 500, "message": "context size exceeded: n_ctx = 2048", "type": "server_error"}),
        errors.ContextOverflowError,
    ),
    "overflow, vLLM": (
        error(
            400,
            {
                "message": "This model's maximum context length is 2048 tokens. However, your request has 8 input"
                " tokens plus 2045 'max_tokens'. Please reduce one or the other.",
                "type": "BadRequestError",
                "param": "input_tokens",
            },
        ),
        errors.ContextOverflowError,
    ),
    "overflow, OpenAI": (
        error(400, {"message": "too long", "type": "invalid_request_error", "code": "context_length_exceeded"}),
        errors.ContextOverflowError,
    ),
    "overflow with status 200": (Turn(body={"error": N_KEEP}), errors.ContextOverflowError),
    "overflow in the stream": (
        Turn(events=("event: error\ndata: " + json.dumps({"error": {"message": N_KEEP}}) + "\n\n",)),
        errors.ContextOverflowError,
    ),
    "wrong key": (error(401, OPENAI_KEY), errors.KeyRefusedError),
    "forbidden": (error(403, {"message": "Country not supported"}), errors.KeyRefusedError),
    "rate limit": (
        error(429, {"message": "Rate limit reached", "code": "rate_limit_exceeded"}, headers={"Retry-After": "900"}),
        errors.ServerBusyError,
    ),
    "no money": (
        error(429, {"message": "You exceeded your current quota"}, headers={"Retry-After": "120"}),
        errors.ServerBusyError,
    ),
    "web page": (Turn(status=200, body=PAGE, kind="text/html"), errors.BrokenReplyError),
    "web page as 502": (Turn(status=502, body=PAGE, kind="text/html"), errors.BrokenReplyError),
    "web page as 404": (Turn(status=404, body=PAGE, kind="text/html"), errors.BrokenReplyError),
    "path unknown": (Turn(status=404, body={"detail": "Not Found"}), errors.BrokenReplyError),
    "server error": (error(500, {"message": "CUDA out of memory"}), errors.BrokenReplyError),
    "server error as text": (
        Turn(status=500, body="Internal Server Error", kind="text/plain"),
        errors.BrokenReplyError,
    ),
    "validation error": (
        Turn(status=422, body={"detail": [{"loc": ["body"], "msg": "field required"}]}),
        errors.BrokenReplyError,
    ),
    "dies before a byte": (Turn(drop=True), errors.BrokenReplyError),
    "cut in the middle": (Turn(TEXT, cut_at=30), errors.BrokenReplyError),
    "cut, then [DONE]": (Turn(TEXT, finish=None), errors.BrokenReplyError),
    "nothing but [DONE]": (Turn(events=("[DONE]",)), errors.BrokenReplyError),
    "empty stream": (Turn(events=(": nothing\n\n",)), errors.BrokenReplyError),
    "no choices": (Turn(body={**CHUNK, "object": "chat.completion", "choices": []}), errors.BrokenReplyError),
    "choices null": (Turn(body={**CHUNK, "choices": None}), errors.BrokenReplyError),
    "not JSON": (Turn(body="Hello, I am a server.", kind="application/json"), errors.BrokenReplyError),
    "JSON of another kind": (Turn(body=[1, 2, 3]), errors.BrokenReplyError),
    "events that are not JSON": (Turn(events=("{half of a",)), errors.BrokenReplyError),
    "error after some text": (
        Turn(
            events=(
                json.dumps({**CHUNK, "choices": [{"index": 0, "delta": {"content": "Half"}}]}),
                json.dumps({"error": {"message": "slot was released"}}),
            )
        ),
        errors.BrokenReplyError,
    ),
    "error as a list": (error(400, [{"message": "bad"}, "worse"]), errors.BrokenReplyError),
    "refusal": (
        Turn(
            body={
                **CHUNK,
                "choices": [
                    {"index": 0, "finish_reason": "stop", "message": {"content": None, "refusal": "I cannot."}}
                ],
            }
        ),
        errors.BrokenReplyError,
    ),
    "stalls in the middle": (Turn(TEXT, stall_at=20), errors.SilentServerError),
    "never begins": (Turn(TEXT, delay=30), errors.SilentServerError),
    "unknown sampler": (
        error(400, {"message": "temperature: only the default (1) is supported", "param": "temperature"}),
        errors.UnsupportedError,
    ),
}
