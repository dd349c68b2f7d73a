from contract.records import Quality
from edge.domain.status import LaneStatus, ScaleStatus, Status
from edge.status_table import span, table

SCALES = (
    ScaleStatus(scale_id="cell-1", slots=("top-1",), state=Quality.OK, weight_g=912.34, age_s=3.0, hint=None),
    ScaleStatus(
        scale_id="cell-3",
        slots=("top-3",),
        state=Quality.NOT_READY,
        weight_g=None,
        age_s=None,
        hint="no values: check the plug of slot top-3 (node node-top, channel 2)",
    ),
)
WELL = Status(
    gateway_id="gw",
    software="barback 0.1.0",
    written_at_s=1000.0,
    uptime_s=7500.0,
    broker_connected=True,
    cloud_reachable=True,
    cloud_reason=None,
    last_acknowledged_at_s=998.0,
    clock_synced=True,
    nodes={"node-top": "online"},
    lanes={},
    refused={"malformed frame from node node-top": 3},
    scales=SCALES,
)
WAITING = {
    "states": LaneStatus(waiting=12, acknowledged=99),
    "movements": LaneStatus(waiting=0, acknowledged=4),
}


def test_a_technician_reads_all_at_a_glance() -> None:
    assert table(WELL, WAITING, 1001.0).splitlines() == [
        "gw   barback 0.1.0   running for 2 h 5 min",
        "broker    connected",
        "cloud     reachable, last acknowledged 3 s ago",
        "clock     synced",
        "waiting   movements: 0",
        "waiting   states: 12",
        "node      node-top: online",
        "refused        3  malformed frame from node node-top",
        "",
        "slot          scale             state           weight       age  what to do",
        "top-1         cell-1            ok             912.3 g       3 s",
        "top-3         cell-3            not_ready            -         -  " + str(SCALES[1].hint),
    ]


def test_what_is_wrong_stands_in_capitals() -> None:
    ill = WELL.model_copy(
        update={
            "broker_connected": False,
            "cloud_reachable": False,
            "cloud_reason": "no route",
            "clock_synced": False,
            "last_acknowledged_at_s": None,
        }
    )
    lines = table(ill, WAITING, 1001.0).splitlines()
    assert lines[1] == "broker    NOT CONNECTED"
    assert lines[2] == "cloud     NOT REACHED, nothing acknowledged yet: no route"
    assert lines[3] == "clock     NOT SYNCED: check NTP"


def test_a_gateway_that_stopped_writing_is_not_shown_as_running() -> None:
    assert table(WELL, WAITING, 1090.0).splitlines()[0].startswith("gw   NOT RUNNING? last seen 1 min ago")


def test_spans_are_read_in_two_units() -> None:
    assert [span(s) for s in (0.4, 59, 240, 7500, 273_600)] == [
        "0 s",
        "59 s",
        "4 min",
        "2 h 5 min",
        "3 d 4 h",
    ]
