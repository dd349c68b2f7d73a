"""A process that plans nothing does not load the solver."""

import subprocess
import sys


def test_the_services_start_without_the_solver():
    words = "import sys, cloud.assembly; sys.exit('highspy' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0
