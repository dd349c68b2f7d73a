"""What the demo's till sold and what the street has planned, for the pages that import such things. Pure."""

from datetime import date, timedelta

from firmware_sim.seeds import numpy_stream

DAYS = 28
MENU = {"Negroni": 14, "Aperol Spritz": 22, "Gin & Tonic": 19, "House Red 0.2": 9, "Espresso": 6}
"""Pieces of a usual day; what each takes of which bottle is for the manager to say."""
BUSY = {4: 1.6, 5: 1.8, 0: 0.6}
"""Friday, Saturday, Monday against the other days."""


def till_file(until: date, seed: int) -> str:
    """The CSV a till would export: a line per day and name, for DAYS days up to `until`."""
    dice = numpy_stream(seed, "till")
    days = [until - timedelta(days=back) for back in reversed(range(DAYS))]
    lines = [
        f"{day},{name},{dice.poisson(usual * BUSY.get(day.weekday(), 1.0))}"
        for day in days
        for name, usual in MENU.items()
    ]
    return "\n".join(["date,item,qty", *lines, ""])


def street(opening: date) -> list[tuple[str, date, date]]:
    """(name, first day, last day) of what a person would have written down for this bar."""
    saturday = opening + timedelta(days=(5 - opening.weekday()) % 7 + 7)
    quizzes = [("Quiz night", day, day) for day in (opening + timedelta(days=d) for d in (-23, -9, 5, 19))]
    return [*quizzes, ("Street festival", saturday, saturday + timedelta(days=1))]
