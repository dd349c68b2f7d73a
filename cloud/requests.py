"""What a route gets from its application: the services and the clock."""

from typing import Annotated

from fastapi import Depends, Request

from cloud.clock import Clock
from cloud.services import Services


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock


ServicesOf = Annotated[Services, Depends(_services)]
ClockOf = Annotated[Clock, Depends(_clock)]
