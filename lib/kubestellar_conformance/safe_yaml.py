"""The loader for YAML that is long or read in each process, and a strict one for YAML that another
hand may have touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader that is written in C, ten times as fast; where PyYAML lacks it, the usual one."""
_DEEPEST: Final = 100
"""The loader written in C overflows its stack at some ten thousand levels."""


def strictly_loaded(text: str) -> Any:
    """The content of a YAML document from elsewhere, as every reader sees it. `ValueError` if it is
    nested deeper than any document here, has an alias, which may stand for a multiple of its size,
    or has a key twice, of which readers take either one. Raises `yaml.YAMLError` as well.
    """
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise ValueError(f"{_where(event)} is nested deeper than {_DEEPEST} levels")
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"{_where(event)} has the alias *{event.anchor}")
    loader = LOADER(text)
    try:
        node = loader.get_single_node()
        if (key := next(_second_keys(node), None)) is not None:
            raise ValueError(f"{_where(key)} has the key {key.value!r} of its mapping again")
        return None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _where(place: Any) -> str:
    return f"line {place.start_mark.line + 1}"


def _second_keys(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _second_keys(item)
    elif isinstance(node, yaml.MappingNode):
        seen: set[tuple[str, str]] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    yield key
                seen.add((key.tag, key.value))
            yield from _second_keys(value)
