"""Finds the user's replacement from which a failing program comes."""

from __future__ import annotations

from collections.abc import Sequence

from kubestellar_conformance.components import Provisioned, load_catalogue, parse_override


def blamed(program: str, overrides: Sequence[str], built: Provisioned) -> str | None:
    """The ``NAME=SOURCE`` from which that program comes; None if the user replaced another
    component or none. A component's own replacement takes precedence over one for its whole module,
    as in `components.sources.resolve`.
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
