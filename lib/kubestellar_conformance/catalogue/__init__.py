"""The catalogue of promises and the known deviations, as the installed package carries them.

The two folders are those of ``scenarios/`` in the repository.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
