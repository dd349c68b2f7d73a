"""What the process that answers people must not load: forecasts are made by workers."""

import subprocess
import sys

HEAVY = "pandas", "lightgbm", "scipy", "procrastinate", "holidays", "icalendar"


def test_the_application_loads_no_library_of_the_makers_of_forecasts():
    code = f"import sys, cloud.app; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
