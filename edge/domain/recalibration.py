"""An engine whose scales can be calibrated while it runs. Knows nothing of where a calibration comes from."""

from collections.abc import Callable, Collection
from dataclasses import replace

from contract.device import DeviceFrame
from edge.domain.engine import Engine, Seen


class CalibratedEngine(Engine):
    """The engine, new calibrations into it, and scales that somebody is working on."""

    in_work: Callable[[], Collection[str]] = staticmethod(tuple)
    """Names of the scales that are being calibrated just now."""

    def take(self, node_id: str, frame: DeviceFrame, arrived_s: float) -> list[Seen]:
        """Weigh a frame as the engine does; a scale in work is unsettled and has no movements.

        A technician's weights come and go on it, and none of them is a bottle. When the work is done, what
        stands there is its new baseline.
        """
        for scale_id in self.in_work():
            self._start_afresh(scale_id)
        return super().take(node_id, frame, arrived_s)

    def recalibrate(self, scale_id: str, tare_counts: float, counts_per_g: float) -> bool:
        """Weigh a scale by a new calibration from its next frame on; False when there is no such scale.

        The scale starts afresh, because a step that only the calibration made must never look like a pour.
        """
        return self._start_afresh(scale_id, tare_counts=tare_counts, counts_per_g=counts_per_g)

    def _start_afresh(self, scale_id: str, **line: float) -> bool:
        for station in self._stations.values():
            profile = station.weigher.profile
            if profile.scale_id == scale_id:
                self._begin_anew(station, replace(profile, **line))  # type: ignore[arg-type]
                if line:
                    station.said, station.weight_g, station.weighed_s = None, None, None
                return True
        return False
