"""KubeStellar's prerequisite checker (the page "KubeStellar Prerequisites", "Automated Check of
Prerequisites for KubeStellar"; scripts/check_pre_req.sh), on a machine whose tools the test makes.
"""

from __future__ import annotations

import pytest

from kubestellar_conformance.story import Checker, case, promises, step

USING = ["Docker", "kubectl", "KubeFlex", "OCM CLI", "Helm"]
EXAMPLES = ["Kind", "k3d", "ArgoCD CLI"]
BUILDING = ["GNU Make", "Go", "KO"]
FORBIDDEN_CLUSTERADM = (
    "structured version ':v0.11.2' is not between ':v1.0' (inclusive) and ':v1.1' (exclusive)"
)
OLD_KUBECTL = "structured version 'v1.28.9' is less than required minimum 'v1.29'"
WATCHES = "sysctl fs.inotify.max_user_watches is only 155693 but must be at least 524288"
INSTANCES = "sysctl fs.inotify.max_user_instances is only 128 but must be at least 512"


def without_link(lines: tuple[str, ...]) -> list[str]:
    """The lines without the page that they name, each once: the checker names two pages."""
    return list(dict.fromkeys(line.partition(" (see ")[0] for line in lines))


@promises("SETUP-01")
def test_a_machine_with_all_that_is_needed(checker: Checker) -> None:
    """Every tool has a suitable version."""
    with step("Run the checker: it ticks every tool, and crosses none"):
        checked = checker.run()
        assert checked.tools_ticked == [*USING, *EXAMPLES, *BUILDING]
        assert (checked.status, checked.crossed) == (0, ())


@promises("SETUP-01")
@pytest.mark.parametrize(
    ("lacks", "names"),
    [
        case("of each group", ["kubectl", "k3d", "ko"], ["kubectl", "k3d", "KO"]),
        case("helm", ["helm"], ["Helm", "helm can not fetch public charts!"]),
    ],
)
def test_each_missing_tool_is_named(checker: Checker, lacks: list[str], names: list[str]) -> None:
    """The checker goes on after each, and ticks all that the machine has."""
    with step("Run the checker: it crosses these alone, and ticks the others"):
        checked = checker.run(versions=dict.fromkeys(lacks))
        there = [one for one in [*USING, *EXAMPLES, *BUILDING] if one not in names]
        assert (list(checked.crossed), checked.tools_ticked) == (names, there)


@promises("SETUP-01")
@pytest.mark.parametrize(
    ("versions", "complaints"),
    [
        case("a forbidden clusteradm", {"clusteradm": "v0.11.2"}, [FORBIDDEN_CLUSTERADM]),
        case("an old kubectl", {"kubectl": "v1.28.9"}, [OLD_KUBECTL]),
        case(
            "a missing kubectl, then a forbidden clusteradm",
            {"kubectl": None, "clusteradm": "v0.11.2"},
            ["kubectl", FORBIDDEN_CLUSTERADM],
        ),
        case(
            "a forbidden clusteradm, then a missing ko",
            {"clusteradm": "v0.11.2", "ko": None},
            [FORBIDDEN_CLUSTERADM, "KO"],
        ),
        case(
            "an old kind whose version sorts last",
            {"kind": "v0.9.0"},
            ["structured version 'kind v0.9.0 go1.24.0 linux/amd64' is less than required minimum "
             "'kind v0.20'"],
        ),
    ],
)  # fmt: skip
def test_each_tool_of_an_unusable_version_is_named(
    checker: Checker, versions: dict[str, str | None], complaints: list[str]
) -> None:
    """Beside tools that are missing, before and after it."""
    with step("Run the checker: it crosses each of them"):
        assert list(checker.run(versions=versions).crossed) == complaints


@promises("SETUP-01")
@pytest.mark.parametrize("flag", ["-A", "--assert"])
def test_in_assert_mode_the_checker_exits_at_the_first_missing_tool(
    checker: Checker, flag: str
) -> None:
    """Of two that are missing."""
    with step("Run the checker: it crosses the first of the two, and says no more"):
        checked = checker.run(flag, versions={"kflex": None, "ko": None})
        assert (checked.status, checked.crossed) == (2, ("KubeFlex",))
        assert checked.tools_ticked == ["Docker", "kubectl"]


@promises("LIMITS-11")
@pytest.mark.parametrize(
    ("watches", "instances", "complaints"),
    [
        case("both just high enough", 524288, 512, []),
        case("watches too low", 155693, 512, [WATCHES]),
        case("instances too low", 524288, 128, [INSTANCES]),
        case("both too low", 155693, 128, [WATCHES, INSTANCES]),
    ],
)
def test_limits_of_inotify_that_are_too_low_are_named(
    checker: Checker, watches: int, instances: int, complaints: list[str]
) -> None:
    """Three kind clusters need more than many machines allow for by default."""
    with step("Run the checker for kind: it says so of each limit that is too low"):
        checked = checker.run("kind", watches=watches, instances=instances)
        assert without_link(checked.crossed) == complaints


@promises("LIMITS-13")
@pytest.mark.parametrize(
    ("fetches", "ticked", "crossed"),
    [
        case("it can", True, ("helm can fetch public charts",), ()),
        case("it cannot", False, (), ("helm can not fetch public charts!",)),
    ],
)
def test_the_checker_says_whether_helm_can_fetch_public_charts(
    checker: Checker, fetches: bool, ticked: tuple[str, ...], crossed: tuple[str, ...]
) -> None:
    """Helm fetches, or is refused as the page of the known issue shows it."""
    with step("Run the checker for helm: it says so"):
        checked = checker.run("helm", fetches=fetches)
        assert (checked.ticked[1:], checked.crossed) == (ticked, crossed)
