"""Children are stopped in order, and never outlive their parent."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from firmware_sim.house.ports import wait_until
from firmware_sim.house.processes import Process

PATIENT = "import time; print('here', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('here', flush=True); time.sleep(60)"


def python(code: str, log: Path) -> Process:
    return Process("the child", [sys.executable, "-c", code], log=log)


def said_here(log: Path) -> bool:
    return log.exists() and "here" in log.read_text()


def test_a_child_is_asked_to_stop(tmp_path):
    child = python(PATIENT, tmp_path / "log")
    child.start()
    child.stop()
    assert child.exit_code == -signal.SIGTERM


def test_a_child_that_does_not_listen_is_killed(tmp_path):
    child = python(STUBBORN, tmp_path / "log")
    child.start()
    wait_until("the child", lambda: said_here(tmp_path / "log"))
    child.stop(within_s=0.2)
    assert child.exit_code == -signal.SIGKILL


def test_stopping_twice_is_harmless(tmp_path):
    child = python(PATIENT, tmp_path / "log")
    child.stop()
    child.start()
    child.stop()
    child.stop()
    assert not child.is_alive


def test_a_dead_child_is_reported_with_the_end_of_its_log(tmp_path):
    child = python("raise SystemExit('no database')", tmp_path / "log")
    child.start()
    wait_until("the child to end", lambda: not child.is_alive)
    with pytest.raises(RuntimeError, match=r"the child ended with status 1(?s:.*)no database"):
        child.must_live()


def test_a_child_can_be_started_again(tmp_path):
    child = python(PATIENT, tmp_path / "log")
    child.start()
    first = child.pid
    child.kill()
    child.start()
    assert child.pid != first
    child.kill()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends a child with its parent")
def test_a_child_dies_with_a_killed_parent(tmp_path):
    parent = textwrap.dedent(f"""
        import sys, time
        from pathlib import Path
        from firmware_sim.house.processes import Process
        child = Process("child", [sys.executable, "-c", {PATIENT!r}], log=Path({str(tmp_path / "log")!r}))
        child.start()
        print(child.pid, flush=True)
        time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        child_pid = int(running.stdout.readline())
        running.kill()
    wait_until("the child to die", lambda: not psutil.pid_exists(child_pid) or is_zombie(child_pid))


def is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_waiting_in_vain_names_what_was_waited_for():
    with pytest.raises(TimeoutError, match=r"waited 0 s in vain for rain"):
        wait_until("rain", lambda: False, timeout_s=0.1)
