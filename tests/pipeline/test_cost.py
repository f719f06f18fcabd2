from __future__ import annotations

from pathlib import Path

from refalt.pipeline.cost import costs
from refalt.pipeline.prepare import prepare
from refalt.scoring.metered import Metering
from refalt.testing.toy_study import ToyStudy


def test_costs__a_study_of_recorded_scores_costs_nothing_and_writes_nothing(toy: ToyStudy, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert costs(prepare(toy.path), metering=Metering(store=tmp_path / "store")) == {}
    assert sorted(tmp_path.rglob("*")) == before


def test_costs__every_distinct_variant_of_a_metered_score_is_counted_once(toy: ToyStudy, tmp_path: Path) -> None:
    scored = """
[models.alphagenome]
address = "127.0.0.1:9"

[[score]]
name   = "dnase"
model  = "alphagenome"
scorer = "CenterMask(DNASE, 501, DIFF_LOG2_SUM)"
window = 16384
tracks = { output = "DNASE" }

[evaluation]
"""
    toy.edit("[evaluation]\n", scored)
    found = costs(prepare(toy.path), metering=Metering(store=tmp_path / "store"))["dnase"]
    assert found.requests == found.to_ask == len(toy.table) - found.unaskable
    assert found.bases == found.to_ask * 2 * 16384
    assert not (tmp_path / "store").exists()
