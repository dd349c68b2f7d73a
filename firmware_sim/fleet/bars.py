"""The bars of a fleet: sites of many gateways, each with one shelf of two pads."""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.layout import Category, Gateway, Product, Scale, Shelf, SiteLayout, Slot
from firmware_sim.seeds import hex32

GATEWAYS_PER_SITE = 200
PRODUCT = Product(id="rum", name="Rum", category=Category.SPIRIT, volume_ml=700, tare_weight_g=400)


@dataclass(frozen=True, slots=True)
class Member:
    """One gateway of a fleet: its name, its site, its key."""

    gateway_id: str
    site_id: str
    key: Ed25519PrivateKey

    @property
    def public_key(self) -> bytes:
        """The 32 bytes that the cloud has to know."""
        return self.key.public_key().public_bytes_raw()

    @property
    def scales(self) -> tuple[str, str]:
        """Names of its two scales."""
        return (f"{self.gateway_id}-a", f"{self.gateway_id}-b")


def members(count: int, seed: int = 1) -> list[Member]:
    """Return the gateways of a fleet; the same seed makes the same keys."""
    return [
        Member(
            gateway_id=f"fleet-{seed}-{number:05}",
            site_id=f"fleet-{seed}-site-{number // GATEWAYS_PER_SITE:03}",
            key=Ed25519PrivateKey.from_private_bytes(
                bytes.fromhex(hex32(seed, "fleet", str(number), "a") + hex32(seed, "fleet", str(number), "b"))
            ),
        )
        for number in range(count)
    ]


def layouts(fleet: list[Member]) -> Iterator[SiteLayout]:
    """Yield the layout of each site of a fleet."""
    sites: dict[str, list[Member]] = {}
    for member in fleet:
        sites.setdefault(member.site_id, []).append(member)
    for site_id, own in sites.items():
        yield SiteLayout(
            id=site_id,
            name=site_id,
            timezone="Europe/Berlin",
            products=(PRODUCT,),
            gateways=tuple(Gateway(id=member.gateway_id, name=member.gateway_id) for member in own),
            shelves=tuple(_shelf(member) for member in own),
        )


def _shelf(member: Member) -> Shelf:
    return Shelf(
        id=member.gateway_id,
        name="Shelf",
        gateway=member.gateway_id,
        scales=tuple(
            Scale(id=name, node=member.gateway_id, channel=str(place), tare_counts=0, counts_per_g=400)
            for place, name in enumerate(member.scales)
        ),
        slots=tuple(Slot(id=name, scale=name, product=PRODUCT.id) for name in member.scales),
    )
