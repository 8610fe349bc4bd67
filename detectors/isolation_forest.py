"""How easily a subject is set apart from its peers, explained feature by feature. Organisations only, never people.

The score is the mean of two looks at the same comparison with peers (detectors/peer_comparison.py), so that size
alone sets nobody apart:
- the isolation forest (Liu, Ting and Zhou 2008): how few random cuts part a subject from a sample of its peers;
- isolation by nearest neighbour (in the manner of Pang, Ting and Albrecht 2015): how far it is, on average, to the
  nearest of 128 peers drawn at random from the more ordinary half, as a first look judges them. It sees combinations
  of features that cuts along one axis at a time miss, and subjects that deviate alike do not hide each other.
Each is brought to the same scale (standard deviations of this population, softly bounded) before the mean, in which
the neighbours weigh double. Contamination is never set: nobody knows the share in advance, and no alert rate is implied
(the half is no guess at it: half of the peers are enough to say what is ordinary).

The contribution of a feature is what the score loses when that feature is set to the peer median: exact about this
score, and in its unit. This is the only module that imports scikit-learn.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from detectors.peer_comparison import Comparison

# One fixed setting for everything, chosen on public labelled sets (docs/quality-forest.md), never by data set.
TREES = 300
SAMPLES = 256  # subjects a tree sees
DRAWS, PEERS_DRAWN = 24, 128  # samples of ordinary peers for the nearest neighbour, and peers in each
FIRST_DRAWS, FIRST_DRAWN = 64, 32  # the same for the first look, which says who is ordinary
POOL = 8192  # peers the first look judges; enough to draw from
ORDINARY = 0.5  # share of them
WEIGHTS = (1 / 3, 2 / 3)  # trees, neighbours
SOFT = 3.0  # standard deviations towards which each part is bounded
CHUNK = 4096  # rows scored at once: 4096 x 3072 distances in single precision are 50 MB a thread


@dataclass(frozen=True)
class Trees:
    """The grown trees, ready to be read by several threads (scikit-learn's own scoring warns inside them)."""

    forest: Any
    depths: list[np.ndarray]  # of every node: cuts so far, and those still to be expected among the rows left in it
    usual: float

    @classmethod
    def of(cls, forest: Any) -> Trees:
        return cls(forest, [_depths(grown.tree_) for grown in forest.estimators_],
                   float(_expected(np.array([forest.max_samples_]))[0]))

    def score(self, steps: np.ndarray) -> np.ndarray:
        """The score of Liu, Ting and Zhou, 0..1; equals -score_samples."""
        rows = np.ascontiguousarray(steps, dtype=np.float32)
        total = np.zeros(len(rows))
        for grown, depth in zip(self.forest.estimators_, self.depths, strict=True):
            total += depth[grown.tree_.apply(rows)]
        return np.asarray(2.0 ** (-total / (len(self.depths) * max(self.usual, 1e-12))))


def _depths(tree: Any) -> np.ndarray:
    depth = np.zeros(tree.node_count)
    for node, (left, right) in enumerate(zip(tree.children_left, tree.children_right, strict=True)):
        if left >= 0:  # children stand behind their parent
            depth[left] = depth[right] = depth[node] + 1
    return depth + _expected(tree.n_node_samples)


def _expected(rows: np.ndarray) -> np.ndarray:
    """Mean cuts to part one of n rows from the others: 2 H(n - 1) - 2 (n - 1) / n."""
    n = np.maximum(np.asarray(rows, dtype=float), 2)
    many = 2 * (np.log(n - 1 + (n <= 2)) + np.euler_gamma) - 2 * (n - 1) / n
    return np.where(np.asarray(rows) <= 1, 0.0, np.where(np.asarray(rows) == 2, 1.0, many))


@dataclass(frozen=True)
class Model:
    """A fitted score; `level` and `spread` of the two parts are those of the population it was fitted on."""

    trees: Trees
    drawn: np.ndarray  # PEERS_DRAWN x DRAWS row numbers of the population
    points: np.ndarray  # the drawn rows' `reach`, flattened to (PEERS_DRAWN * DRAWS) x features
    level: np.ndarray
    spread: np.ndarray

    def score(self, steps: np.ndarray, reach: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Higher is more deviating. `rows`: the population's row of each, which is no neighbour of itself."""
        parts = np.stack([self.trees.score(steps), _distance(self.points, self.drawn, reach, rows)])
        return self._joined(parts)

    def _joined(self, parts: np.ndarray) -> np.ndarray:
        return np.asarray(WEIGHTS @ _bounded(parts, self.level, self.spread))


def _bounded(parts: np.ndarray, level: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Each part (a row) in standard deviations, softly bounded."""
    return np.asarray(SOFT * np.tanh((parts - level[:, None]) / (SOFT * spread[:, None])))


def _level_and_spread(parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    spread = parts.std(axis=1)
    return parts.mean(axis=1), np.where(spread > 1e-12, spread, np.inf)


def _ordinary(trees: Trees, compared: Comparison, chance: np.random.Generator) -> np.ndarray:
    """Row numbers of the peers that neighbours are drawn from: the half of a pool that deviates least.

    Ordinary is who is so for both looks: a tight group of odd subjects has near neighbours, yet is soon cut off.
    """
    count = len(compared.steps)
    pool = np.sort(chance.choice(count, min(POOL, count), replace=False))
    drawn = _draw(pool, FIRST_DRAWN, FIRST_DRAWS, chance)
    parts = _both_looks(trees, compared.reach[drawn.ravel()], drawn, compared, pool)
    first = _bounded(parts, *_level_and_spread(parts)).max(axis=0)
    return np.asarray(pool[first <= np.quantile(first, ORDINARY)])


def _draw(among: np.ndarray, peers: int, draws: int, chance: np.random.Generator) -> np.ndarray:
    return np.stack([chance.choice(among, min(peers, len(among)), replace=False) for _ in range(draws)], axis=1)


def _both_looks(trees: Trees, points: np.ndarray, drawn: np.ndarray, compared: Comparison,
                rows: np.ndarray) -> np.ndarray:
    return np.stack([_in_chunks(lambda part: trees.score(compared.steps[part]), rows),
                     _in_chunks(lambda part: _distance(points, drawn, compared.reach[part], part), rows)])


def fit(compared: Comparison, seed: int, trees: int = TREES) -> tuple[Model, np.ndarray]:
    """The model of this population and everybody's score in it (float64, one a row, rounded to 9 decimals).

    Needs two rows at least; below 30 a comparison says little (the callers refuse it).
    """
    from sklearn.ensemble import IsolationForest

    count = len(compared.steps)
    forest = IsolationForest(n_estimators=trees, max_samples=min(SAMPLES, count), random_state=seed)
    chance = np.random.default_rng(seed)
    # a forest is grown from a few samples: it needs not see (and copy) a million rows
    seen = np.sort(chance.choice(count, min(count, trees * SAMPLES), replace=False))
    forest.fit(np.ascontiguousarray(compared.steps[seen], dtype=np.float32))
    grown = Trees.of(forest)
    drawn = _draw(_ordinary(grown, compared, chance), PEERS_DRAWN, DRAWS, chance)
    points = compared.reach[drawn.ravel()]
    parts = _both_looks(grown, points, drawn, compared, np.arange(count))
    model = Model(grown, drawn, points, *_level_and_spread(parts))
    return model, np.round(model._joined(parts), 9)


def contributions(model: Model, compared: Comparison, rows: np.ndarray) -> np.ndarray:
    """What the score of each of `rows` (places in the population) loses when one feature is set to the peer median.

    len(rows) x features. Positive: the feature makes the subject more deviating. The parts do not sum to the score,
    because features act together; they rank the reasons.
    """
    def explained(places: np.ndarray) -> np.ndarray:
        own = rows[places]
        steps, reach = compared.steps[own], compared.reach[own]
        which, feature = np.nonzero((steps != 0) | (reach != 0))  # at the median already: nothing to lose
        each = np.arange(len(which))
        changed = [view[which] for view in (steps, reach)]
        for view in changed:
            view[each, feature] = 0.0
        found = np.zeros(steps.shape)
        if len(which):
            base = model.score(steps, reach, own)
            found[which, feature] = base[which] - model.score(changed[0], changed[1], own[which])
        return found

    return np.round(_in_chunks(explained, np.arange(len(rows)), max(1, CHUNK // compared.steps.shape[1])), 9)


@dataclass(frozen=True)
class Stability:
    """How alike the orders of several seeds are: means over all pairs of seeds."""

    seeds: int
    spearman: float
    top: int
    overlap: float  # share of the first `top` that two seeds have in common
    worst_overlap: float


def stability(compared: Comparison, seeds: Iterable[int] = range(20), top: int = 50, trees: int = TREES) -> Stability:
    """Score the same population with every seed and compare the orders."""
    scores = np.array([fit(compared, seed, trees)[1] for seed in seeds])
    top = min(top, scores.shape[1])
    ranks = np.array([rankdata(row) for row in scores])
    pairs = np.triu_indices(len(ranks), 1)
    first = [set(np.lexsort((np.arange(len(row)), -row))[:top].tolist()) for row in scores]
    shared = [len(first[a] & first[b]) / top for a, b in zip(*pairs, strict=True)]
    return Stability(len(ranks), float(np.corrcoef(ranks)[pairs].mean()), top, float(np.mean(shared)),
                     float(np.min(shared)))


def _distance(points: np.ndarray, drawn: np.ndarray, reach: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Mean distance over the draws to the nearest drawn peer, itself left out."""
    squares = -2.0 * (reach @ points.T)
    squares += np.einsum("ij,ij->i", points, points)
    squares += np.einsum("ij,ij->i", reach, reach)[:, None]
    order = np.argsort(drawn.ravel(), kind="stable")
    sought = drawn.ravel()[order]
    low, high = np.searchsorted(sought, rows, "left"), np.searchsorted(sought, rows, "right")
    for place in np.flatnonzero(high > low):
        squares[place, order[low[place]:high[place]]] = np.inf
    nearest = squares.reshape(len(reach), *drawn.shape).min(axis=1)
    return np.asarray(np.sqrt(np.maximum(nearest, 0.0)).mean(axis=1), dtype=np.float64)


def _in_chunks(work: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, size: int = CHUNK) -> np.ndarray:
    """`work` on every chunk of row numbers, on all cores, in order. Chunks do not depend on the number of cores."""
    chunks = [rows[start:start + size] for start in range(0, max(1, len(rows)), size)]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return np.concatenate(list(pool.map(work, chunks)))
