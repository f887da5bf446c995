"""Label queries as the documentation writes them."""

from __future__ import annotations


def labels_of(query: str) -> dict[str, str]:
    """The labels in a comma-separated list of ``key=value``. `ValueError` if ``query`` is not such
    a list.
    """
    labels = {}
    for pair in query.split(","):
        key, equals, value = pair.strip().partition("=")
        if (
            not (key and equals)
            or not value
            or value.startswith("=")
            or key.endswith("!")
            or " " in key + value
        ):
            raise ValueError(query)
        labels[key] = value
    return labels
