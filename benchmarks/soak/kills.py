"""1,000 times kill -9 at a random moment: nothing accepted is lost or doubled, numbers are dense.

The whole gateway behind a real broker, with readings and pours from a shelf node at 40 times real time,
against a cloud that keeps positions by the cloud's rule. A record counts as accepted once the gateway's
acceptance log has it, after its commit.
"""

import random
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.soak.common import Child, Verdict, child, lines_of, wait_for
from benchmarks.soak.gateway import SPEED, shelf_node, whole_gateway
from benchmarks.soak.stub_cloud import StubCloud, is_dense, missing
from contract.bartime import BarTime
from firmware_sim.house.broker import EmbeddedBroker
from firmware_sim.house.ports import free_port

KILLS = 1_000
EARLY = 0.3
"""This share of the kills does not wait for a first record: it may strike in the middle of the start."""
LIFE_S = (0.05, 0.6)
EVENING = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)


def run(share: float, folder: Path, seed: int = 1) -> Verdict:
    """Kill, start again, count."""
    kills, dice, verdict = max(5, round(KILLS * share)), random.Random(seed), Verdict()
    bartime = BarTime(EVENING, time.time(), SPEED)
    log = folder / "accepted.jsonl"
    cloud = StubCloud(folder, free_port())
    broker = EmbeddedBroker(folder)
    try:
        cloud.wait_ready()
        broker.start()

        def gateway() -> None:
            whole_gateway(folder, broker.port, cloud.url, log, bartime)

        with child(lambda: shelf_node(broker.port), folder / "node.log"):
            for _ in range(kills):
                victim, known = Child(gateway, folder / "gateway.log"), size_of(log)
                if dice.random() > EARLY:
                    wait_for("a record", lambda known=known: size_of(log) > known, 60.0, 0.01)
                time.sleep(dice.uniform(*LIFE_S))
                victim.kill()
            last = Child(gateway, folder / "gateway.log")
            before = cloud.tally()["stored"]
            wait_for("a new record after the last kill", lambda: cloud.tally()["stored"] > before, 60.0)
        time.sleep(3.0)  # the node is gone: what is in the air arrives
        wait_for("the accepted records", lambda: missing(lines_of(log), cloud.tally())[0] == 0, 120.0, 1.0)
        last.kill()
    finally:
        cloud_tally = cloud.tally()
        broker.stop()
        cloud.stop()
    return judge(verdict, kills, lines_of(log), cloud_tally)


def size_of(path: Path) -> int:
    """Bytes of a file, 0 where there is none."""
    return path.stat().st_size if path.exists() else 0


def judge(
    verdict: Verdict, kills: int, accepted: list[dict[str, object]], tally: dict[str, object]
) -> Verdict:
    """Compare both ends."""
    lost, declared = missing(accepted, tally)
    verdict.counts = {
        "kills": kills,
        "accepted": len(accepted),
        "lost": lost,
        "given up": declared,
        "doubled": tally["doubled"],
        "movements": tally["kinds"].get("movement", 0),  # type: ignore[attr-defined]
        "sent again and passed over": tally["already"],
    }
    verdict.must(lost == 0 and declared == 0, "0 accepted records lost")
    verdict.must(tally["doubled"] == 0, "0 doubled")
    verdict.must(is_dense(accepted), "numbers are dense")
    verdict.must(len(accepted) > kills, "there was something to lose")
    return verdict
