"""The digest over the content of a ConformanceReport, by which a later change shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

FIELD: Final = "digest"


def digest_of(content: Mapping[str, Any]) -> str:
    """Over everything but the digest itself, whatever the order of the keys and the layout. It
    finds damage and edits, and is not a signature.
    """
    rest = {key: value for key, value in content.items() if key != FIELD}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
