"""``checker``: the machine that it makes, and how its output is read. The script is the test's."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestellar_conformance.story import Checker
from kubestellar_conformance.story.checker import Checked


def _checker(folder: Path, script: str) -> Checker:
    path = folder / "script.sh"
    path.write_text(script)
    return Checker(path, folder)


def test_ticks_and_crosses_are_told_apart(tmp_path: Path) -> None:
    script = r"""
echo "Checking:"
echo -e "\033[0;32m\xE2\x9C\x94\033[0m Docker (27)"
echo -e "\033[0;32m\xE2\x9C\x94\033[0m limit is 5"
echo -e "\033[0;31mX\033[0m kubectl" >&2
exit 2
"""
    checked = _checker(tmp_path, script).run()
    assert checked == Checked(2, ("Docker (27)", "limit is 5"), ("kubectl",))
    assert checked.tools_ticked == ["Docker"]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("which kflex || echo 'X no kflex'", "no kflex"),
        ('echo "X $(docker run --rm busybox sysctl fs.inotify.max_user_watches)"', "fs.inotify.max_user_watches = 7"),
        ('echo "X $(docker --version)"', "Docker version 27.2.1, build 0000000"),
        ('echo "X $(helm show chart oci://any 2>&1)"', "Error: failed to authorize: 403 Forbidden"),
        ('helm show chart oci://any 2> /dev/null || echo "X $?"', "1"),
        ('echo "X $(helm version)"', "v3.1.0"),
        ("which ls || echo 'X no tool but these'", "no tool but these"),
    ],
)  # fmt: skip
def test_the_machine_is_the_test_s(tmp_path: Path, script: str, said: str) -> None:
    checker = _checker(tmp_path, script)
    versions = {"kflex": None, "helm": "v3.1.0"}
    assert checker.run(versions=versions, watches=7, fetches=False).crossed == (said,)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["script.sh"]
