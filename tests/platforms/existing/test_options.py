"""The platform ``existing`` as a user meets it: bad input is one line, and a run that did not begin
leaves nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kubestellar_conformance import cli
from kubestellar_conformance.platforms.existing.runfile import RunFile
from tests.support.existing import CONTEXTS, DOCUMENTED, installation, kubeconfig
from tests.support.suite import Suite

ONE = "def test_it(wds):\n    pass\n"


@pytest.fixture
def described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The documentation's variables in the environment, for API servers that are away; the
    kubeconfig.
    """
    for name, value in DOCUMENTED.items():
        monkeypatch.setenv(name, value)
    file = kubeconfig(tmp_path / "config", *CONTEXTS)
    monkeypatch.setenv("KUBECONFIG", str(file))
    return file


@pytest.mark.usefixtures("described")
@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--ks-wds-context=nowhere"], "has no context 'nowhere'"),
        (["--ks-keep"], "--ks-keep: an existing installation is never taken down"),
        (
            ["--ks-component=etcd=v3.6.5"],
            "--ks-component: an existing installation is tested as it is",
        ),
        (["--ks-no-snapshot"], "--ks-no-snapshot: an existing installation has no snapshot"),
        (["--ks-allow=everything"], "--ks-allow 'everything': use stop-components"),
        (["--ks-existing=absent.yaml", "-n2"], "absent.yaml: cannot be read"),
        (["--ks-label-query-one=x"], "label_query_one 'x': expected key=value"),
    ],
)
def test_bad_input(suite: Suite, args: list[str], said: str) -> None:
    suite.tests(ONE)
    ran = suite.run("--ks-platform=existing", *args)
    assert ran.status == 4
    [error] = [line for line in ran.output.splitlines() if line.startswith("ERROR: ")]
    assert said in error
    assert "Traceback" not in ran.output


@pytest.mark.parametrize(
    "arg",
    [
        "--ks-existing=absent.yaml",
        "--ks-kubeconfig=absent",
        "--ks-wec=a",
        "--ks-its-cp=its9",
        "--ks-allow=stop-components",
    ],
)
def test_what_describes_an_installation_is_refused_where_another_platform_is_used(
    suite: Suite, arg: str
) -> None:
    suite.tests(ONE)
    ran = suite.run(arg)
    assert ran.status == 4
    said = f"ERROR: {arg.partition('=')[0]} is for --ks-platform existing, but this run is on "
    assert said in ran.output
    assert "Traceback" not in ran.output


def test_an_installation_that_is_not_described(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in DOCUMENTED:
        monkeypatch.delenv(name, raising=False)
    suite.tests(ONE)
    ran = suite.run("--ks-platform=existing")
    assert ran.status == 4
    assert (
        "the existing installation is not fully described, host_context and its_context"
        in ran.output
    )


@pytest.mark.usefixtures("described")
@pytest.mark.parametrize("processes", [(), ("-n2",)], ids=["solo", "xdist"])
def test_an_installation_that_is_away(suite: Suite, processes: tuple[str, ...]) -> None:
    suite.tests(ONE)
    ran = suite.run("--ks-platform=existing", *processes)
    assert ran.status == 4
    [error] = [line for line in ran.output.splitlines() if line.startswith("ERROR: ")]
    assert (
        "the existing installation is not ready: kind-kubeflex: hosting cluster, context "
        "kind-kubeflex: unr" in error
    )
    assert error.count("unreachable at https://127.0.0.1:1") == 5
    assert "Traceback" not in ran.output
    assert ran.folder.joinpath("doctor.txt").read_text().count("MISSING") == 5
    assert not ran.folder.joinpath("credentials").exists()


@pytest.mark.usefixtures("described")
def test_the_doctor_shows_a_table_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor"]) == 4
    said = capsys.readouterr()
    assert said.out.count("MISSING") == 5
    assert said.out.count("; start it or correct the context (kubectl --context ") == 5
    assert (
        said.err
        == "ks-conformance: 5 problems must be fixed before the installation can be tested\n"
    )
    assert cli.main(["doctor", "--ks-its-context", "nowhere"]) == 4
    assert "has no context 'nowhere'" in capsys.readouterr().err


def test_a_clean_up_refuses_what_is_not_its_own(
    described: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["cleanup", "a,b=c"]) == 4
    assert "'a,b=c' is not the id of a run" in capsys.readouterr().err
    RunFile.of("some-run", os.getppid(), installation(described), {}).write(
        tmp_path / "run" / "some-run"
    )
    assert cli.main(["cleanup", "some-run"]) == 4
    assert (
        f"run some-run is still running (pid {os.getppid()}): stop it first"
        in capsys.readouterr().err
    )
    assert cli.main(["cleanup", "other-run", "--ks-run-dir", "run/some-run"]) == 4
    assert "has the id some-run, not other-run: nothing was removed" in capsys.readouterr().err
    RunFile.of("ended", 999_999_999, installation(described), {}).write(tmp_path / "run" / "ended")
    assert cli.main(["cleanup", "ended"]) == 10
    assert "did not answer" in capsys.readouterr().err
