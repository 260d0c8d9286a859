"""`token`: tokens with which programs may ask the workbench; made, listed, withdrawn."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from engine.commands.terminal import err, out, print_json
from engine.dashboards.access import MOST_DAYS, TOKEN_DAYS, make_token
from engine.kit import Kit
from engine.products.rights import Right
from engine.store.grants import Grant, Kind


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("token", help="tokens with which programs may ask the workbench")
    parser.set_defaults(act=act)
    actions = parser.add_subparsers(dest="action", required=True)
    create = actions.add_parser("create", help="make one; it is printed once")
    create.add_argument("--name", default="program", help="the program that uses it")
    create.add_argument(
        "--scope", action="append", choices=[right.value for right in Right], required=True,
        help="what it may; given twice, both",
    )  # fmt: skip
    create.add_argument("--days", type=int, default=TOKEN_DAYS, help=f"until it ends, at most {MOST_DAYS}")
    listing = actions.add_parser("list", help="all that were made")
    withdraw = actions.add_parser("withdraw", help="end one now; a shared link too")
    withdraw.add_argument("id", help="its id, as the list has it")
    for each in (create, listing, withdraw):
        each.add_argument("--json", action="store_true", help="print one JSON document")


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Do what is asked of tokens."""
    acts = {"create": _create, "list": _list, "withdraw": _withdraw}
    acts[options.action](options, kit)
    return 0


def _create(options: argparse.Namespace, kit: Kit) -> None:
    grant, text = make_token(kit.store, options.name, map(Right, options.scope), options.days)
    if options.json:
        print_json({**_told(grant), "token": text})
        return
    err.print(f"{grant.id}, {grant.state(datetime.now(UTC))}. Keep it: it is not shown again.", markup=False)
    out.print(text, markup=False, soft_wrap=True)


def _list(options: argparse.Namespace, kit: Kit) -> None:
    found = kit.store.grants.all(Kind.TOKEN)
    if options.json:
        print_json([_told(grant) for grant in found])
        return
    drawn = Table("id", "name", "scopes", "state")
    for grant in found:
        told = _told(grant)
        drawn.add_row(grant.id, grant.name, ", ".join(told["scopes"]), told["state"])
    out.print(drawn if found else "No tokens yet. Make one: ./run token create --scope portfolio")


def _withdraw(options: argparse.Namespace, kit: Kit) -> None:
    grant = kit.store.grants.withdraw(options.id)
    if options.json:
        print_json(_told(grant))
    else:
        out.print(f"{grant.id} was withdrawn.", markup=False)


def _told(grant: Grant) -> dict[str, Any]:
    return {
        "id": grant.id,
        "name": grant.name,
        "scopes": [right.value for right in Right if right in grant.rights],
        "made_at": grant.made_at.isoformat(),
        "ends_at": grant.ends_at.isoformat(),
        "state": grant.state(datetime.now(UTC)),
    }
