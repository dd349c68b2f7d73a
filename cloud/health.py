"""Whether this process is up (/healthz) and whether it can work (/readyz), for supervisors and balancers."""

from fastapi import APIRouter, Request

from cloud.db.schema_state import missing_migrations
from cloud.problems import Unavailable

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "up"}


@router.get("/readyz")
async def readyz(request: Request) -> dict[str, str]:
    """The database answers and has the schema that this code needs; else 503 says what is missing."""
    missing = await missing_migrations(request.app.state.database)
    if missing:
        raise Unavailable(
            f"{len(missing)} migrations have not run on this database, the first is {missing[0]}; "
            "run `python -m cloud migrate`",
            retry_after_s=5,
        )
    return {"status": "ready"}
