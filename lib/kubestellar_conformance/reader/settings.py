"""kubectl's settings, which outlast a scenario: one that changes them has to change them back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from kubestellar_conformance.reader.page import Block

_OF_A_READER: Final = ("current-context", "contexts")
_CHANGES: Final = "kubectl config"
"""What a block contains that changes them."""


class Settings:
    """The contexts of the reader's kubeconfig. ``blocks``: all blocks of the scenario."""

    def __init__(self, kubeconfig: Path, blocks: Sequence[Block]) -> None:
        self._kubeconfig = kubeconfig
        self._blocks = blocks
        self._known = self._read()

    def left_changed_by(self, block: Block) -> tuple[str, ...]:
        """A finding if the block, which has just run, changed them, and no later block would change
        them back.
        """
        before, self._known = self._known, self._read()
        later = [one.text for one in self._blocks if one.line > block.line]
        if before == self._known or any(_CHANGES in text for text in later):
            return ()
        return (
            f"line {block.line}: changes kubectl's contexts, and no later block of the scenario "
            "changes them back",
        )

    def _read(self) -> dict[str, Any]:
        content = yaml.safe_load(self._kubeconfig.read_text(encoding="utf-8")) or {}
        return {name: content.get(name) for name in _OF_A_READER}
