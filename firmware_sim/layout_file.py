"""Reads a site layout from TOML or JSON."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from contract.layout import SiteLayout
from firmware_sim.errors import SimulatorError


def load_layout(path: Path) -> SiteLayout:
    """Read a layout; raises SimulatorError naming the file and what is wrong with it."""
    try:
        if path.suffix == ".json":
            return SiteLayout.model_validate_json(path.read_bytes())
        return SiteLayout.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SimulatorError(f"cannot read the layout {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SimulatorError(f"the layout {path} is not valid TOML: {error}") from None
    except ValidationError as error:
        raise SimulatorError(f"the layout {path} does not hold together: {_sentences(error)}") from None


def _sentences(error: ValidationError) -> str:
    found = [f"{'.'.join(map(str, e['loc'])) or 'whole file'}: {e['msg']}" for e in error.errors()]
    return "; ".join(found[:5])
