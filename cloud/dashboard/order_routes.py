"""The pages of ordering: /<site>/orders with its what-if, edits and approvals, and the sheet of one order."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from cloud.dashboard import order_view
from cloud.dashboard.forms import form_fields, must_be_ours, whole_numbers
from cloud.dashboard.order_view import PlanView, plan_view
from cloud.dashboard.pages import site_values
from cloud.dashboard.routes import PageRoute, draw_message, draw_page
from cloud.ordering.suggested import Suggestion
from cloud.problems import CloudProblem, Malformed, NotFound
from cloud.services import Services
from cloud.sites.schemas import SiteSummary

router = APIRouter(include_in_schema=False, route_class=PageRoute)
MAX_FORM_BYTES = 512 * 1024
SERVICES = {"": 1.0, "2": 2.0, "0.5": 0.5}


@router.get("/{site_id}/orders")
async def orders(
    request: Request,
    site_id: str,
    budget: Annotated[str, Query(max_length=20)] = "",
    service: Annotated[str, Query(max_length=5)] = "",
    closed: Annotated[list[str] | None, Query(max_length=40)] = None,
) -> Response:
    """What to order, from whom, until when, and why."""
    services: Services = request.app.state.services
    now = request.app.state.clock.now()
    site = await services.sites.site(site_id)
    suppliers = await services.suppliers.suppliers(site_id)
    kept = await services.orders.latest(site_id)
    asked = {"budget": budget, "service": service, "closed": closed or []}
    values = site_values(request, site, "orders") | {
        "suppliers": suppliers,
        "asked": asked,
        "view": None,
        "kept": kept,
        "fault": "",
    }
    if kept is not None and suppliers:
        said, fault = await _answered(services, site, kept.plan_no, kept.suggestion, asked)
        names = {supplier.supplier_id: supplier.name for supplier in suppliers}
        question = order_view.question_words(asked, names) if said is not kept.suggestion else ""
        approved = await services.orders.approved(site_id)
        values |= {"view": plan_view(kept.plan_no, said, approved, now, question), "fault": fault}
        today = (await services.sites.day(site_id, now)).on
        values |= {"waiting": order_view.waiting(approved, today), "today": today}
    return draw_page(request, "orders.html", values, now)


async def _answered(
    services: Services, site: SiteSummary, plan_no: int, kept: Suggestion, asked: Mapping[str, object]
) -> tuple[Suggestion, str]:
    """The plan under the question, or the plan itself and why the question cannot be answered."""
    budget, service, closed = str(asked["budget"]).strip(), str(asked["service"]), asked["closed"]
    if not budget and service in ("", "1") and not closed:
        return kept, ""
    try:
        money = float(budget.replace(",", ".")) if budget else None
        assert isinstance(closed, list)
        said = await services.orders.ask(
            site.site_id,
            plan_no,
            weekly_budget=money,
            service_factor=SERVICES.get(service, 1.0),
            closed=tuple(closed),
        )
    except ValueError:
        return kept, f"{budget[:20]!r} is no amount of money; write it like 500 or 499.50."
    except CloudProblem as problem:
        return kept, f"{problem.detail[:1].upper()}{problem.detail[1:]}."
    return said, ""


@router.post("/{site_id}/orders/plan")
async def plan_again(request: Request, site_id: str) -> Response:
    """Plan from what is known now, and show it."""
    must_be_ours(request)
    await request.app.state.services.orders.make(site_id)
    return RedirectResponse(f"/{site_id}/orders", status_code=303)


@router.post("/{site_id}/orders/{plan_no}/{delivery}/cost")
async def cost(request: Request, site_id: str, plan_no: int, delivery: int) -> Response:
    """What the quantities in the form cost: the fragment that stands under the order."""
    services: Services = request.app.state.services
    site = await services.sites.site(site_id)
    kept = await services.orders.plan(site_id, plan_no)
    view = _view_of(kept.plan_no, kept.suggestion, delivery)
    change, fault = None, ""
    try:
        cases = whole_numbers(await form_fields(request, MAX_FORM_BYTES), "cases-")
        change = await services.orders.recost(site_id, plan_no, cases)
    except CloudProblem as problem:
        fault = f"{problem.detail}."
    values = site_values(request, site, "orders") | {"change": change, "view": view, "fault": fault}
    return draw_page(request, "order_cost.html", values, request.app.state.clock.now())


@router.post("/{site_id}/orders/{plan_no}/{delivery}/approve")
async def approve(request: Request, site_id: str, plan_no: int, delivery: int) -> Response:
    """Approve an order with the quantities in the form."""
    services: Services = request.app.state.services
    try:
        cases = whole_numbers(await form_fields(request, MAX_FORM_BYTES), "cases-")
        await services.orders.approve(site_id, plan_no, delivery, cases)
    except CloudProblem as problem:
        back = {"href": f"/{site_id}/orders", "link": "Back to the orders"}
        return draw_message(request, "Not approved", f"{problem.detail}.", status_code=problem.status, **back)
    return RedirectResponse(f"/{site_id}/orders#order-{delivery}", status_code=303)


@router.post("/{site_id}/orders/{plan_no}/{delivery}/withdraw")
async def withdraw(request: Request, site_id: str, plan_no: int, delivery: int) -> Response:
    """Take an approval back."""
    must_be_ours(request)
    try:
        await request.app.state.services.orders.withdraw(site_id, plan_no, delivery)
    except NotFound as problem:
        return draw_message(
            request,
            "Nothing to take back",
            f"{problem.detail}.",
            status_code=404,
            href=f"/{site_id}/orders",
            link="Back to the orders",
        )
    return RedirectResponse(f"/{site_id}/orders#order-{delivery}", status_code=303)


@router.post("/{site_id}/orders/came/{order_no}")
async def came(request: Request, site_id: str, order_no: int) -> Response:
    """Note the day an approved order came."""
    services: Services = request.app.state.services
    try:
        text = (await form_fields(request, MAX_FORM_BYTES)).get("on", [""])[-1]
        await services.orders.came(site_id, order_no, _day(text))
    except CloudProblem as problem:
        back = {"href": f"/{site_id}/orders", "link": "Back to the orders"}
        return draw_message(request, "Not noted", f"{problem.detail}.", status_code=problem.status, **back)
    return RedirectResponse(f"/{site_id}/orders", status_code=303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Malformed(f"{text[:20]!r} is no day; write it like 2026-11-21") from None


@router.get("/{site_id}/orders/{plan_no}/{delivery}/sheet")
async def sheet(request: Request, site_id: str, plan_no: int, delivery: int) -> Response:
    """One order as a text to copy, mail or print."""
    services: Services = request.app.state.services
    try:
        site = await services.sites.site(site_id)
        kept = await services.orders.plan(site_id, plan_no)
        view = _view_of(plan_no, kept.suggestion, delivery)
    except NotFound:
        return draw_message(
            request, "There is no such order", f"Nothing is known of it at {site_id[:63]!r}.", status_code=404
        )
    text = order_view.order_sheet(view.due[0] if view.due else view.later[0], site.name)
    values = site_values(request, site, "orders") | {"text": text, "view": view}
    return draw_page(request, "order_sheet.html", values, request.app.state.clock.now())


def _view_of(plan_no: int, suggestion: Suggestion, delivery: int) -> PlanView:
    """The view of one order of a plan. Raises NotFound."""
    view = plan_view(plan_no, suggestion, (), suggestion.made_at)
    due = tuple(each for each in view.due if each.order.delivery == delivery)
    later = tuple(each for each in view.later if each.order.delivery == delivery)
    if not due and not later:
        raise NotFound(f"there is no order {delivery} in this plan")
    return PlanView(plan_no, suggestion, due, later, "")
