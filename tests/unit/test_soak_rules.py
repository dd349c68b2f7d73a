"""What a soak may skip: a program or a privilege that is missing, and nothing else."""

import os

import pytest

from benchmarks.soak import disk
from benchmarks.soak.common import CommandError, SkippedError, Verdict, sh


def test_a_program_that_is_missing_is_a_reason_to_skip():
    with pytest.raises(SkippedError, match=r"^no-such-program is not installed$"):
        sh("no-such-program", "at", "all")


def test_a_privilege_that_is_missing_is_a_reason_to_skip():
    with pytest.raises(SkippedError, match=r"the privilege for .sh -c .* is missing: RTNETLINK answers"):
        sh("sh", "-c", "echo 'RTNETLINK answers: Operation not permitted' >&2; exit 2")


def test_a_command_that_fails_is_none():
    with pytest.raises(CommandError, match=r"^'ls /no/such/folder' ended with 2: .*No such file"):
        sh("ls", "/no/such/folder")
    assert sh("echo", "fine") == "fine\n"


def test_a_part_that_is_skipped_is_named_and_not_counted(monkeypatch, tmp_path):
    def no_strace(*_):
        raise SkippedError("strace is not installed")

    for name in ("flips", "broken_at_boot", "full"):
        monkeypatch.setattr(disk, name, lambda *_: None)
        getattr(disk, name).__name__ = name
    monkeypatch.setattr(disk, "io_errors", no_strace)
    no_strace.__name__ = "io_errors"
    verdict = disk.run(0.01, tmp_path)
    assert verdict.counts == {}
    assert verdict.skipped == ["io_errors: strace is not installed"]
    assert "skipped: io_errors: strace is not installed" in str(verdict)


def test_a_fault_in_a_part_of_a_soak_is_no_skip(monkeypatch, tmp_path):
    def fails(*_):
        raise CommandError("'mount' ended with 32")

    monkeypatch.setattr(disk, "flips", fails)
    with pytest.raises(CommandError):
        disk.run(0.01, tmp_path)


def test_a_verdict_says_what_broke():
    verdict = Verdict({"lost": 1}, ["0 lost"])
    assert str(verdict) == f"1 lost{os.linesep}    BROKEN: 0 lost"
