"""Rules of gateways: who may speak, and how they are."""

from cloud.gateways.schemas import GatewayState


class GatewaysService:
    """Keys, state and health of gateways."""

    async def gateways(self, site_id: str) -> list[GatewayState]:
        """Every gateway of a site, by name."""
        raise NotImplementedError
