from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from refalt.errors import UserError
from refalt.motifs import MotifSet
from refalt.motifs.motif_set import SHIPPED


def counts_of(motifs: MotifSet, number: int) -> npt.NDArray[np.float64]:
    """Counts of one matrix, float64[columns, 4]."""
    end = int(motifs.lengths[: number + 1].sum())
    return motifs.counts[end - int(motifs.lengths[number]) : end]


def test_shipped_motifs__are_the_1019_of_jaspar_2026(shipped: MotifSet) -> None:
    assert len(shipped) == 1019
    assert shipped.release == "JASPAR2026 CORE vertebrates"
    assert shipped.licence.startswith("CC BY 4.0")
    assert shipped.ids == tuple(sorted(set(shipped.ids)))
    assert (shipped.lengths.min(), shipped.lengths.max(), shipped.lengths.sum()) == (4, 33, 10542)


def test_shipped_motifs__hold_the_published_counts_of_arnt(shipped: MotifSet) -> None:
    number = shipped.ids.index("MA0004.1")
    assert (shipped.names[number], shipped.families[number]) == ("Arnt", "PAS domain factors")
    assert shipped.classes[number] == "Basic helix-loop-helix factors (bHLH)"
    expected = [[4, 16, 0, 0], [19, 0, 1, 0], [0, 20, 0, 0], [0, 0, 20, 0], [0, 0, 0, 20], [0, 0, 20, 0]]
    assert counts_of(shipped, number).tolist() == expected


def test_shipped_motifs__come_with_their_licence() -> None:
    notice = resources.files("refalt.motifs").joinpath("LICENCE-JASPAR.txt").read_text(encoding="utf-8")
    assert SHIPPED in notice
    assert "CC BY 4.0" in notice


@pytest.mark.slow
def test_shipped_motifs__the_script_writes_them_again_byte_for_byte(tmp_path: Path) -> None:
    pyjaspar = pytest.importorskip("pyjaspar")
    path = Path(__file__).parents[2] / "scripts" / "make_motif_matrices.py"
    spec = importlib.util.spec_from_file_location("make_motif_matrices", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    fetched = pyjaspar.jaspardb(release=script.RELEASE).fetch_motifs(collection="CORE", tax_group=["vertebrates"])
    script.write(sorted(fetched, key=lambda motif: motif.matrix_id), tmp_path / SHIPPED)
    with resources.as_file(resources.files("refalt.motifs").joinpath(SHIPPED)) as shipped:
        assert (tmp_path / SHIPPED).read_bytes() == shipped.read_bytes()


def test_limited_to__keeps_dimers_only_with_both_partners(make_motifs: Callable[..., MotifSet]) -> None:
    motifs = replace(make_motifs("ACGT", "ACGTT", "GGGGCC"), names=("Arnt", "ARNT::HIF1A", "SP1"))
    assert motifs.limited_to(["ARNT", "SP1", "GAPDH"]).names == ("Arnt", "SP1")
    kept = motifs.limited_to(["arnt", "hif1a"])
    assert kept.names == ("Arnt", "ARNT::HIF1A")
    np.testing.assert_array_equal(counts_of(kept, 1), counts_of(motifs, 1))


def test_limited_to__says_so_when_no_motif_is_left(shipped: MotifSet) -> None:
    with pytest.raises(UserError, match="none of the listed factors has a matrix.*got GAPDH"):
        shipped.limited_to(["GAPDH"])


def test_by_family__joins_partners_in_either_order_and_leaves_the_unclassified_alone(
    make_motifs: Callable[..., MotifSet],
) -> None:
    motifs = make_motifs("ACGT", "CCGT", "GGTT", "ACCA", "TTTT", families=("b::a", "", "a::b", "a", ""))
    order, begins = motifs.by_family
    assert [sorted(part.tolist()) for part in np.split(order, begins[1:])] == [[1], [4], [3], [0, 2]]


@pytest.mark.parametrize("column", [[0.0, 0.0, 0.0, 0.0], [-1.0, 5.0, 5.0, 5.0], [np.nan, 5.0, 5.0, 5.0]])
def test_motif_set__names_matrices_that_cannot_be_scored(
    make_motifs: Callable[..., MotifSet], column: list[float]
) -> None:
    motifs = make_motifs("ACGT", "CCGTA")
    counts = motifs.counts.copy()
    counts[6] = column
    with pytest.raises(UserError, match="cannot be scored.*got MA0001"):
        replace(motifs, counts=counts)


def test_motif_set__refuses_matrices_of_three_columns_and_empty_sets(make_motifs: Callable[..., MotifSet]) -> None:
    with pytest.raises(UserError, match="at least 4 columns.*got MA0000"):
        make_motifs("ACG", "ACGT")
    with pytest.raises(UserError, match="there is no matrix"):
        make_motifs()
