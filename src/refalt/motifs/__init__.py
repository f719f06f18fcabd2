"""Transcription-factor motifs: how a variant changes what could bind over it.

Pure kernels on arrays of base codes (uint8, A=0, C=1, G=2, T=3, N=4). `shipped_motifs()` are the JASPAR 2026 CORE
vertebrate matrices; `motif_changes` gives every motif's change, `motif_summaries` one signed number per variant.
"""

from refalt.motifs.changes import UNSCORED, MotifChanges, motif_changes
from refalt.motifs.jaspar_format import read_jaspar
from refalt.motifs.motif_set import MotifSet, shipped_motifs
from refalt.motifs.summary import MotifScore, motif_summaries, summarise

__all__ = [
    "UNSCORED",
    "MotifChanges",
    "MotifScore",
    "MotifSet",
    "motif_changes",
    "motif_summaries",
    "read_jaspar",
    "shipped_motifs",
    "summarise",
]
