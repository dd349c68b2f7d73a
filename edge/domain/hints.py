"""What a technician should do about a scale, in one sentence. Pure words."""

from contract.records import Quality
from edge.domain.profiles import ScaleProfile

SPIKING_SHARE = 0.05
FLOATING_SHARE = 0.12
"""An open input floats: many values stand out from their neighbours."""

_SENTENCES = {
    Quality.SILENT: "no frames from {node}: check its power and its network, then the plug of {where}",
    Quality.NOT_READY: "no values: check the plug of {where}",
    Quality.SATURATED: "full scale: take the load off and check the wiring of {where}",
    Quality.STUCK: "the same value over and over: check the plug of {where}, then change the converter",
}


def hint(profile: ScaleProfile, quality: Quality, spike_share: float) -> str | None:
    """Return what to do, or None when nothing is to be done."""
    where = f"slot {', '.join(profile.slots) or '(none)'} (node {profile.node}, channel {profile.channel})"
    sentence = _SENTENCES.get(quality)
    if sentence is not None:
        return sentence.format(node=profile.node, where=where)[:200]
    if spike_share > FLOATING_SHARE:
        return f"mostly wild values: check the plug of {where}"[:200]
    if spike_share > SPIKING_SHARE:
        return f"{spike_share:.0%} wild values: check the shielding of {where}"[:200]
    return None
