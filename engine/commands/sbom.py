"""`sbom`: what is installed, as a CycloneDX document (1.6, JSON), for those who must know what a program is made of."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.foundation.files import write_whole
from engine.kit import Kit
from engine.version import VERSION

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component

NAME = "meta-agent-script-executor"
LONGEST = 60
_REQUIRED = re.compile(r"[A-Za-z0-9][\w.-]*")


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("sbom", help="what is installed, as a CycloneDX document")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="without it: on standard output")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Write the document."""
    from engine.commands.terminal import err, print_text

    text = document(metadata.distributions())
    if options.file is None:
        print_text(text)
        return 0
    write_whole(options.file, text.encode())
    err.print(f"Written: {options.file}", markup=False)
    return 0


def document(installed: Iterable[metadata.Distribution]) -> str:
    """The packages with versions, licences and what each needs, in CycloneDX's JSON."""
    from cyclonedx.output.json import JsonV1Dot6

    return JsonV1Dot6(_bom(installed)).output_as_string(indent=1)


def _bom(installed: Iterable[metadata.Distribution]) -> Bom:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType

    root = Component(name=NAME, version=VERSION, type=ComponentType.APPLICATION, bom_ref=NAME)
    found: dict[str, tuple[Component, metadata.Distribution]] = {}
    for package in installed:
        # The first of a name is the one that Python imports.
        found.setdefault(_name(package.metadata["Name"]), (_component(package), package))
    bom = Bom(components=[component for component, _ in found.values()])
    bom.metadata.component = root
    bom.register_dependency(root, [component for component, _ in found.values()])
    for component, package in found.values():
        needs = {_name(match[0]) for need in package.requires or () if (match := _REQUIRED.match(need))}
        bom.register_dependency(component, [found[name][0] for name in sorted(needs & found.keys())])
    return bom


def _component(package: metadata.Distribution) -> Component:
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    about = package.metadata
    name, version = _name(about["Name"]), package.version
    said = _licence(about)
    return Component(
        name=about["Name"],
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{name}=={version}",
        purl=PackageURL(type="pypi", name=name, version=version),
        description=_field(about, "Summary") or None,
        licenses=[LicenseFactory().make_from_string(said)] if said else [],
    )


def _licence(about: metadata.PackageMetadata) -> str:
    """The licence in one line: its expression, else what it says in few words, else its classifiers."""
    expression, whole = (_field(about, name) for name in ("License-Expression", "License"))
    classified = [value.rpartition("::")[2].strip() for value in about.get_all("Classifier", []) if _tells(value)]
    return expression or (whole if whole and "\n" not in whole and len(whole) < LONGEST else " / ".join(classified))


def _tells(classifier: str) -> bool:
    return classifier.startswith("License ::") and classifier != "License :: OSI Approved"


def _field(about: metadata.PackageMetadata, name: str) -> str:
    return str(about[name]).strip() if name in about else ""


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()
