"""Steps of a ranking, against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from refalt.plots.curves import MOST_VERTICES, steps, thinned
from refalt.plots.targets import Labelled


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=4, max_size=60))
def test_steps__are_the_vertices_of_scikit_learns_curve(rows):
    label = np.array([row[0] for row in rows], dtype=float)
    score = np.array([row[1] for row in rows], dtype=float)
    if label.min() == label.max():
        return
    positives, taken = steps(Labelled(label, score, "score"))
    false, true, _ = roc_curve(label, score, drop_intermediate=False)
    assert positives / positives[-1] == pytest.approx(true[1:])
    assert (taken - positives) / (taken - positives)[-1] == pytest.approx(false[1:])


def test_thinned__keeps_both_ends_and_moves_no_vertex():
    x = np.linspace(0, 1, 5000)
    y = np.sqrt(x)
    fewer_x, fewer_y = thinned(x, y)
    assert fewer_x.size <= MOST_VERTICES + 2
    assert (fewer_x[0], fewer_x[-1], fewer_y[-1]) == (0, 1, 1)
    assert np.array_equal(fewer_y, np.sqrt(fewer_x))
    assert np.interp(x, fewer_x, fewer_y) == pytest.approx(y, abs=0.005)


def test_thinned__leaves_a_short_curve_alone():
    x = np.array([0.0, 0.5, 1.0])
    assert thinned(x, x)[0] is x
