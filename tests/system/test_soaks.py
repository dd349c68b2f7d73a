"""A twentieth of every soak of the gateway, by the same code (./dev soak runs them whole)."""

from importlib import import_module

import pytest

from benchmarks.soak.common import SkippedError

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

SHORT = 0.05
SHARES = {
    "chain": 0.005,
    "clocks": 0.01,
    "acks": 0.01,
    "kills": 0.02,
    "power": 0.02,
    "disk": SHORT,
    "network": SHORT,
    "wear": 0.02,
    "offline": 0.01,
}
"""What costs a processor more than a few seconds at a twentieth is shorter still."""


@pytest.mark.parametrize("name", SHARES)
def test_the_short_form_of_a_soak_keeps_its_promises(name, tmp_path):
    try:
        verdict = import_module(f"benchmarks.soak.{name}").run(SHARES[name], tmp_path, 1)
    except SkippedError as reason:
        pytest.skip(f"{name}: {reason}")
    assert verdict.broken == []
