"""Who is let in and who is not: every attack on a gateway's identity, and the way from a click to a gateway.

Two processes of the cloud on one PostgreSQL, and one real gateway that polls the first. Attacks go to either
in turn; each must be refused with its own reason, and what an honest gateway does between them must work.
Revocation is measured at the process that was not told by the operator. A click is a POST of the Devices page
to the second process; it has arrived when the gateway's `received` is in the database.
"""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from uuid import uuid4

import httpx
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.soak.common import Verdict
from contract.bartime import BarTime
from contract.batch import BATCHES_PATH, GATEWAY_HEADER, SIGNATURE_HEADER, Batch, signing_input
from contract.identity import KEYS_PATH, LAYOUT_PATH, TOKENS_PATH, ClaimCode
from contract.records import Lane, Reading, Record
from firmware_sim.house.house import DATABASE, House
from firmware_sim.house.ports import LOOPBACK, free_port, wait_until
from firmware_sim.house.processes import Process
from tests.gateway_side import bearer, enrol, rotate, rotation, signed, token, token_request

SITE, OURS, OTHER = "corner-bar", "gw-well", "gw-back-bar"
CLICK_LIMIT_S, REVOKED_LIMIT_S = 2.0, 60.0
ROUNDS, CLICKS = 25, 200
NEW = Ed25519PrivateKey.generate


@dataclass
class Attack:
    """One kind of attack over all rounds."""

    name: str
    tried: int = 0
    refused: int = 0
    status: int = 0
    reason: str = ""
    wanted: str = ""

    def note(self, answer: httpx.Response, wanted: str) -> None:
        """Count an answer; only the wanted reason counts as a refusal."""
        self.tried, self.wanted, self.status = self.tried + 1, wanted, answer.status_code
        self.reason = answer.json().get("detail", answer.text[:120])
        self.refused += answer.status_code in {401, 403} and wanted in self.reason


@dataclass
class Story:
    """The clouds, their database, and what has happened."""

    house: House
    clouds: list[httpx.Client]
    attacks: dict[str, Attack] = field(default_factory=dict)
    honest: int = 0

    def attack(self, name: str, answer: httpx.Response, wanted: str) -> None:
        """Note one attack."""
        self.attacks.setdefault(name, Attack(name)).note(answer, wanted)

    def work(self, answer: httpx.Response) -> httpx.Response:
        """Note something honest, which must work."""
        assert answer.status_code == 200, f"an honest request was refused: {answer.text}"
        self.honest += 1
        return answer

    def claim(self, gateway: str) -> ClaimCode:
        """Make a claim for one gateway, as a technician does on the dashboard."""
        answer = self.clouds[1].post(f"/{SITE}/claims", data={"gateway": gateway}, follow_redirects=True)
        found = re.search(r'class="code"[^>]*>([0-9A-Z-]+)<', answer.text)
        assert found, answer.text[:500]
        return ClaimCode.parse(found[1])

    def claim_for_any(self) -> ClaimCode:
        """Make a claim for any gateway of the site, as an operator does."""
        return ClaimCode.parse(self.house.run("cloud", "admin", "claim", SITE, "--no-wait").split()[0])

    def sql(self, statement: str, *values: object) -> list[tuple]:
        """Run a statement on the database."""
        with psycopg.connect(self.house.postgres.url(DATABASE), autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


def batch(
    key: Ed25519PrivateKey, gateway_id: str, epoch: str, seq: int = 0, said_by: str = ""
) -> tuple[bytes, dict]:
    """A signed batch of one reading, and its headers."""
    scale = "speed-cell-1" if gateway_id == OURS else "top-cell-1"
    body = Reading(scale_id=scale, slots=(scale.replace("-cell", ""),), weight_g=900.0, sigma_g=0.5)
    record = Record(
        boot_no=1, boot_id="b0" * 16, boottime_ns=seq, wall_at=datetime.now(UTC), synced=True, body=body
    )
    told = Batch(gateway_id=gateway_id, epoch=epoch, lane=Lane.STATES, first_seq=seq, records=[record])
    text = told.model_dump_json().encode()
    return text, headers(said_by or gateway_id, signed(key, signing_input(text)))


def headers(gateway_id: str, signature: str) -> dict[str, str]:
    """The headers of a batch."""
    return {
        GATEWAY_HEADER: gateway_id,
        SIGNATURE_HEADER: f"ed25519 {signature}",
        "Content-Type": "application/json",
    }


def one_round(story: Story, number: int) -> None:
    """Every attack once, on gateways that are enrolled anew in between."""
    cloud = story.clouds[number % 2]
    story.sql("DELETE FROM claim WHERE used_at IS NULL")  # those of the last round; at most 50 may wait
    key, code = NEW(), story.claim(OURS)
    story.attack(
        "claim with a wrong code", enrol(cloud, ClaimCode(code.handle, "0" * 12), NEW()), "does not fit"
    )
    foreign = enrol(cloud, story.claim_for_any(), key, gateway_id="gw-annex")
    story.attack("claim of another site", foreign, "whose layout has no gateway gw-annex")
    story.attack("claim of another gateway", enrol(cloud, code, key, gateway_id=OTHER), "not for gw-back-bar")
    story.attack("claim, moved gateway", enrol(cloud, code, key, site_id="annex"), "is set up for annex")
    story.work(enrol(cloud, code, key))
    story.work(enrol(cloud, code, key))  # its answer was lost: the same again is the same
    story.attack("claim replayed", enrol(cloud, code, NEW()), "was used already")
    late = story.claim(OTHER)
    story.sql("UPDATE claim SET expires_at = now() - interval '1 s' WHERE handle = %s", late.handle)
    story.attack("claim expired", enrol(cloud, late, NEW()), "older than 15 minutes")
    batches(story, cloud, key)
    tokens(story, cloud, key)
    keys(story, cloud, key)


def batches(story: Story, cloud: httpx.Client, key: Ed25519PrivateKey) -> None:
    """Attacks with batches."""
    foreign, epoch = NEW(), uuid4().hex
    body, head = batch(foreign, OURS, epoch)
    story.attack(
        "foreign key", cloud.post(BATCHES_PATH, content=body, headers=head), "signature does not fit"
    )
    body, head = batch(key, OURS, epoch)
    altered = body.replace(b"900.0", b"100.0")
    story.attack("altered batch", cloud.post(BATCHES_PATH, content=altered, headers=head), "does not fit")
    first = story.work(cloud.post(BATCHES_PATH, content=body, headers=head)).json()
    again = story.work(cloud.post(BATCHES_PATH, content=body, headers=head)).json()
    replay = story.attacks.setdefault("replayed batch", Attack("replayed batch", wanted="stored once"))
    replay.tried, replay.status = replay.tried + 1, 200
    replay.refused += (first["stored"], again["stored"], again["already_there"]) == (1, 0, 1)
    replay.reason = "stored once: its position is under the mark"
    body, head = batch(key, OTHER, epoch, said_by=OURS)
    answer = cloud.post(BATCHES_PATH, content=body, headers=head)
    story.attack("one speaks for another", answer, "can only speak for itself")
    body, head = batch(key, OTHER, epoch)
    answer = cloud.post(BATCHES_PATH, content=body, headers=head)
    story.attack("one signs as another", answer, "does not fit")
    body, head = batch(key, "gw-nobody", epoch)
    answer = cloud.post(BATCHES_PATH, content=body, headers=head)
    story.attack("unknown gateway", answer, "no site has a gateway")


def tokens(story: Story, cloud: httpx.Client, key: Ed25519PrivateKey) -> None:
    """Attacks with nonces and tokens."""
    request = token_request(cloud, OURS, key)
    value = story.work(cloud.post(TOKENS_PATH, json=request)).json()["token"]
    story.attack("nonce signed once, sent twice", cloud.post(TOKENS_PATH, json=request), "signed before")
    forged = {**request, "nonce": f"{int(time.time())}.{'ab' * 16}.{'A' * 43}"}
    story.attack("nonce made up", cloud.post(TOKENS_PATH, json=forged), "not made here")
    stolen = value.replace(OURS, OTHER, 1)
    answer = cloud.get(LAYOUT_PATH, headers=bearer(stolen))
    story.attack("token altered to another's name", answer, "not made here")
    layout = story.work(cloud.get(LAYOUT_PATH, headers=bearer(value))).json()
    assert [gateway["id"] for gateway in layout["gateways"]] == [OURS]


def keys(story: Story, cloud: httpx.Client, key: Ed25519PrivateKey) -> None:
    """Attacks on a key's renewal, and a revocation."""
    new, epoch = NEW(), uuid4().hex
    story.attack("new key signed by a stranger", rotate(cloud, OURS, NEW(), new), "does not fit")
    body, head = rotation(OURS, key, new)
    answer = cloud.post(KEYS_PATH, content=body.replace(b'"v": 1', b'"v":1'), headers=head)
    story.attack("new key, altered", answer, "does not fit")
    story.work(rotate(cloud, OURS, key, new))
    for each, seq in ((key, 0), (new, 1)):
        text, named = batch(each, OURS, epoch, seq)
        story.work(cloud.post(BATCHES_PATH, content=text, headers=named))
    value = token(cloud, OURS, new)
    story.house.run("cloud", "admin", "revoke-gateway", OURS)
    text, named = batch(new, OURS, epoch, 2)
    wait_until("the revocation", lambda: cloud.get(LAYOUT_PATH, headers=bearer(value)).status_code == 401)
    story.attack("revoked key", cloud.post(BATCHES_PATH, content=text, headers=named), "was revoked")
    story.attack("token of a revoked key", cloud.get(LAYOUT_PATH, headers=bearer(value)), "counts no longer")
    story.attack("revoked key signs a new one", rotate(cloud, OURS, new, NEW()), "was revoked")
    story.attack("revoked key with a claim", enrol(cloud, story.claim(OURS), new), "was revoked")
    story.attack("copied card", copied(story, cloud), "was its card copied")


def copied(story: Story, cloud: httpx.Client) -> httpx.Response:
    """Enrol one gateway, then another with the same key."""
    key = NEW()
    story.work(enrol(cloud, story.claim(OTHER), key))
    return enrol(cloud, story.claim(OURS), key)


def revocation_s(story: Story) -> float:
    """From the operator's command until each process refuses, the slower of the two, s."""
    key, epoch = NEW(), uuid4().hex
    story.work(enrol(story.clouds[0], story.claim(OURS), key))
    for seq, cloud in enumerate(story.clouds):
        text, named = batch(key, OURS, epoch, seq)
        story.work(cloud.post(BATCHES_PATH, content=text, headers=named))
    story.house.run("cloud", "admin", "revoke-gateway", OURS)
    (revoked_at,) = story.sql("SELECT max(revoked_at) FROM gateway_key")[0]
    for cloud in story.clouds:
        text, named = batch(key, OURS, epoch, 2)
        while cloud.post(BATCHES_PATH, content=text, headers=named).status_code != 401:
            time.sleep(0.005)
    return (datetime.now(UTC) - revoked_at).total_seconds()


def clicks(story: Story, number: int) -> list[float]:
    """Seconds from a click at the second process until the gateway at the first has it."""
    gateway = story.house.gateways[OTHER]
    key = story.house.run("edge", "identity", env=story.house._gateway_env(OTHER)).split()[-1]
    story.house.run("cloud", "admin", "register-gateway", SITE, OTHER, key)
    gateway.start()
    try:
        wait_until("the gateway's first word", lambda: bool(story.sql("SELECT 1 FROM reported_settings")), 60)
        for _ in range(number):
            clicked = uuid4().hex
            answer = story.clouds[1].post(f"/{SITE}/devices/{OTHER}/identify", data={"id": clicked})
            assert answer.status_code == 303, answer.text
            arrived = "SELECT 1 FROM command WHERE command_id = %s AND ended_at IS NOT NULL"
            wait_until(
                "the command", lambda arrived=arrived, clicked=clicked: bool(story.sql(arrived, clicked)), 30
            )
    finally:
        gateway.stop()
    took = story.sql("SELECT extract(epoch FROM received_at - made_at)::float FROM command ORDER BY made_at")
    return [seconds for (seconds,) in took]


@contextmanager
def two_clouds(folder: Path) -> Iterator[Story]:
    """Run two processes of the cloud on one database, with a second site beside the corner bar."""
    house = House(folder, BarTime.real(), gateway_env={"BARBACK_EDGE_TRUST_HOST_CLOCK": "true"})
    annex = folder / "annex.toml"
    text = re.sub(r"\[\[shelves\]\].*", "", house.layout_file.read_text(), flags=re.DOTALL)
    text = (
        text.replace(f'id = "{SITE}"', 'id = "annex"', 1)
        .replace(OURS, "gw-annex")
        .replace(OTHER, "gw-annex-2")
    )
    annex.write_text(text)
    second_port = free_port()
    second = Process(
        "second cloud",
        [sys.executable, "-m", "cloud", "serve"],
        log=folder / "second.log",
        env={**house._env(), "BARBACK_CLOUD_PORT": str(second_port)},
    )
    clients = [
        httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=40)
        for port in (house.cloud_port, second_port)
    ]
    try:
        house.start_database()
        house.broker.start()
        house.start_cloud()
        house.introduce()
        house.run("cloud", "admin", "import-site", str(annex))
        second.start()
        wait_until("the second cloud", lambda: _answers(clients[1]))
        yield Story(house, clients)
    finally:
        for client in clients:
            client.close()
        second.stop()
        house.discard()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def run(share: float, folder: Path, _seed: int) -> Verdict:
    """Run it for `./dev soak`: the table is printed, the counts are returned."""
    found = attack(share, folder)
    print(report(found))
    verdict = Verdict({name: value for name, value in found.items() if name != "attacks"})
    for kind in found["attacks"]:
        verdict.must(
            kind["refused"] == kind["tried"], f"{kind['name']}: {kind['tried'] - kind['refused']} got in"
        )
    verdict.must(found["revoked_within_s"] <= REVOKED_LIMIT_S, f"revoked within {REVOKED_LIMIT_S:.0f} s")
    verdict.must(found["click_max_s"] <= CLICK_LIMIT_S, f"from click to gateway within {CLICK_LIMIT_S:.0f} s")
    return verdict


def attack(share: float, folder: Path) -> dict:
    """Play it; a share of 1 is 25 rounds of attacks and 200 clicks."""
    rounds, number = max(1, round(ROUNDS * share)), max(5, round(CLICKS * share))
    with two_clouds(folder) as story:
        for each in range(rounds):
            one_round(story, each)
        revoked_s = revocation_s(story)
        took_s = sorted(clicks(story, number))
        attacks = list(story.attacks.values())
        honest = story.honest
    return {
        "attacks": [vars(attack) for attack in attacks],
        "tried": sum(attack.tried for attack in attacks),
        "refused": sum(attack.refused for attack in attacks),
        "honest": honest,
        "revoked_within_s": revoked_s,
        "clicks": len(took_s),
        "click_median_s": took_s[len(took_s) // 2],
        "click_p99_s": quantiles(took_s, n=100, method="inclusive")[98],
        "click_max_s": took_s[-1],
    }


def report(found: dict) -> str:
    """The table that people read."""
    lines = [f"{'attack':<34} {'tried':>5} {'refused':>7}  status  reason"]
    lines += [
        f"{each['name']:<34} {each['tried']:>5} {each['refused']:>7}  {each['status']:>6}  "
        + each["reason"].partition(";")[0][:110]
        for each in found["attacks"]
    ]
    lines += [
        f"{found['refused']} of {found['tried']} refused with the reason; {found['honest']} honest worked",
        f"revoked at every process after {found['revoked_within_s']:.2f} s (limit {REVOKED_LIMIT_S:.0f} s)",
        f"click to gateway, {found['clicks']} clicks at the other process: {latencies(found)} (limit 2 s)",
    ]
    return "\n".join(lines)


def latencies(found: dict) -> str:
    """Median, 99th percentile and longest of the clicks."""
    shown = (("median", "click_median_s"), ("p99", "click_p99_s"), ("longest", "click_max_s"))
    return ", ".join(f"{word} {found[name] * 1000:.0f} ms" for word, name in shown)
