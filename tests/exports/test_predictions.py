from __future__ import annotations

from refalt.exports.predictions import COLUMNS, predictions_of
from refalt.testing.builders import build_joined, build_measurements, build_predictions


def test_predictions_of__is_a_row_a_pair_in_source_order_with_what_either_allele_scored() -> None:
    rows = build_measurements(3, target_id=["g1", "g2", "g1"], beta=[0.1, 0.2, 0.3])
    joined = build_joined(rows, score=[1.0, 2.0, 3.0])
    names = joined.comparison.frame.get_column("asked_id").to_list()
    predicted = build_predictions(names[:2], [1, 2], ref_score=[5.0, 6.0], alt_score=[6.0, 8.0])
    found = predictions_of(joined.comparison, "said", predicted)
    assert tuple(found.columns) == COLUMNS
    assert found.rows() == [
        (names[0], "g1", 0.1, 5.0, 6.0, 1.0),
        (names[1], "g2", 0.2, 6.0, 8.0, 2.0),
        (names[2], "g1", 0.3, None, None, 3.0),
    ]


def test_predictions_of__scores_by_gene_have_no_allele_of_their_own() -> None:
    rows = build_measurements(2, target_id=["g1", "g2"])
    joined = build_joined(rows)
    names = joined.comparison.frame.get_column("asked_id").to_list()
    predicted = build_predictions(names, [1, 2], target_id=["g1", "g2"], ref_score=[5.0, 6.0])
    assert predictions_of(joined.comparison, "said", predicted).get_column("ref_score").null_count() == 2
