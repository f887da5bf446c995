"""The table of core-seconds by program."""

from __future__ import annotations

from tests.support.cpu import table


def test_programs_are_listed_by_what_they_take_and_trifles_left_out() -> None:
    processes = [("etcd", 1.5), ("kube-apiserver", 2.0), ("kube-apiserver", 0.5), ("sh", 0.01)]
    assert list(table(processes, 10.4)) == [
        "10 s, 4.0 core-seconds:",
        "     2.5  kube-apiserver (2)",
        "     1.5  etcd (1)",
    ]
