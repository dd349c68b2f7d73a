"""Numbers that describe a load cell and its converter, with their ranges and sources."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

CALIBRATED_GAIN = 128
"""The layouts' counts_per_g are found at gain 128 (channel A of the HX711)."""

CreepTerm = tuple[Annotated[float, Field(ge=0, le=0.05)], Annotated[float, Field(gt=0, le=1e6)]]


class _Profile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CellProfile(_Profile):
    """A load cell under a pad. Defaults follow recordings of HX711 cells under kegs.

    There 0.9-1.2 g from sample to sample (standard deviation of the differences, so noise_g * sqrt 2) and
    1.3-1.6 g within a plateau (noise and wander together); creep of 2 g in 12-15 min at about 1 kg.
    """

    noise_g: Annotated[float, Field(ge=0, le=100)] = 0.74
    """White, per sample."""
    wander_g: Annotated[float, Field(ge=0, le=100)] = 1.15
    wander_s: Annotated[float, Field(gt=0, le=86_400)] = 30.0
    """Low-frequency noise: an Ornstein-Uhlenbeck process of this standard deviation and time."""
    drift_g_per_sqrt_hour: Annotated[float, Field(ge=0, le=1000)] = 1.5
    """Random walk of the zero: 1.5 g after an hour, 7 g after a day."""
    sway_g: Annotated[float, Field(ge=0, le=1000)] = 0.0
    sway_s: Annotated[float, Field(gt=0, le=86_400)] = 2700.0
    """Amplitude and period of a slow swing of the zero; none on a bar's shelf."""
    creep: Annotated[tuple[CreepTerm, ...], Field(max_length=8)] = ((0.0007, 60.0), (0.0013, 600.0))
    """Pairs (share of the load, time constant in s): what a new load shows only after a while."""
    natural_hz: Annotated[float, Field(gt=0.5, le=40)] = 12.0
    damping: Annotated[float, Field(gt=0.01, lt=1)] = 0.15
    """Pad and bottle on the cell's spring ring at natural_hz and die out by exp(-damping * 2 pi f * t)."""
    zero_g_per_k: Annotated[float, Field(ge=0, le=100)] = 0.15
    span_ppm_per_k: Annotated[float, Field(ge=0, le=10_000)] = 30.0
    """Standard deviations over cells of the temperature coefficients (datasheets: 0.02-0.05 %FS / 10 K)."""
    zero_error_g: Annotated[float, Field(ge=0, le=1000)] = 2.0
    span_error: Annotated[float, Field(ge=0, le=0.1)] = 0.001
    """Standard deviations over cells of what the layout's calibration misses."""
    corner_error: Annotated[float, Field(ge=0, le=0.01)] = 0.0002
    """A bottle put down a little off the middle shows more or less: standard deviation, as a share of its
    weight (datasheets of single-point cells: 0.02-0.03 % of the load)."""
    spike_fraction: Annotated[float, Field(ge=0, le=0.5)] = 0.0002
    """Reads that come as 2^n - 1 because a clock pulse was missed: 1-5 % on a busy Pi, far fewer on a
    microcontroller that guards its pulses."""
    not_ready_fraction: Annotated[float, Field(ge=0, le=1)] = 0.0001


BOTTLE_PAD = CellProfile()
"""A single-point cell of 2-5 kg under one bottle: the noise of the converter, the rest by datasheets."""
KEG_SCALE = CellProfile(noise_g=0.84, wander_g=1.0, wander_s=30.0, sway_g=35.0, sway_s=2700.0)
"""Four half-bridge cells under a keg in a cooler, as recorded (docs/load_cells.md)."""


class Converter(_Profile):
    """An HX711: 24 bit, two's complement; 10 or 80 samples/s; gain 128 and 64 (A) or 32 (B)."""

    rate_hz: Literal[10, 80] = 10
    gain: Literal[32, 64, 128] = 128


def nominal_counts_per_g(rated_mv_per_v: float, capacity_g: float, gain: int) -> float:
    """Counts per gram of an ideal bridge: full scale is +-0.5 * AVDD / gain over 2^24 counts (HX711).

    1 mV/V at 5,000 g and gain 128 gives 429.5 counts/g.
    """
    return rated_mv_per_v / 1000 * gain * 2**24 / capacity_g
