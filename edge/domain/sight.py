"""What one look of a camera gave, as values. Knows no pixels: boxes are shares of the picture's sides."""

from collections.abc import Mapping
from dataclasses import dataclass

from contract.sightings import CameraState, SightState


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in a picture: shares 0..1 of its width and height, from the upper left."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Share of the picture's width."""
        return max(0.0, self.right - self.left)

    @property
    def height(self) -> float:
        """Share of the picture's height."""
        return max(0.0, self.bottom - self.top)

    @property
    def area(self) -> float:
        """Share of the picture."""
        return self.width * self.height

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def shared(self, other: "Box") -> float:
        """Area that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, wide) * max(0.0, high)

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0..1."""
        shared = self.shared(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """A bottle that a detector found."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class Place:
    """A slot as a technician drew it into the camera's picture."""

    slot_id: str
    box: Box


@dataclass(frozen=True, slots=True)
class Level:
    """Height of the liquid's surface as a share of the bottle's box, with one sigma."""

    level: float
    sigma: float


@dataclass(frozen=True, slots=True)
class Recognised:
    """Which product a bottle looks like; product_id is None for none of those enrolled.

    shares: probability of each enrolled product and of None, before anything else is known."""

    product_id: str | None
    score: float
    shares: Mapping[str | None, float]

    @classmethod
    def likeliest(cls, shares: Mapping[str | None, float]) -> "Recognised":
        """The likeliest of them."""
        best = max(shares, key=shares.__getitem__)
        return cls(best, shares[best], shares)


@dataclass(frozen=True, slots=True)
class SlotLook:
    """What one look says of one slot; `level` and `who` are None where they cannot be told."""

    slot_id: str
    state: SightState
    box: Box | None = None
    score: float = 0.0
    level: Level | None = None
    who: Recognised | None = None
    crop_jpeg: bytes | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One look of one camera. at_s is boot time, s; nothing is said of slots unless the state is ok."""

    camera_id: str
    at_s: float
    state: CameraState
    hint: str | None = None
    slots: tuple[SlotLook, ...] = ()
    strays: tuple[Found, ...] = ()
    """Bottles found beside every place."""
    took_s: float = 0.0
    """Processor time it took, real seconds."""
    is_repeat: bool = False
    """Whether its picture is, bit for bit, that of the look before; a camera's noise makes no two alike."""
