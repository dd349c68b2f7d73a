"""What this process does when any process has news of a gateway. Implements cloud.live.feed.Door."""

from cloud.commands.wakeups import GATEWAY_CHANNEL
from cloud.services import Services


class GatewayDoor:
    """Forgets what is remembered of the gateway (its keys may be revoked) and wakes it where it waits."""

    channel = GATEWAY_CHANNEL

    def __init__(self, services: Services) -> None:
        self._services = services

    def tell(self, payload: str) -> None:
        """There is news of one gateway."""
        self._services.gateways.forget(payload)
        self._services.commands.wakeups.wake(payload)

    def missed(self) -> None:
        """There may be news of anyone."""
        self._services.gateways.forget_all()
        self._services.commands.wakeups.wake_all()
