"""What a page of a site needs beside its own figures."""

from zoneinfo import ZoneInfo

from fastapi import Request

from cloud.sites.schemas import SiteSummary


def site_values(request: Request, site: SiteSummary, page: str) -> dict[str, object]:
    """The values of layout.html for a page that is not redrawn by the stream."""
    return {
        "site": site,
        "page": page,
        "zone": ZoneInfo(site.timezone),
        "timezone": site.timezone,
        "version": request.app.state.hub.version(site.site_id),
    }
