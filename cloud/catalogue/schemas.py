"""What the catalogue feature hands out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProductEntry:
    """A product of one site and the profile of its bottle."""

    product_id: str
    name: str
    category: str
    liquid: str
    volume_ml: float
    tare_weight_g: float
    density_g_per_ml: float
    par_bottles: float | None
