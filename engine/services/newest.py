"""The run that a service answers with now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import UsageError
from engine.products import Run
from engine.products.service import Service, TickState

if TYPE_CHECKING:
    from engine.kit import Kit

_MOST_LOOKED = 1000


def newest_run(service: Service, kit: Kit) -> Run:
    """The run that a service answers with now: the newest of the version in force, else the one it stands on."""
    return newest_of(service, service.number, kit) or kit.store.load(service.version.run_id)


def newest_of(service: Service, number: int, kit: Kit, but: str = "") -> Run | None:
    """The newest run of a version that is still there, whatever failed or waits since."""
    for each in kit.store.services.ticks(service, _MOST_LOOKED, (TickState.DONE,)):
        if each.version == number and each.id != but:
            try:
                run = kit.store.load(each.run_id)
            except UsageError:
                continue  # a person deleted it
            if run.results is not None:
                return run
    return None
