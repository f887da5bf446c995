"""Goroutines that wait for a lock, as Go 1.26 prints them."""

from __future__ import annotations

from kubestellar_conformance.platforms.goroutines import Waiter, waiters

READER = """\
goroutine 812 [sync.RWMutex.RLock, 2 minutes]:
sync.runtime_SemacquireRWMutexR(0xc000a?, 0x0?, 0xc001?)
\truntime/sema.go:100 +0x25
sync.(*RWMutex).RLock(...)
\tsync/rwmutex.go:74
github.com/kubestellar/kubestellar/pkg/binding.(*resolver).requestForObject(0xc000, {{0x1, 0x2}})
\tgithub.com/kubestellar/kubestellar@v0.30.0/pkg/binding/resolver.go:396 +0x8d
github.com/kubestellar/kubestellar/pkg/binding.(*resolver).requestsForBinding(0xc000)
\tgithub.com/kubestellar/kubestellar@v0.30.0/pkg/binding/resolver.go:378 +0x1b2
github.com/kubestellar/kubestellar/pkg/binding.(*Controller).syncBinding(0xc000)
\tgithub.com/kubestellar/kubestellar@v0.30.0/pkg/binding/binding.go:75 +0x1b2
created by github.com/kubestellar/kubestellar/pkg/binding.(*Controller).run in goroutine 1
\tgithub.com/kubestellar/kubestellar@v0.30.0/pkg/binding/controller.go:10 +0x1
"""
ELSEWHERE = """\
goroutine 9 [sync.Mutex.Lock]:
sync.(*Mutex).Lock(...)
\tsync/mutex.go:46
k8s.io/client-go/tools/cache.(*Queue).Pop(0xc0)
\tk8s.io/client-go@v0.32.1/tools/cache/queue.go:1 +0x1
"""
AT_WORK = """\
goroutine 1 [running]:
github.com/kubestellar/kubestellar/pkg/binding.(*Controller).work(0xc000)
\tgithub.com/kubestellar/kubestellar@v0.30.0/pkg/binding/controller.go:99 +0x1
"""


def test_a_goroutine_that_waits_for_a_lock_in_kubestellar_s_code_is_found() -> None:
    found = list(waiters("\n".join([AT_WORK, ELSEWHERE, READER])))
    frames = (
        "binding.resolver.requestForObject (resolver.go:396)",
        "binding.resolver.requestsForBinding (resolver.go:378)",
    )
    assert found == [Waiter(812, "sync.RWMutex.RLock", frames)]
    assert str(found[0]) == f"{frames[0]} called by {frames[1]} waits in sync.RWMutex.RLock"


def test_the_time_for_which_it_waits_does_not_make_it_another() -> None:
    assert list(waiters(READER)) == list(waiters(READER.replace("2 minutes", "3 minutes")))


def test_what_is_not_a_list_of_goroutines_has_none() -> None:
    assert list(waiters("")) == list(waiters("404 page not found\n\n\n")) == []
