"""Packet loss, 64 kbit/s, a partition, half-open links, portals, resets in mid-body: the backlog is gone in
60 s.

The gateway's core lives in a network namespace of its own, tied to the cloud by a veth pair. nft drops
packets, tc makes the line thin, taking the link down parts them; the stub cloud resets connections and
plays a captive portal.
"""

import ctypes
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.soak.common import Child, Verdict, lines_of, need, need_root, sh, wait_for
from benchmarks.soak.gateway import Plan, core_gateway
from benchmarks.soak.stub_cloud import StubCloud, is_dense, missing
from firmware_sim.house.ports import free_port

FAULT_S = 120.0
RECOVERS_S = 60.0
CLONE_NEWNET = 0x40000000
RATE = 24.0
"""Records a second: twice what the busiest gateway makes."""


class Wire:
    """A namespace, a veth pair, and what can be done to it."""

    def __init__(self) -> None:
        need_root()
        need("ip", "tc", "nft")
        tag = os.getpid() % 10_000
        self.space, self.near, self.far = f"bb{tag}", f"bbn{tag}", f"bbf{tag}"
        net = f"10.{200 + tag % 50}.{tag // 50 % 250}"
        self.near_ip, self.far_ip = f"{net}.1", f"{net}.2"

    def lay(self) -> None:
        sh("ip", "netns", "add", self.space)
        sh("ip", "link", "add", self.near, "type", "veth", "peer", "name", self.far, "netns", self.space)
        sh("ip", "addr", "add", f"{self.near_ip}/24", "dev", self.near)
        sh("ip", "link", "set", self.near, "up")
        self.inside("ip", "addr", "add", f"{self.far_ip}/24", "dev", self.far)
        self.inside("ip", "link", "set", self.far, "up")

    def take_away(self) -> None:
        with suppress(Exception):
            sh("ip", "netns", "del", self.space)
        with suppress(Exception):
            sh("ip", "link", "del", self.near)

    def inside(self, *words: str) -> None:
        sh("ip", "netns", "exec", self.space, *words)

    def enter(self) -> None:
        """Move this process into the namespace."""
        libc = ctypes.CDLL(None, use_errno=True)
        descriptor = os.open(f"/run/netns/{self.space}", os.O_RDONLY)
        if libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(descriptor)

    @contextmanager
    def loss(self, percent: int) -> Iterator[None]:
        """Drop packets in both directions; 100 is a half-open link, since nobody is told."""
        self.inside("nft", "add table inet bb")
        for hook in ("input", "output"):
            self.inside("nft", f"add chain inet bb {hook} {{ type filter hook {hook} priority 0 ; }}")
            rule = "drop" if percent >= 100 else f"numgen random mod 100 < {percent} drop"
            self.inside("nft", f"add rule inet bb {hook} {rule}")
        try:
            yield
        finally:
            self.inside("nft", "delete table inet bb")

    @contextmanager
    def thin(self, kbit: int) -> Iterator[None]:
        """Let this much through in each direction."""
        tbf = ("root", "tbf", "rate", f"{kbit}kbit", "burst", "4kb", "latency", "400ms")
        self.inside("tc", "qdisc", "add", "dev", self.far, *tbf)
        sh("tc", "qdisc", "add", "dev", self.near, *tbf)
        try:
            yield
        finally:
            self.inside("tc", "qdisc", "del", "dev", self.far, "root")
            sh("tc", "qdisc", "del", "dev", self.near, "root")

    @contextmanager
    def parted(self) -> Iterator[None]:
        """Take the link down."""
        sh("ip", "link", "set", self.near, "down")
        try:
            yield
        finally:
            sh("ip", "link", "set", self.near, "up")


@contextmanager
def misbehaving(cloud: StubCloud, **faults: object) -> Iterator[None]:
    """Let the cloud misbehave as long as the block."""
    cloud.control(**faults)
    try:
        yield
    finally:
        cloud.control()


def run(share: float, folder: Path, seed: int = 1) -> Verdict:
    """Make each fault for a while, then measure how long the backlog takes."""
    verdict, fault_s = Verdict(), max(5.0, FAULT_S * share)
    wire, log = Wire(), folder / "accepted.jsonl"
    wire.take_away()
    wire.lay()
    cloud = StubCloud(folder, free_port(), wire.near_ip)
    plan = Plan(folder, cloud.url, log, rows_per_s=RATE, movement_every_s=2.0, retry_cap_s=20.0)

    def gateway() -> None:
        wire.enter()
        core_gateway(plan)

    faults: dict[str, Callable[[], object]] = {
        "10 % loss": lambda: wire.loss(10),
        "30 % loss": lambda: wire.loss(30),
        "64 kbit/s": lambda: wire.thin(64),
        "a partition": wire.parted,
        "a half-open link": lambda: wire.loss(100),
        "resets in mid-body": lambda: misbehaving(cloud, reset_in_body=0.7),
        "a captive portal": lambda: misbehaving(cloud, portal=True),
        "503 for everything": lambda: misbehaving(cloud, status=503),
    }
    waits_s: dict[str, float] = {}
    victim: Child | None = None
    try:
        cloud.wait_ready()
        victim = Child(gateway, folder / "gateway.log")
        wait_for("the first records", lambda: cloud.tally()["stored"] > 10, 30.0)
        for name, fault in faults.items():
            with fault():  # type: ignore[attr-defined]
                time.sleep(fault_s)
            known = lines_of(log)
            waits_s[name] = wait_for(
                f"the backlog after {name}",
                lambda known=known: missing(known, cloud.tally())[0] == 0,
                120.0,
                0.2,
            )
        accepted = lines_of(log)
        wait_for("the rest", lambda: missing(accepted, cloud.tally())[0] == 0, 60.0, 0.2)
        tally = cloud.tally()
    finally:
        if victim is not None:
            victim.kill()
        cloud.stop()
        wire.take_away()
    lost, declared = missing(accepted, tally)
    verdict.counts = {
        "accepted": len(accepted),
        "lost": lost + declared,
        "doubled": tally["doubled"],
        **{f"s after {name}": waited_s for name, waited_s in waits_s.items()},
    }
    verdict.must(lost == 0 and declared == 0, "0 lost")
    verdict.must(tally["doubled"] == 0 and is_dense(lines_of(log)), "0 doubled, numbers dense")
    slow = [name for name, waited_s in waits_s.items() if waited_s > RECOVERS_S]
    verdict.must(not slow, f"the backlog is gone within 60 s after {', '.join(slow)}")
    return verdict
