"""Sentence 9 of the contract: the work that fails is retried with exponential back-off from 5 ms."""

from __future__ import annotations

from kubestellar_conformance.status_reporter.queue import RetryQueue


def seconds_to_retry(queue: RetryQueue[str], key: str) -> float:
    """Let the work on ``key`` fail at time 0; when it is due again."""
    queue.failed(key, 0.0)
    at = queue.next_at()
    assert at is not None
    assert queue.take(at - 0.0001) is None
    assert queue.take(at) == key
    return at


def test_9_back_off_doubles_from_5_ms_up_to_1000_s() -> None:
    queue: RetryQueue[str] = RetryQueue()
    waits = [seconds_to_retry(queue, "a") for _ in range(40)]
    assert waits[:5] == [0.005, 0.01, 0.02, 0.04, 0.08]
    assert waits[17] == 0.005 * 2**17
    assert waits[18:] == [1000.0] * 22


def test_9_each_object_has_a_back_off_of_its_own_which_ends_with_success() -> None:
    queue: RetryQueue[str] = RetryQueue()
    for _ in range(3):
        seconds_to_retry(queue, "a")
    assert seconds_to_retry(queue, "b") == 0.005
    queue.done("a")
    assert seconds_to_retry(queue, "a") == 0.005


def test_keys_come_in_the_order_of_their_first_addition_and_once() -> None:
    queue: RetryQueue[str] = RetryQueue()
    for key in ("a", "b", "a"):
        queue.add(key)
    assert [queue.take(0.0) for _ in range(3)] == ["a", "b", None]


def test_a_change_ends_the_wait_for_a_retry() -> None:
    queue: RetryQueue[str] = RetryQueue()
    queue.failed("a", 0.0)
    queue.add("a")
    assert queue.next_at() is None
    assert queue.take(0.0) == "a"


def test_a_change_during_work_that_fails_is_due_at_once() -> None:
    queue: RetryQueue[str] = RetryQueue()
    queue.add("a")
    assert queue.take(0.0) == "a"
    queue.add("a")
    queue.failed("a", 0.0)
    assert queue.take(0.0) == "a"
