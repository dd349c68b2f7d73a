"""What the catalogue feature hands out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProductEntry:
    """A product of one site and the profile of its bottle.

    `par_bottles` is the manager's par (`par_by_hand`), else the layout's; `at_least_bottles` the reserve.
    """

    product_id: str
    name: str
    category: str
    liquid: str
    volume_ml: float
    tare_weight_g: float
    density_g_per_ml: float
    par_bottles: float | None
    par_by_hand: float | None = None
    at_least_bottles: float | None = None


@dataclass(frozen=True, slots=True)
class Levels:
    """What a manager says of a product, in bottles; None says nothing.

    `par_bottles` stands in place of the layout's, `at_least_bottles` is what orders are to keep in reserve.
    """

    par_bottles: float | None = None
    at_least_bottles: float | None = None
