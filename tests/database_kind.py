"""Where the tests of the database leave the sentence that says which kind it was."""

import pytest

KIND = pytest.StashKey[str]()
"""The sentence, in the configuration of the process that ran the tests."""
