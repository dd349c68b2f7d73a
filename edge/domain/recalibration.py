"""An engine whose scales can be calibrated while it runs. Knows nothing of where a calibration comes from."""

from dataclasses import replace

from edge.domain.engine import Engine
from edge.domain.weighing import ScaleWeigher


class CalibratedEngine(Engine):
    """The engine, and new calibrations into it."""

    def recalibrate(self, scale_id: str, tare_counts: float, counts_per_g: float) -> bool:
        """Weigh a scale by a new calibration from its next frame on; False when there is no such scale.

        The scale starts afresh: what stands there is its new baseline, because a step that only the
        calibration made must never look like a pour.
        """
        for station in self._stations.values():
            profile = station.weigher.profile
            if profile.scale_id == scale_id:
                fresh = replace(profile, tare_counts=tare_counts, counts_per_g=counts_per_g)
                station.weigher = ScaleWeigher(fresh)
                station.said, station.weight_g, station.weighed_s = None, None, None
                return True
        return False
