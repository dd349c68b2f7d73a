"""The smallest bar: one gateway, one shelf, one bottle on a cell of its own."""

from contract.layout import Gateway, Scale, Shelf, SiteLayout, Slot

LAYOUT = SiteLayout(
    id="bar",
    name="Bar",
    timezone="UTC",
    gateways=(Gateway(id="gw", name="G"),),
    shelves=(
        Shelf(
            id="top",
            name="Top",
            gateway="gw",
            scales=(Scale(id="cell-0", node="node-top", channel="0", tare_counts=0, counts_per_g=420),),
            slots=(Slot(id="top-0", scale="cell-0"),),
        ),
    ),
)
