"""Reading the suite's YAML lists, with errors that a user can act on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from kubestellar_conformance.errors import UserError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_list(path: Path) -> list[Any]:
    """The list that a YAML file holds; an empty file is an empty list. `UserError` in one line
    otherwise.
    """
    try:
        content = yaml.load(
            path.read_text(encoding="utf-8"), Loader=_Loader
        )  # a safe loader either way
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error
    if content is None:
        return []
    if not isinstance(content, list):
        raise UserError(f"{path}: expected a list, found {type(content).__name__}")
    return content
