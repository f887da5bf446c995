"""Removes credentials, so that none enters a report.

It works in two ways, since neither is enough alone. Shapes (PEM blocks, tokens, the fields of a
kubeconfig, the data of a Secret) are always redacted. Values that were once seen as the data of a
Secret, or in a field with a telling name, are remembered, so that they are also found without their
field, for example in the text of an assertion.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

REDACTED: Final = "(redacted)"
_FIELDS: Final = re.compile(
    r"(?i)(token|id[-_]?token|access[-_]?token|refresh[-_]?token|bearer[-_]?token|password|passwd|client[-_]?secret|"
    r"private[-_]?key|client-key-data|client-certificate-data|certificate-authority-data|ca-?bundle|authorization)"
)
_IN_TEXT: Final = (
    re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL),
    re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]*"),  # the same in base64
    re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),  # JSON web tokens
    re.compile(r"(?i)(?<=bearer )[\w.~+/=-]{8,}"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s]+(?=@)"),  # a password may have an @ of its own
    re.compile(r"(?<=://)[^/\s:@]{16,}(?=@)"),  # a token in place of the user
    re.compile(r"\b(?:gh[opsur]_[A-Za-z0-9]{20,}|github_pat_\w{20,})"),
    re.compile(r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b"),  # bootstrap tokens
)
_BEFORE: Final = (
    rf"(?P<before>\b{_FIELDS.pattern[4:]}\\?['\"]?\s*[:=]\s*|--{_FIELDS.pattern[4:]}\s+)"
)
_FIELD_IN_TEXT: Final = (
    # In quotes, which have a backslash in a text within a text; a text that is cut may end before.
    re.compile(
        rf"{_BEFORE}(?P<quote>\\?['\"])(?:(?!(?P=quote))(?:\\.|.)){{6,}}(?=(?P=quote)|$)",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(
        rf"{_BEFORE}(?P<quote>\\?['\"]?)(?:(?:basic|negotiate)\s+)?[^\s'\",}}]{{6,}}", re.IGNORECASE
    ),
)
_AUTH_IN_TEXT: Final = re.compile(
    r"(?P<before>\\?\"auth\\?\"\s*:\s*\\?\")(?P<value>[A-Za-z0-9+/=]{8,})"
)
"""The user and password of a registry, as Docker's configuration has them."""
_NO_SECRETS: Final = ("namespace",)
"""Keys of a service account's token Secret whose value is not secret and occurs in every other
object.
"""
_SHORTEST: Final = 6
"""Shorter values are not searched for in free text: they would redact ordinary words."""


class Scrubber:
    """Removes credentials from values. A process has one, so that a credential learned once is
    redacted in everything that the process writes.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()

    def learn(self, value: Any) -> None:
        """Remember the credentials that an object carries, without a copy of it."""
        self._walk(value)

    def scrub(self, value: Any) -> Any:
        """A copy of a JSON-like value without credentials; any other value becomes its text."""
        return self._final(self._walk(value))

    def text(self, text: str) -> str:
        """The same for a free text, such as a message or a log line."""
        return self._text(text)

    def exception(self, error: BaseException) -> None:
        """The same for an exception, in place, since every reporter reads it for itself."""
        clean = tuple(self._text(arg) if isinstance(arg, str) else arg for arg in error.args)
        if clean != error.args:
            error.args = clean

    def _walk(self, value: Any, *, secret: bool = False) -> Any:
        if isinstance(value, Mapping):
            secret = secret or value.get("kind") in ("Secret", "SecretList")
            return {str(key): self._item(str(key), item, secret) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._walk(item, secret=secret) for item in value]
        if isinstance(value, str) and value[:1] in ("{", "["):
            return self._embedded(value)
        return value

    def _item(self, key: str, item: Any, secret: bool) -> Any:
        if secret and key in ("data", "stringData") and isinstance(item, Mapping):
            for name, entry in item.items():
                if name not in _NO_SECRETS:
                    self._remember(entry)
            return dict.fromkeys(map(str, item), REDACTED)
        named = _FIELDS.fullmatch(key) or (key == "auth" and _is_basic(item))
        if named and isinstance(item, str | bytes) and item:
            self._remember(item)
            return REDACTED
        return self._walk(item, secret=secret and key == "items")

    def _embedded(self, text: str) -> str:
        try:
            content = json.loads(text)
        except ValueError:
            return text
        clean = self._walk(content)
        return text if clean == content else json.dumps(clean)

    def _remember(self, value: Any) -> None:
        text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        forms = {text, base64.b64encode(text.encode()).decode()}
        # If it is not base64, only the value itself can appear.
        with contextlib.suppress(binascii.Error, ValueError):
            forms.add(base64.b64decode(text, validate=True).decode())
        self._known |= {form for form in forms if len(form) >= _SHORTEST}

    def _final(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._text(key): self._final(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._final(item) for item in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._text(str(value))

    def _text(self, text: str) -> str:
        for known in sorted(self._known, key=len, reverse=True):
            text = text.replace(known, REDACTED)
        for pattern in _IN_TEXT:
            text = pattern.sub(REDACTED, text)
        if _FIELDS.search(text):
            for pattern in _FIELD_IN_TEXT:
                text = pattern.sub(rf"\g<before>\g<quote>{REDACTED}", text)
        return _AUTH_IN_TEXT.sub(_without_auth, text) if "auth" in text else text


def _without_auth(found: re.Match[str]) -> str:
    return found["before"] + (REDACTED if _is_basic(found["value"]) else found["value"])


def _is_basic(value: Any) -> bool:
    """Whether it is a user and a password in base64, as HTTP's basic authentication has them."""
    try:
        return isinstance(value, str) and b":" in base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
