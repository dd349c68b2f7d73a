"""Hears that a layout changed, from whichever process changed it (migration 0007)."""

from cloud.gateways.service import GatewaysService


class LayoutDoor:
    """Forgets what is remembered of a site's gateways; the payload is the site's number."""

    channel = "barback_layout"

    def __init__(self, gateways: GatewaysService) -> None:
        self._gateways = gateways

    def tell(self, payload: str) -> None:
        """Take one notification."""
        if payload.isdecimal():
            self._gateways.forget_site(int(payload))
        else:
            self._gateways.forget_all()

    def missed(self) -> None:
        """Anything may have been said unheard."""
        self._gateways.forget_all()
