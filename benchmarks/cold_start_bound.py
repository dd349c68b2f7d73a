"""What a week of own days can tell at best: trees that saw other products begin, and an oracle.

Used by cold_start.py --bound. A beginning is a product taken as new at a store of the M5 set; the trees are
fitted on beginnings of other products that were over before, two years of them, and aim at the absolute error
itself. They are judged on the same beginnings as our forecast.
"""

from collections.abc import Collection, Iterator

import numpy as np

from cloud.forecasting.arrays import Floats

WEEK, LEAD, PAST, MONTH, YEAR = 7, 14, 56, 28, 364
EVERY, BLOCK, LEARNED_DAYS, FOLDS = 7, 182, 728, 4
FIRST_START = 400
SMALL = 0.1
PARAMETERS = {
    "objective": "l1",
    "num_leaves": 7,
    "learning_rate": 0.07,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "verbose": -1,
    "num_threads": 1,
    "seed": 3,
}


def bounds(sites: tuple[Floats, Floats], least: float, starts: Collection[int]) -> tuple[float, float]:
    """Error of the 14-day total after 7 own days: (trees, oracle), for products of `least` a day or more.

    starts: the days on which products begin that are judged.

    The oracle forecasts the mean of the four weeks up to the forecast and the four after the fortnight.
    """
    rows = np.asarray(
        [row for here, there in (sites, sites[::-1]) for row in _beginnings(here, there, starts)]
    )
    product, start, mean, came, oracle = rows[:, :5].T
    features = rows[:, 5:]
    judged = np.isin(start, list(starts)) & (mean >= least)
    trees = _learned(product, start, came, features)
    return tuple(
        float(np.abs(foretold - came)[judged].sum() / came[judged].sum()) for foretold in (trees, oracle)
    )


def _beginnings(here: Floats, there: Floats, starts: Collection[int]) -> Iterator[tuple[float, ...]]:
    mean = np.nanmean(here, axis=1)
    weekly = range(PAST + WEEK, here.shape[1] - WEEK - LEAD - MONTH, EVERY)
    for start in sorted({*weekly, *starts}):
        now, past = start + WEEK, slice(start - PAST, start)
        known = np.flatnonzero(~np.isnan(here[:, past] + there[:, past]).any(axis=1))
        rates, others = here[known, past].mean(axis=1), there[known, past].mean(axis=1)
        store = here[known]
        trend = _ratio(store[:, now - WEEK : now], store[:, now - MONTH : now])
        back = now - YEAR
        season = _ratio(store[:, back : back + LEAD], store[:, back - MONTH : back]) if back > MONTH else 0.0
        for place, product in enumerate(known):
            own, sibling = here[product], there[product]
            scale = (rates.sum() - rates[place]) / max(others.sum() - others[place], SMALL)
            week = np.sort(own[start:now])
            around = np.r_[own[now - MONTH : now], own[now + LEAD : now + LEAD + MONTH]].mean()
            yield (
                float(product), float(start), mean[product], own[now : now + LEAD].mean(), around,
                *(_log(each) for each in (week.mean(), week[1:6].mean(), week[3], week[6])),
                float((week == 0).mean()),
                _log(others[place] * scale),
                _log(float(np.median(np.delete(rates, place)))),
                _log(sibling[now - WEEK : now].mean() * scale),
                _log(sibling[now - MONTH : now].mean() * scale),
                trend,
                season,
            )  # fmt: skip


def _learned(product: Floats, start: Floats, came: Floats, features: Floats) -> Floats:
    import lightgbm

    base = np.exp(0.8 * features[:, 0] + 0.16 * features[:, 5] + 0.04 * features[:, 6])
    fold = np.random.default_rng(1).permutation(int(product.max()) + 1)[product.astype(int)] % FOLDS
    foretold = np.zeros(len(came))
    for block in range(FIRST_START, int(start.max()) + 1, BLOCK):
        for each in range(FOLDS):
            asked = (start >= block) & (start < block + BLOCK) & (fold == each)
            known = (start + WEEK + LEAD <= block) & (start > block - LEARNED_DAYS) & (fold != each)
            table = lightgbm.Dataset(features[known], (came / base)[known], weight=base[known])
            model = lightgbm.train(PARAMETERS, table, 100)
            foretold[asked] = model.predict(features[asked]) * base[asked]
    return np.maximum(foretold, 0.0)


def _ratio(few: Floats, many: Floats) -> float:
    return float(np.log((np.nanmean(few) + SMALL) / (np.nanmean(many) + SMALL)))


def _log(rate: float) -> float:
    return float(np.log(rate + SMALL))
