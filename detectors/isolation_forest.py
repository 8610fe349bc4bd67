"""How far a subject stands from its ordinary peers, explained feature by feature. Organisations only, never people.

Everything is about distances to the peer median (detectors/peer_comparison.py), so that size alone sets nobody apart.
1. Who is ordinary? Two looks at a pool of peers, each in standard deviations of the pool, the larger counts:
   - the isolation forest (Liu, Ting and Zhou 2008): how few random cuts part a subject from a sample of its peers;
   - how far it is to the nearest of 32 peers drawn at random, on average over 64 draws (Sugiyama and Borgwardt 2013).
   The half that deviates least is ordinary. A tight group of odd subjects has near neighbours, yet is soon cut off;
   an odd combination of common values is hard to cut off, yet has no near neighbour.
2. The score is the distance to the second nearest of the ordinary peers, in standard deviations of the population
   (0 is the usual distance), and, as far as the setting says, the trees of the first look beside it. Subjects that
   deviate alike do not hide each other, for none of them is ordinary.
Contamination is never set: nobody knows the share in advance, and no alert rate is implied (the half is no guess at
it: half of the peers are enough to say what is ordinary).

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
FIRST_DRAWS, FIRST_DRAWN = 64, 32  # samples of peers for the first look, and peers in each
POOL = 8192  # peers the first look judges; enough to draw from
ORDINARY = 0.5  # share of them
DRAWS, PEERS_DRAWN = 3, 1024  # samples of ordinary peers, and peers in each; all of them where they are fewer
NEAREST = 2  # the nearest alone may be a twin of the subject
SOFT = 3.0  # standard deviations towards which each part of the first look is bounded
CHUNK = 4096  # rows scored at once: 4096 x 3072 distances in single precision are 50 MB a thread


@dataclass(frozen=True)
class Setting:
    """What the score weighs. One for the catalogue's forests, one for tables nobody knows (docs/quality-forest.md)."""

    far: bool  # distances in `reach`, where one value far out tells, or in `steps`, where many small ones do too
    trees: float  # weight of the trees in the score; the distance has the rest


OWN = Setting(far=True, trees=1 / 3)
OUTSIDE = Setting(far=False, trees=0.0)


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
class Neighbours:
    """Samples of peers that distances are measured to."""

    drawn: np.ndarray  # draws x peers, row numbers of the population
    points: np.ndarray  # the same rows' values, flattened to (draws * peers) x features
    nearest: int  # which neighbour counts: 1 is the nearest

    @classmethod
    def of(cls, among: np.ndarray, draws: int, peers: int, nearest: int, values: np.ndarray,
           chance: np.random.Generator) -> Neighbours:
        """`draws` samples of `peers` rows out of `among`, or all of them once where they are fewer."""
        if len(among) <= peers:
            drawn = among[None, :]
        else:
            drawn = np.stack([chance.choice(among, peers, replace=False) for _ in range(draws)])
        return cls(drawn, values[drawn.ravel()], max(1, min(nearest, drawn.shape[1] - 1)))

    def distance(self, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Mean distance over the draws to the n-th nearest drawn peer. A row of the population is no neighbour of
        itself; where it would be the only one the distance is 0.

        The products find the neighbour, and what is told is measured anew: products of single precision lose digits.
        """
        squares = values @ self.points.T
        squares *= -2.0
        squares += np.einsum("ij,ij->i", self.points, self.points)
        order = np.argsort(self.drawn.ravel(), kind="stable")
        sought = self.drawn.ravel()[order]
        low, high = np.searchsorted(sought, rows, "left"), np.searchsorted(sought, rows, "right")
        for place in np.flatnonzero(high > low):
            squares[place, order[low[place]:high[place]]] = np.inf
        draws, peers = self.drawn.shape
        by_draw = squares.reshape(len(values), draws, peers)
        found = by_draw.argmin(axis=2)
        for _ in range(self.nearest - 1):
            np.put_along_axis(by_draw, found[:, :, None], np.inf, axis=2)
            found = by_draw.argmin(axis=2)
        total = np.zeros(len(values))
        for draw in range(draws):
            away = np.subtract(values, self.points[found[:, draw] + draw * peers], dtype=np.float64)
            total += np.sqrt(np.einsum("ij,ij->i", away, away))
        return total / draws


@dataclass(frozen=True)
class Model:
    """A fitted score; `level` and `spread` of trees and distance are those of the population it was fitted on."""

    setting: Setting
    trees: Trees
    neighbours: Neighbours
    level: np.ndarray
    spread: np.ndarray

    def score(self, steps: np.ndarray, reach: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Higher is more deviating. `rows`: the population's row of each, which is no neighbour of itself."""
        return self._joined(_parts(self.setting, self.trees, self.neighbours, steps, reach, rows))

    def _joined(self, parts: np.ndarray) -> np.ndarray:
        weights = np.array([self.setting.trees, 1 - self.setting.trees])
        return np.asarray(weights @ ((parts - self.level[:, None]) / self.spread[:, None]))


def _parts(setting: Setting, trees: Trees, neighbours: Neighbours, steps: np.ndarray, reach: np.ndarray,
           rows: np.ndarray) -> np.ndarray:
    """What the trees say and the distance, 2 x rows; trees that weigh nothing are not asked."""
    return np.stack([trees.score(steps) if setting.trees else np.zeros(len(rows)),
                     neighbours.distance(reach if setting.far else steps, rows)])


def _ordinary(trees: Trees, compared: Comparison, chance: np.random.Generator) -> np.ndarray:
    """Row numbers of the peers that neighbours are drawn from: the half of a pool that deviates least."""
    count = len(compared.steps)
    pool = np.sort(chance.choice(count, min(POOL, count), replace=False))
    near = Neighbours.of(pool, FIRST_DRAWS, FIRST_DRAWN, 1, compared.reach, chance)
    parts = np.stack([_in_chunks(lambda part: trees.score(compared.steps[part]), pool),
                      _in_chunks(lambda part: near.distance(compared.reach[part], part), pool)])
    level, spread = _level_and_spread(parts)
    first = (SOFT * np.tanh((parts - level[:, None]) / (SOFT * spread[:, None]))).max(axis=0)
    return np.asarray(pool[first <= np.quantile(first, ORDINARY)])


def _level_and_spread(parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    spread = parts.std(axis=1)
    return parts.mean(axis=1), np.where(spread > 1e-12, spread, np.inf)


def fit(compared: Comparison, seed: int, trees: int = TREES, setting: Setting = OWN) -> tuple[Model, np.ndarray]:
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
    peers = Neighbours.of(_ordinary(grown, compared, chance), DRAWS, PEERS_DRAWN, NEAREST,
                          compared.reach if setting.far else compared.steps, chance)
    parts = _in_chunks(lambda part: _parts(setting, grown, peers, compared.steps[part], compared.reach[part], part).T,
                       np.arange(count)).T
    model = Model(setting, grown, peers, *_level_and_spread(parts))
    return model, np.round(model._joined(parts), 9)


def contributions(model: Model, compared: Comparison, rows: np.ndarray) -> np.ndarray:
    """What the score of each of `rows` (places in the population) loses when one feature is set to the peer median.

    len(rows) x features. Positive: the feature makes the subject more deviating. The parts do not sum to the score,
    because features act together; they rank the reasons.
    """
    def explained(places: np.ndarray) -> np.ndarray:
        own = rows[places]
        views = compared.steps[own], compared.reach[own]
        which, feature = np.nonzero(views[0])  # at the median already: nothing to lose
        found = np.zeros(views[0].shape)
        base = model.score(*views, own)
        for start in range(0, len(which), CHUNK):
            row, at = which[start:start + CHUNK], feature[start:start + CHUNK]
            nearer, closer = views[0][row], views[1][row]
            nearer[np.arange(len(row)), at] = closer[np.arange(len(row)), at] = 0.0
            found[row, at] = base[row] - model.score(nearer, closer, own[row])
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


def stability(compared: Comparison, seeds: Iterable[int] = range(20), top: int = 50, trees: int = TREES,
              setting: Setting = OWN) -> Stability:
    """Score the same population with every seed and compare the orders."""
    scores = np.array([fit(compared, seed, trees, setting)[1] for seed in seeds])
    top = min(top, scores.shape[1])
    ranks = np.array([rankdata(row) for row in scores])
    pairs = np.triu_indices(len(ranks), 1)
    first = [set(np.lexsort((np.arange(len(row)), -row))[:top].tolist()) for row in scores]
    shared = [len(first[a] & first[b]) / top for a, b in zip(*pairs, strict=True)]
    return Stability(len(ranks), float(np.corrcoef(ranks)[pairs].mean()), top, float(np.mean(shared)),
                     float(np.min(shared)))


def _in_chunks(work: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, size: int = CHUNK) -> np.ndarray:
    """`work` on every chunk of row numbers, on all cores, in order. Chunks do not depend on the number of cores."""
    chunks = [rows[start:start + size] for start in range(0, max(1, len(rows)), size)]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return np.concatenate(list(pool.map(work, chunks)))
