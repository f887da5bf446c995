"""The loader for YAML that is long or read in each process."""

from __future__ import annotations

from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader that is written in C, ten times as fast; where PyYAML lacks it, the usual one."""
