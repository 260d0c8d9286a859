"""A conversation: the answers that a request follows, as the store keeps them."""

from __future__ import annotations

from engine.errors import UsageError
from engine.language.following import asks_why, goes_back
from engine.products import Request, Run, Status
from engine.store.runs import Store

LONGEST = 100


def followed(request: Request, store: Store) -> Request:
    """The request with the whole id of the answer that it follows, over the data of that answer.

    One that only goes back is the request of the answer before that one, asked again.

    Raises:
        UsageError: that run is not there, has no reading to change, or has nothing before it.
    """
    if not request.after:
        return request
    before = store.load(request.after)
    if asks_why(request.text):
        raise UsageError(
            "“Why?” changes no answer: it asks how a number came to be, and what moved it.",
            f"Ask ./run explain {before.id}, or look at “How is this computed?” on the Results page.",
        )
    if goes_back(request.text):
        if not before.request.after:
            raise UsageError(f"There is no answer before {before.id}.", "Ask something else of it, or ask anew.")
        earlier = store.load(before.request.after).request
        return earlier.model_copy(update={"executor": request.executor, "model": request.model})
    if before.status is not Status.DONE or before.task is None:
        raise UsageError(
            f"Run {before.id} has no answer that could be changed.", "Follow one that is done: ./run runs."
        )
    place = {"database": before.request.database, "datasets": before.request.datasets}
    return request.model_copy(update={"after": before.id, **place})


def thread_of(run: Run, store: Store) -> tuple[Run, ...]:
    """The answers that lead to one, the first first, itself last; what was deleted ends it."""
    found = [run]
    while (before := found[0].request.after) and len(found) < LONGEST:
        try:
            found.insert(0, store.load(before))
        except UsageError:
            break
    return tuple(found)
