"""`service`: answers that come again: promoted, versioned, on a schedule, with alerts, told by mail, hook or folder."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from engine.commands.ask import show_answer
from engine.commands.terminal import err, out, print_json, show_end
from engine.errors import UsageError
from engine.kit import Kit
from engine.products.service import (
    Alert,
    AlertKind,
    Callback,
    Channel,
    Drop,
    Hook,
    Mail,
    Schedule,
    Service,
    Tick,
    Told,
    said,
)
from engine.services import blanks, gathering, promoting, ticker
from engine.services.messages import summary
from engine.services.moving import can_move
from engine.services.schedule import coming
from engine.usecases.history import as_json
from runtime.units import write

_HINTS = {
    "alert": "threshold, threshold:METRIC, threshold:METRIC:'>= 1.25', change:10, change:10:METRIC, missing or failed",
    "mail": "addresses separated by commas",
    "slack": "NAME of the secret SECRET_NAME that holds the webhook's address",
    "teams": "NAME of the secret SECRET_NAME that holds the webhook's address",
    "callback": "URL,NAME: the address, and the name of the secret SECRET_NAME that signs what is sent",
    "folder": "one name, below DELIVERY_DIR",
}


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("service", help="answers that come again: versions, schedule, alerts, messages")
    parser.set_defaults(act=act)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = _action(actions, "create", "promote a run")
    create.add_argument("run", help="the run's id, its beginning, or 'last'")
    create.add_argument("--name", default="", help="of letters, digits and '-': it stands in addresses")
    change = _action(actions, "change", "other times, alerts or channels", named=True)
    for each in (create, change):
        _settings(each)
    _action(actions, "list", "all services")
    _action(actions, "show", "versions, times and what they came to", named=True)
    _action(actions, "start", "be due again", named=True)
    _action(actions, "stop", "be due at no time; the addresses say so", named=True)
    update = _action(actions, "update", "stand on another run: a new version", named=True)
    update.add_argument("run", help="the run's id, its beginning, or 'last'")
    update.add_argument("--note", default="", help="why")
    back = _action(actions, "rollback", "put an earlier version in force", named=True)
    back.add_argument("version", type=int)
    compare = _action(actions, "compare", "two versions beside each other", named=True)
    compare.add_argument("one", type=int)
    compare.add_argument("other", type=int)
    _action(actions, "delete", "forget it; its runs stay", named=True)
    _action(actions, "run", "answer now, and tell it", named=True)
    call = _action(actions, "call", "the same for other values of its blanks", named=True)
    call.add_argument("--set", action="append", default=[], metavar="BLANK=VALUE", help="a blank's value")
    call.add_argument("--scenario", default="", metavar="NAME", help="under a scenario kept with it, too")
    memo = _action(actions, "memo", "one answer made of many: one for each value of a blank", named=True)
    memo.add_argument("--each", default="", metavar="BLANK", help="the blank (default: its only one)")
    memo.add_argument("--only", default="", metavar="VALUES", help="these values, separated by commas (default: all)")
    memo.add_argument("--scenario", default="", metavar="NAME", help="under a scenario of the service, too")
    _action(actions, "sent", "what was told, to whom, and what failed", named=True)
    _action(actions, "tick", "answer all that is due and send all that waits, once; for cron, without the workbench")


def _action(actions: Any, name: str, text: str, named: bool = False) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = actions.add_parser(name, help=text)
    if named:
        made.add_argument("name", help="the service's name")
    made.add_argument("--json", action="store_true", help="print one JSON document")
    return made


def _settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--title", help="what people read")
    parser.add_argument("--cron", help="when: five fields, such as '0 7 * * 1' for Mondays at seven; '' for never")
    parser.add_argument("--zone", help="time zone of --cron, such as Europe/Berlin (default: the one it has, or UTC)")
    parser.add_argument("--after-dataset", metavar="NAME", help="when: after each renewal of this dataset")
    parser.add_argument("--period", choices=["moves", "stays"], help="whether the period moves on with time")
    parser.add_argument("--told", choices=[each.value for each in Told], help="when channels hear of an answer")
    parser.add_argument(
        "--blank", action="append", metavar="NAME", help="what whoever calls it may choose, such as property"
    )
    for name, text in _HINTS.items():
        parser.add_argument(f"--{name}", action="append", metavar="WHAT", help=text)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Do what is asked of services."""
    return int(_ACTS[options.action](options, kit) or 0)


def _create(options: argparse.Namespace, kit: Kit) -> None:
    given = _given(options)
    _said(options, kit, promoting.create(kit, options.run, options.name, **given))


def _change(options: argparse.Namespace, kit: Kit) -> None:
    given = _given(options, kit.store.services.get(options.name).schedule)
    if not given:
        raise UsageError("Nothing to change was given.", "See ./run service change --help.")
    _said(options, kit, promoting.change(kit, options.name, **given))


def _given(options: argparse.Namespace, known: Schedule | None = None) -> dict[str, Any]:
    """The parts of a service that the command names."""
    found: dict[str, Any] = {}
    if options.title:
        found["title"] = options.title
    found |= _when(options, known)
    if options.period:
        found["moves"] = options.period == "moves"
    if options.told:
        found["told"] = Told(options.told)
    if options.blank is not None:
        found["blank"] = [each for each in options.blank if each]
    if options.alert is not None:
        found["alerts"] = tuple(map(alert_of, options.alert))
    if any(getattr(options, name) is not None for name in _CHANNELS):
        found["channels"] = tuple(channel_of(kind, text) for kind in _CHANNELS for text in getattr(options, kind) or ())
    return found


def _when(options: argparse.Namespace, known: Schedule | None) -> dict[str, Schedule | None]:
    """The times that the command names, in the zone that they had where it names none."""
    if options.after_dataset:
        return {"schedule": Schedule(dataset=options.after_dataset)}
    if options.cron is not None:
        zone = options.zone or (known.zone if known else "UTC")
        return {"schedule": Schedule(cron=options.cron, zone=zone) if options.cron else None}
    if options.zone and (known is None or known.dataset):
        raise UsageError("--zone is of a cron line, and there is none.", "Give --cron as well.")
    return {"schedule": known.model_copy(update={"zone": options.zone})} if known and options.zone else {}


def alert_of(text: str) -> Alert:
    """An alert as the command line says it: 'threshold:dscr:>= 1.25', 'change:10', 'missing'.

    Raises:
        UsageError: it says none.
    """
    kind, *rest = [part.strip() for part in text.split(":")]
    try:
        if kind == AlertKind.CHANGE:
            return Alert(kind=AlertKind.CHANGE, percent=float(rest[0]), metric=rest[1] if len(rest) > 1 else "")
        return Alert(kind=AlertKind(kind), metric=rest[0] if rest else "", bound=rest[1] if len(rest) > 1 else "")
    except (ValueError, IndexError):
        raise UsageError(f"{text[:60]!r} says no alert.", f"Give one of: {_HINTS['alert']}.") from None


def channel_of(kind: str, text: str) -> Channel:
    """A channel as the command line says it.

    Raises:
        UsageError: it says none.
    """
    if kind == "mail":
        return Mail(to=tuple(part.strip() for part in text.split(",") if part.strip()))
    if kind == "slack" or kind == "teams":
        return Hook(kind="slack" if kind == "slack" else "teams", secret=text.removeprefix("SECRET_"))
    if kind == "folder":
        return Drop(folder=text)
    url, _, secret = text.rpartition(",")
    if not url or not secret:
        raise UsageError(f"{text[:60]!r} is no callback.", f"Give {_HINTS['callback']}.")
    return Callback(url=url.strip(), secret=secret.strip().removeprefix("SECRET_"))


_CHANNELS = ("mail", "slack", "teams", "callback", "folder")


def _said(options: argparse.Namespace, kit: Kit, service: Service) -> None:
    """A service after it was changed."""
    if options.json:
        print_json(service.model_dump(mode="json"))
        return
    out.print(f"{service.name}: {service.title}", style="bold", markup=False)
    moves = service.moves and can_move(kit.store.load(service.version.run_id))
    for line in lines_of(service, moves):
        out.print(f"  {line}", markup=False)


def lines_of(service: Service, moves: bool) -> list[str]:
    """A service in a few lines; `moves` says whether its period moves on with the version in force."""
    state = "on" if service.on else "stopped"
    period = "moves on with time" if moves else "stays"
    lines = [
        f"{state}, version {service.number} of {len(service.versions)}, run {service.version.run_id}; period {period}"
    ]
    if service.version.meaning:
        lines.append(f"data as meant in {service.version.meaning}; limits of the script: {service.version.limits}")
    lines.append(f"due: {service.schedule or 'when it is asked'}")
    if service.schedule and service.on:
        times = coming(service.schedule, datetime.now(UTC))
        if times:
            lines.append(f"next: {', '.join(f'{each:%a %d %b %Y %H:%M %Z}' for each in times)}")
    lines.append(f"told ({service.told}): {said(service.channels)}")
    alerts = "; ".join(" ".join(filter(None, [each.kind, each.metric, each.bound])) for each in service.alerts)
    held = ", ".join(f"{each.name} ({each.value})" for each in service.blanks)
    return [*lines, f"alerts: {alerts or 'none'}", *([f"blanks: {held}"] if held else [])]


def _list(options: argparse.Namespace, kit: Kit) -> None:
    found = kit.store.services.all()
    if options.json:
        print_json([each.model_dump(mode="json") for each in found])
        return
    drawn = Table("service", "state", "version", "due", "last", "title")
    for each in found:
        last = next(iter(kit.store.services.ticks(each, 1)), None)
        when = f"{last.due_at:%Y-%m-%d %H:%M} {last.state}" if last else ""
        state = "on" if each.on else "stopped"
        drawn.add_row(each.name, state, str(each.number), str(each.schedule or ""), when, each.title)
    out.print(drawn if found else "No services yet. Promote a run: ./run service create last --name dscr")


def _show(options: argparse.Namespace, kit: Kit) -> None:
    service = kit.store.services.get(options.name)
    ticks = kit.store.services.ticks(service)
    if options.json:
        print_json({**service.model_dump(mode="json"), "ticks": [each.model_dump(mode="json") for each in ticks]})
        return
    _said(options, kit, service)
    for version in service.versions:
        mark = "*" if version.number == service.number else " "
        out.print(
            f" {mark}{version.number}  {version.made_at:%Y-%m-%d %H:%M}  {version.run_id}  {version.note}", markup=False
        )
    for tick in ticks[:10]:
        _tick(tick)


def _tick(tick: Tick) -> None:
    out.print(
        f"  {tick.due_at:%Y-%m-%d %H:%M} UTC  {tick.state}  {tick.cause}  run {tick.run_id or 'none'}", markup=False
    )
    if tick.report is not None:
        told = (*summary(tick.report), *(f"alert: {each}" for each in tick.report.fired), *tick.report.over)
        for line in told:
            out.print(f"    {line}", style="dim", markup=False)


def _turn(options: argparse.Namespace, kit: Kit) -> None:
    _said(options, kit, promoting.turn(kit, options.name, options.action == "start"))


def _update(options: argparse.Namespace, kit: Kit) -> None:
    _said(options, kit, promoting.update(kit, options.name, options.run, options.note))


def _rollback(options: argparse.Namespace, kit: Kit) -> None:
    _said(options, kit, promoting.roll_back(kit, options.name, options.version))


def _compare(options: argparse.Namespace, kit: Kit) -> None:
    found = promoting.compare(kit, options.name, options.one, options.other)
    if options.json:
        print_json(found)
        return
    drawn = Table("", f"version {options.one}", f"version {options.other}")
    for what in ("requests", "meaning", "limits"):
        drawn.add_row(what, *found[what])
    for metric in found["metrics"]:
        drawn.add_row(metric["name"], metric["before"] or "", metric["after"] or "")
    out.print(drawn)
    out.print("\n".join(found["script"]) or "The scripts are the same.", markup=False)


def _delete(options: argparse.Namespace, kit: Kit) -> None:
    service = promoting.delete(kit, options.name)
    if options.json:
        print_json({"deleted": service.name})
    else:
        out.print(f"Deleted {service.name}; its runs stay.", markup=False)


def _run(options: argparse.Namespace, kit: Kit) -> int:
    """Answer now; 1 where it failed."""
    service = kit.store.services.get(options.name)
    wanted = ticker.ask(service, kit, datetime.now(UTC))
    ticker.pass_once(kit)
    tick = kit.store.services.tick(wanted.id)
    if options.json:
        print_json(tick.model_dump(mode="json"))
    else:
        _tick(tick)
    return int(tick.report is None or bool(tick.report.failure))


def _call(options: argparse.Namespace, kit: Kit) -> None:
    pairs = [each.partition("=") for each in options.set]
    if wrong := [name for name, separator, _ in pairs if not separator]:
        raise UsageError(f"{wrong[0][:60]!r} is not BLANK=VALUE.", "Write --set property='Prairie Point Mall'.")
    inputs = {name.strip(): value.strip() for name, _, value in pairs}
    run, simulated = blanks.call(kit, options.name, inputs, options.scenario)
    if options.json:
        print_json({**as_json(run), "scenario": simulated})
        return
    show_end(run)
    for metric in run.results.metrics if run.results else ():
        out.print(f"  {metric.label:<32} {metric.text:>16}", markup=False)
        if simulated:
            told = write(simulated["metrics"].get(metric.name), metric.unit)
            out.print(f"    {simulated['name']:<30} {told:>16}", style="dim", markup=False)


def _memo(options: argparse.Namespace, kit: Kit) -> None:
    only = [each.strip() for each in options.only.split(",") if each.strip()]

    def tell(value: str, done: int, total: int) -> None:
        err.print(f"  {done} of {total}: {value}", style="dim", markup=False)

    run = gathering.gather(kit, options.name, options.each, only, options.scenario, tell)
    if options.json:
        print_json(as_json(run))
        return
    show_answer(run)
    out.print(f"\nRun {run.id}: ./run report {run.id} memo.pdf; ./run service create {run.id} lets it come again")


def _sent(options: argparse.Namespace, kit: Kit) -> None:
    found = kit.store.services.deliveries(kit.store.services.get(options.name))
    if options.json:
        print_json([each.model_dump(mode="json") for each in found])
        return
    drawn = Table("when", "to", "state", "tries", "why not")
    for each in found:
        when = each.sent_at or each.next_at
        drawn.add_row(f"{when:%Y-%m-%d %H:%M}", str(each.channel), each.state, str(each.attempt), each.error)
    out.print(drawn if found else "Nothing was told yet.")


def _pass(options: argparse.Namespace, kit: Kit) -> int:
    """Answer all that is due and send all that waits; 1 where something failed."""
    answered, sent = ticker.pass_once(kit)
    failed = [each for each in answered if each.report and each.report.failure]
    if options.json:
        print_json(
            {
                "answered": [each.model_dump(mode="json") for each in answered],
                "sent": [each.model_dump(mode="json") for each in sent],
            }
        )
    else:
        for tick in answered:
            _tick(tick)
        err.print(f"{len(answered)} answered, {len(sent)} messages tried.", markup=False)
    return int(bool(failed))


_ACTS = {
    "create": _create, "change": _change, "list": _list, "show": _show, "start": _turn, "stop": _turn,
    "update": _update, "rollback": _rollback, "compare": _compare, "delete": _delete, "run": _run, "call": _call,
    "memo": _memo,
    "sent": _sent, "tick": _pass,
}  # fmt: skip
