"""Which of the user's replacements a program comes from that does not run as it should."""

from __future__ import annotations

from collections.abc import Sequence

from kubestellar_conformance.components import Provisioned, load_catalogue, parse_override


def blamed(program: str, overrides: Sequence[str], built: Provisioned) -> str | None:
    """The ``NAME=SOURCE`` that brought that program; None when the user replaced another component
    or none.

    A component's own replacement goes before one for its whole module, as in
    `components.sources.resolve`.
    """
    catalogue = load_catalogue()
    names = {
        item.component.name
        for item in built
        if item.component.package and str(item.binary) == program
    }
    replaced = {text: parse_override(text).name for text in overrides}
    found = [
        text
        for text, name in replaced.items()
        if names & {c.name for c in catalogue.replaced_by(name)}
    ]
    return min(found, key=lambda text: replaced[text] not in names, default=None)
