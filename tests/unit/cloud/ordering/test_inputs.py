"""From what a site says to a planning problem, to bytes and back, and what cannot be planned with."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest

from cloud.ordering.inputs import ArticleInput, Inputs, OrderSettings, ProductInput, SupplierInput
from cloud.ordering.inputs_json import packed, unpacked
from cloud.ordering.site_problem import problem_of, stretched
from cloud.ordering.suggestion import answer, recost, regrouped, suggest
from cloud.ordering.whatif import Question

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=timezone(timedelta(hours=1)))
"""A Friday."""
ANKER = SupplierInput("anker", "Anker", (0, 2, 4), time(17, 0), 1, (), (date(2026, 11, 25),), 30.0, 5.0)


def article(supplier="anker", name="A-1", pack=6, *breaks, deposit=0.0):
    return ArticleInput(supplier, name, pack, breaks or ((1, 10.0),), deposit)


def product(name="gin", daily=0.5, on_hand=1.0, articles=None, **changes):
    made = ProductInput(
        product_id=name,
        name=name.title(),
        on_hand_units=on_hand,
        on_hand_sigma=0.05,
        daily_mean=(daily,) * 14,
        sum_sigma={1: 0.7, 7: 1.9, 14: 2.7},
        articles=(article(),) if articles is None else articles,
    )
    return replace(made, **changes)


def inputs(*products, suppliers=(ANKER,), **settings):
    return Inputs("corner-bar", NOW, suppliers, products or (product(),), OrderSettings(**settings))


def test_inputs_survive_being_kept_bit_for_bit():
    given = inputs(
        product(daily=1 / 3, open_orders=((date(2026, 11, 21), 6.0),), par_units=2.0, shelf_life_days=9)
    )
    assert unpacked(packed(given)) == given
    assert packed(unpacked(packed(given))) == packed(given)


def test_what_was_kept_makes_the_same_plan():
    given = inputs(product(), product("rum", 0.9))
    first, again = suggest(given), suggest(unpacked(packed(given)))
    assert first == again
    assert first.fingerprint == again.fingerprint


def test_holidays_open_orders_and_prices_come_into_the_problem():
    problem, notes = problem_of(
        inputs(product(open_orders=((date(2026, 11, 22), 6.0), (date(2026, 11, 19), 9.0))), days=14)
    )
    assert notes == ()
    # Wednesday 25th is closed, so are its orders; Thursday's delivery does not exist.
    assert [d.order_day for d in problem.deliveries] == [0, 3, 7, 10, 12]
    (gin,) = problem.products
    assert gin.arriving_units[2] == 6.0
    assert sum(gin.arriving_units) == 6.0
    assert gin.unit_cost == 10.0
    assert gin.shortage_cost == 35.0


def test_a_forecast_is_stretched_by_its_last_week():
    assert stretched([1, 2, 3, 4, 5, 6, 7, 8], 10) == (1, 2, 3, 4, 5, 6, 7, 8, 2, 3)
    assert stretched([], 2) == (0.0, 0.0)


def test_a_suggestion_says_when_what_and_against_par():
    said = suggest(inputs(product(par_units=3.0, articles=(article(deposit=0.25),))))
    order = said.orders[0]
    assert (order.supplier, order.order_on, order.arrives_on) == (
        "Anker",
        date(2026, 11, 20),
        date(2026, 11, 21),
    )
    assert order.cut_off == datetime(2026, 11, 20, 17, 0, tzinfo=NOW.tzinfo)
    assert order.is_due
    line = order.lines[0]
    assert line.par_cases == 1
    assert order.deposit == line.units * 0.25
    assert line.money == line.units * line.unit_price


def test_a_line_set_by_hand_costs_the_difference_of_two_costings():
    given = inputs(product(), product("rum", 0.9))
    said = suggest(given)
    line = said.orders[0].lines[0]
    change = recost(given, said, {line.key: 0})
    assert change.cost_change == pytest.approx(line.saves, abs=0.01)
    assert change.purchases_change == pytest.approx(-line.money)
    assert recost(given, said, {}).cost_change == 0.0
    with pytest.raises(ValueError, match="There is no line"):
        recost(given, said, {"99-0": 1})
    with pytest.raises(ValueError, match="cannot be ordered"):
        recost(given, said, {line.key: 10**6})


def test_a_closed_supplier_is_answered_with_what_is_ordered_otherwise():
    other = replace(ANKER, supplier_id="nord", name="Nord", minimum_order_value=0.0, delivery_fee=0.0)
    given = inputs(
        product(articles=(article(), article("nord", "N-1", 6, (1, 11.0)))), suppliers=(ANKER, other)
    )
    said = suggest(given)
    told = answer(given, Question(closed_suppliers=[0]), said)
    assert {order.supplier for order in told.orders} == {"Nord"}
    assert any(sentence.startswith("Gin at Nord, ") for sentence in told.changes)


def test_an_order_is_told_in_articles():
    given = inputs(product(daily=3.0, articles=(article(), article("anker", "A-24", 24, (1, 8.0)))))
    said = suggest(given)
    order = said.orders[0]
    packs = regrouped(given, order, {order.lines[0].key: 5})
    assert {(pack.article_id, pack.cases) for pack in packs} == {("A-1", 1), ("A-24", 1)}
    assert regrouped(given, order, {order.lines[0].key: 0}) == ()


@pytest.mark.parametrize(
    ("bad", "settings", "words"),
    [
        (
            {"suppliers": (ANKER, replace(ANKER, supplier_id="bare", name="Bare"))},
            {},
            "Bare has no usable prices",
        ),
        ({"products": (product("odd", articles=(article(pack=0),)),)}, {}, "gives a pack of 0"),
        (
            {"products": (product("odd", articles=(article("dear"),)),)},
            {},
            "its minimum of 9000.00 cannot be reached",
        ),
        ({"products": (product("odd", articles=()),)}, {}, "Odd: nobody sells it"),
        (
            {"products": (product("odd", articles=(article("lazy"),)),)},
            {},
            "Lazy has no order day in its calendar",
        ),
        ({"products": (product("odd", articles=(article("shut"),)),)}, {}, "Shut is marked as closed"),
    ],
)
def test_what_cannot_be_planned_with_is_named_and_the_rest_is_planned(bad, settings, words):
    extra = (
        replace(ANKER, supplier_id="dear", name="Dear", minimum_order_value=9000.0),
        replace(ANKER, supplier_id="lazy", name="Lazy", order_weekdays=()),
        replace(ANKER, supplier_id="shut", name="Shut", is_closed=True),
    )
    suppliers = bad.get("suppliers", (ANKER, *extra))
    said = suggest(inputs(product(), *bad.get("products", ()), suppliers=suppliers, **settings))
    assert any(words in note for note in said.notes), said.notes
    assert "Gin" in {line.product for order in said.orders for line in order.lines}


def test_a_budget_of_nothing_is_named_and_nothing_is_ordered():
    said = suggest(inputs(weekly_budget=0.0))
    assert any("budget of week 0 is 0" in note for note in said.notes)
    assert said.orders == ()


def test_the_worked_example_of_the_documentation_comes_out_as_it_says():
    anker = replace(ANKER, order_weekdays=(0, 4), closed_on=(), minimum_order_value=0.0, delivery_fee=5.0)
    gin = product(daily=1.0, on_hand=2.0, on_hand_sigma=0.0, sum_sigma={}, par_units=4.0)
    (order,) = suggest(inputs(gin, suppliers=(anker,), days=7)).orders
    (line,) = order.lines
    assert (order.order_on, line.cases, line.units, line.money) == (date(2026, 11, 20), 1, 6, 60.0)
    held = sum((1, 6, 5, 4, 3, 2, 1)) - 1
    by_hand = 5 * 35.0 - 60.0 + 10.0 - held * 0.25 / 365 * 10.0
    assert line.saves == pytest.approx(by_hand)
    assert line.sentences[0] == (
        "Runs out on Sunday without it; the delivery after this one comes on Tuesday."
    )
    docs = (Path(__file__).parents[4] / "docs" / "ordering.md").read_text()
    assert f"The line saves {by_hand:.2f} against leaving it out" in docs
