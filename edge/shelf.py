"""Everything that brings frames, as one: the broker's nodes and those on our own pins."""

from contract.device import NodeStatus
from edge.ports import ShelfBus


class Shelf:
    """A ShelfBus to which the nodes on our own pins belong as well."""

    def __init__(self, bus: ShelfBus, local: dict[str, NodeStatus]) -> None:
        self._bus, self._local = bus, local

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there."""
        return self._bus.is_connected

    @property
    def nodes(self) -> dict[str, NodeStatus]:
        """What each node last said of itself."""
        return {**self._bus.nodes, **self._local}
