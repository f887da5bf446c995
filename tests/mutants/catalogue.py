"""The lists of mutants: a file per area, an entry per edit.

```yaml
- id: MUT-BIND-1                # unique in all areas
  file: pkg/binding/x.go        # in the module of the guilty part
  find: "if a && b {"           # occurs exactly once there
  put: "if a {"
  guilty: kubestellar-controller-manager   # a key of `PARTS`
  seen: a policy selects WECs that match one of its labels
  tests: [test_cluster_selectors.py]       # optional: these of the area alone (paths or node ids)
```
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kubestellar_conformance.errors import UserError
from kubestellar_conformance.reporting.yamlfile import Row, read_rows

HERE = Path(__file__).parent
PARTS = {
    "kubestellar-controller-manager": "kubestellar-controller-manager",
    "transport-controller": "kubestellar-transport-controller",
    "klusterlet-agent": "ocm-registration-operator",
}
"""The component that is built anew for an edit, by the part whose job it breaks."""
_FIELDS = {"id", "file", "find", "put", "guilty", "seen", "tests"}


@dataclass(frozen=True)
class Mutant:
    """One edit: ``find`` is replaced by ``put`` in ``file``; a user would see ``seen``."""

    id: str
    area: str
    file: str
    find: str
    put: str
    guilty: str
    seen: str
    tests: tuple[str, ...]

    def apply(self, module: Path) -> None:
        """Edit a copy of the module. Raises `UserError` unless the text occurs exactly once."""
        path = module / self.file
        if not path.is_file():
            raise UserError(f"{self.id}: its module has no file {self.file}")
        text = path.read_text(encoding="utf-8")
        if (count := text.count(self.find)) != 1:
            raise UserError(f"{self.id}: its text occurs {count} times in {self.file}, not once")
        path.write_text(text.replace(self.find, self.put), encoding="utf-8")


def load(folder: Path = HERE) -> list[Mutant]:
    """All mutants, by area. Raises `UserError` naming file and line."""
    found = [
        _mutant(path.stem, row) for path in sorted(folder.glob("*.yaml")) for row in read_rows(path)
    ]
    ids = [mutant.id for mutant in found]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise UserError(f"duplicate mutant {twice[0]}")
    return found


def _mutant(area: str, row: Row) -> Mutant:
    row.only(_FIELDS)
    guilty = row.text("guilty")
    if guilty not in PARTS:
        raise UserError(f"{row.where}: unknown part {guilty!r}: use {', '.join(PARTS)}")
    raw = {name: row.fields.get(name) for name in ("find", "put")}
    if not all(isinstance(text, str) for text in raw.values()) or not raw["find"]:
        raise UserError(f"{row.where}: needs text under 'find' and 'put'")
    return Mutant(
        id=row.text("id"),
        area=area,
        file=row.text("file"),
        find=str(raw["find"]),
        put=str(raw["put"]),
        guilty=guilty,
        seen=row.text("seen"),
        tests=row.texts("tests") if "tests" in row.fields else (),
    )
