"""What of a component's log a failure shows."""

from __future__ import annotations

import datetime
import time

import pytest

from kubestellar_conformance.diagnosis.excerpt import (
    LONGEST_LINE,
    crash,
    is_error,
    last_words,
    naming,
    newest,
    shortened,
    when,
)

LOGGED = 'I1126 00:47:57.996658    7374 generic_transport_controller.go:425] "starting workers"'
PANIC = """\
E1126 00:50:00.000001    7374 panic.go:262] "Observed a panic" panic="runtime error: nil map" stacktrace=<
	goroutine 91 [running]:
	k8s.io/apimachinery/pkg/util/runtime.logPanic({0x1f1c8f8, 0x3d8a0e0}, {0x19a3f20, 0x3ce7b50})
 >
panic: runtime error: invalid memory address or nil pointer dereference [recovered]
	panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x1708b9f]

goroutine 91 [running]:
k8s.io/apimachinery/pkg/util/runtime.HandleCrashWithContext({0x2a1, 0x3d8}, {0x0, 0x0, 0x0})
	/root/go/pkg/mod/k8s.io/apimachinery@v0.32.13/pkg/util/runtime/runtime.go:107 +0xbc
panic({0x19a3f20?, 0x3ce7b50?})
	/usr/lib/go/src/runtime/panic.go:787 +0x132
github.com/kubestellar/kubestellar/pkg/transport/generic.(*genericTransportController).update(0xc0, {0x1, 0x2})
	/work/ks/pkg/transport/generic/generic_transport_controller.go:1170 +0x1ff
github.com/kubestellar/kubestellar/pkg/transport/generic.(*genericTransportController).process(...)
	/work/ks/pkg/transport/generic/generic_transport_controller.go:560
k8s.io/client-go/util/workqueue.(*Typed[...]).Get(0x1)
	/root/go/pkg/mod/k8s.io/client-go@v0.32.13/util/workqueue/queue.go:10 +0x1
github.com/kubestellar/kubestellar/pkg/transport/generic.(*genericTransportController).runWorker(0xc0)
	/work/ks/pkg/transport/generic/generic_transport_controller.go:500 +0x45
github.com/kubestellar/kubestellar/pkg/transport/generic.(*genericTransportController).Run.func1(0xc0)
	/work/ks/pkg/transport/generic/generic_transport_controller.go:430 +0x45
created by github.com/kubestellar/kubestellar/pkg/transport/generic.(*genericTransportController).Run in goroutine 1
	/work/ks/pkg/transport/generic/generic_transport_controller.go:428 +0x3a5

goroutine 92 [select]:
github.com/kubestellar/kubestellar/pkg/other.Innocent(0xc0)
	/work/ks/pkg/other/other.go:1 +0x45"""
SHOWN = [
    "panic: runtime error: invalid memory address or nil pointer dereference [recovered]",
    "  at generic.(*genericTransportController).update"
    " (/work/ks/pkg/transport/generic/generic_transport_controller.go:1170)",
    "  at generic.(*genericTransportController).process"
    " (/work/ks/pkg/transport/generic/generic_transport_controller.go:560)",
    "  at generic.(*genericTransportController).runWorker"
    " (/work/ks/pkg/transport/generic/generic_transport_controller.go:500)",
]


def test_a_panic_is_its_reason_and_the_product_s_first_frames() -> None:
    assert crash([LOGGED, *PANIC.splitlines()]) == SHOWN


def test_the_product_s_files_are_named_as_in_its_repository() -> None:
    built = PANIC.replace("/work/ks/", "github.com/kubestellar/kubestellar/")
    assert crash(built.splitlines())[1].endswith(
        " (pkg/transport/generic/generic_transport_controller.go:1170)"
    )


def test_lines_of_other_goroutines_may_follow_the_panic() -> None:
    assert crash([*PANIC.splitlines(), LOGGED]) == SHOWN


def test_an_earlier_crash_is_not_that_of_a_program_that_was_started_again() -> None:
    lines = [*PANIC.splitlines(), *[LOGGED] * 20]
    assert crash(lines) == []
    assert last_words(lines, 2) == [LOGGED, LOGGED]


def test_a_fatal_error_of_the_runtime() -> None:
    text = """\
fatal error: concurrent map writes

goroutine 7 [running]:
internal/runtime/maps.fatal({0x1c0?, 0x0?})
	/usr/lib/go/src/runtime/panic.go:1058 +0x18
main.main()
	/work/ks/cmd/kubestellar/main.go:12 +0x1"""
    assert crash(text.splitlines()) == [
        "fatal error: concurrent map writes",
        "  at main.main (/work/ks/cmd/kubestellar/main.go:12)",
    ]


def test_another_program_s_panic_names_its_own_frames() -> None:
    text = """\
{"level":"warn","ts":"2026-11-26T00:00:00.000000Z","msg":"something"}
{"level":"panic","ts":"2026-11-26T00:00:01.000000Z","msg":"failed","error":"no space left on device"}
panic: failed

goroutine 158 [running]:
go.uber.org/zap/zapcore.CheckWriteAction.OnWrite(0x2)
	/go/pkg/mod/go.uber.org/zap@v1.27.0/zapcore/entry.go:196 +0x54
go.etcd.io/etcd/server/v3/storage/wal.(*WAL).Save(0xc0)
	/go/etcd/server/storage/wal/wal.go:900 +0x18"""
    shown = crash(text.splitlines())
    assert '"error":"no space left on device"' in shown[0]
    assert shown[1] == "panic: failed"
    assert "  at go.etcd.io/etcd/server/v3/storage/wal.(*WAL).Save (" in shown[2]


def test_a_trace_inside_a_logged_error_is_left_out() -> None:
    line = (
        '{"level":"error","msg":"writing failed: no space left on device","stacktrace":"a\\n\\tb"}'
    )
    shown = '{"level":"error","msg":"writing failed: no space left on device"}'
    assert last_words([line], 2) == [shown]
    assert shortened(line) == shown


def test_a_trace_inside_a_logged_panic_is_left_out() -> None:
    """What etcd 3.6 says when its address space is too small."""
    text = """\
{"level":"panic","caller":"backend/backend.go:205","msg":"failed to open \\"db\\"",\
"error":"cannot allocate memory","stacktrace":"a.b\\n\\tgo.etcd.io/x.go:205\\"\\nmain.main","id":"x"}
panic: failed to open database

goroutine 124 [running]:
go.uber.org/zap.(*Logger).Panic(0x1ed53c387b00?, {0x12d3555?, 0x180?})
	go.uber.org/zap@v1.27.0/logger.go:285 +0x4b
go.etcd.io/etcd/server/v3/storage/backend.New(...)
	go.etcd.io/etcd/server/v3@v3.6.16/storage/backend/backend.go:167
created by go.etcd.io/etcd/server/v3/storage.OpenBackend in goroutine 1
	go.etcd.io/etcd/server/v3@v3.6.16/storage/backend.go:75 +0x1a5"""
    assert crash(text.splitlines()) == [
        '{"level":"panic","caller":"backend/backend.go:205","msg":"failed to open \\"db\\"",'
        '"error":"cannot allocate memory","id":"x"}',
        "panic: failed to open database",
        "  at go.etcd.io/etcd/server/v3/storage/backend.New "
        "(go.etcd.io/etcd/server/v3@v3.6.16/storage/backend/backend.go:167)",
    ]


def test_klog_s_fatal_line_is_a_crash() -> None:
    lines = [LOGGED, 'F1126 00:50:00.000001       1 main.go:10] "cannot listen" err="in use"']
    assert crash(lines) == lines[1:]


def test_without_a_crash_the_last_lines_are_the_last_words() -> None:
    assert last_words(["a", "b", "c"], 2) == ["b", "c"]
    assert last_words([], 2) == []


def test_lines_that_name_an_object() -> None:
    lines = [
        'I1126 00:00:01.0 1 x.go:1] "Synced" name="web-x1"',
        'I1126 00:00:02.0 1 x.go:1] "Synced" name="other"',
        'I1126 00:00:03.0 1 x.go:1] "Synced" name="web-x1-2"',
        'I1126 00:00:04.0 1 x.go:1] "Synced" name="my-web-x1"',
        'I1126 00:00:05.0 1 x.go:1] "Synced" key="default/web-x1"',
        'I1126 00:00:06.0 1 x.go:1] "Synced" policy=p.',
        'I1126 00:00:07.0 1 x.go:1] "Synced" policy=p.q',
    ]
    assert naming(lines, ["web-x1", "p"], 5) == [lines[0], lines[4], lines[5]]
    assert naming(lines, [""], 5) == []
    assert naming(lines, ["absent"], 5) == []


def test_the_last_lines_that_name_it_and_its_errors() -> None:
    lines = [f"I1126 00:00:{n:02}.0 1 x.go:1] a" for n in range(20)]
    lines[3] = lines[3].replace("I1126", "E1126")
    lines[5] = lines[5].replace("I1126", "E1126")
    shown = naming(lines, ["a"], 4)
    assert shown == [lines[3], lines[5], lines[18], lines[19]]
    assert naming(lines[6:], ["a"], 4) == lines[16:]


def test_a_line_that_holds_a_whole_object_is_cut_and_says_so() -> None:
    [shown] = naming([f"a {'x' * 5000}"], ["a"], 5)
    assert len(shown) < LONGEST_LINE + 50
    assert shown.endswith("... (3002 more characters)")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("E1126 00:00:00.0 1 x.go:1] a", True),
        ("W1126 00:00:00.0 1 x.go:1] a", False),
        ('{"level":"error","msg":"a"}', True),
        ("2026-11-26T00:00:00Z\tERROR\ta", True),
        ("2026-11-26T00:00:00Z\tINFO\tERRORS", False),
        ("Error", False),
    ],
)
def test_errors(line: str, error: bool) -> None:
    assert is_error(line) is error


def test_when_a_line_was_logged() -> None:
    now = time.time()
    for zone in (None, datetime.UTC):
        said = datetime.datetime.fromtimestamp(now - 41, zone)
        line = f"I{said:%m%d %H:%M:%S.%f}    7374 x.go:425] a"
        assert when(line, now) == pytest.approx(now - 41, abs=0.01)
    iso = datetime.datetime.fromtimestamp(now - 41, datetime.UTC).isoformat()
    for line in (f'{{"level":"info","ts":"{iso}","msg":"a"}}', f"{iso}\tINFO\ta"):
        assert when(line, now) == pytest.approx(now - 41, abs=0.01)
    assert when("a line without a time", now) is None
    assert newest([line, "a line without a time"], now) == pytest.approx(now - 41, abs=0.01)
    assert newest(["a line without a time"], now) is None


def test_a_line_of_last_year() -> None:
    now = datetime.datetime(2026, 1, 1, 0, 0, 30).timestamp()
    line = "I1231 23:59:50.000000       1 x.go:1] a"
    assert when(line, now) == pytest.approx(now - 40, abs=24 * 3600)
    assert when("I0230 23:59:50.000000       1 x.go:1] a", now) is None
