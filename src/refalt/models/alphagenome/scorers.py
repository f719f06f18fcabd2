"""AlphaGenome's variant scorers by name, as a study file writes them: "CenterMask(DNASE, 501, DIFF_LOG2_SUM)".

What each takes, and the recommended set, are those of the official client 0.10 (`variant_scorers.py`); a test
holds the two against each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from refalt.errors import UserError, unknown_name

MOST_SCORERS: Final = 20
RECOMMENDED: Final = "recommended"
OUTPUTS: Final = (
    "ATAC", "CAGE", "DNASE", "RNA_SEQ", "CHIP_HISTONE", "CHIP_TF", "SPLICE_SITES", "SPLICE_SITE_USAGE",
    "SPLICE_JUNCTIONS", "CONTACT_MAPS", "PROCAP",
)  # fmt: skip
#: Outputs whose tracks run along the sequence, so that a window can be reduced to one number a track.
LINEAR_OUTPUTS: Final = tuple(name for name in OUTPUTS if name not in ("SPLICE_JUNCTIONS", "CONTACT_MAPS"))
_GENE_OUTPUTS: Final = ("ATAC", "CAGE", "DNASE", "PROCAP", "RNA_SEQ", "SPLICE_SITES", "SPLICE_SITE_USAGE")
_SIGNED_AGGREGATIONS: Final = ("DIFF_MEAN", "DIFF_SUM", "DIFF_SUM_LOG2", "DIFF_LOG2_SUM")
AGGREGATIONS: Final = (*_SIGNED_AGGREGATIONS, "L2_DIFF", "L2_DIFF_LOG1P", "ACTIVE_MEAN", "ACTIVE_SUM")
#: A width is text here, because it is written in a study file; "None" is the whole window.
_CENTRE_WIDTHS: Final = ("None", "501", "2001", "10001", "100001", "200001")
_SPLICE_WIDTHS: Final = ("None", "101", "1001", "10001")


@dataclass(frozen=True)
class _Form:
    """What one kind of scorer is written with.

    Attributes:
        takes: Name of each argument -> what it may be, in order.
        output: What it reads, where that is not an argument.
        by_gene: Whether it gives one line a gene (or a junction) and not one a variant.
    """

    takes: dict[str, tuple[str, ...]]
    output: str = ""
    by_gene: bool = True


_FORMS: Final = {
    "CenterMask": _Form(
        {"output": LINEAR_OUTPUTS, "width": _CENTRE_WIDTHS, "aggregation": AGGREGATIONS}, by_gene=False
    ),
    "ContactMap": _Form({}, "CONTACT_MAPS", by_gene=False),
    "GeneMaskLFC": _Form({"output": _GENE_OUTPUTS}),
    "GeneMaskActive": _Form({"output": _GENE_OUTPUTS}),
    "GeneMaskSplicing": _Form({"output": ("SPLICE_SITES", "SPLICE_SITE_USAGE"), "width": _SPLICE_WIDTHS}),
    "Polyadenylation": _Form({}, "RNA_SEQ"),
    "SpliceJunction": _Form({}, "SPLICE_JUNCTIONS"),
}


@dataclass(frozen=True)
class Scorer:
    """One variant scorer; `str` gives its text, which is part of the key of every answer.

    Attributes:
        kind: Which scorer.
        output: The output it reads.
        width: Bases around the variant, None for the whole window.
        aggregation: How a centre mask makes one number of a window.
    """

    kind: str
    output: str
    width: int | None = None
    aggregation: str = ""

    def __str__(self) -> str:
        written = {"output": self.output, "width": str(self.width), "aggregation": self.aggregation}
        return f"{self.kind}({', '.join(written[name] for name in _FORMS[self.kind].takes)})"

    @property
    def is_signed(self) -> bool:
        """Whether it tells a gain from a loss; an unsigned one is never negative."""
        return self.kind == "GeneMaskLFC" or self.aggregation in _SIGNED_AGGREGATIONS

    @property
    def by_gene(self) -> bool:
        """Whether it gives one line a gene (or a junction) within the window."""
        return _FORMS[self.kind].by_gene

    @property
    def humans_only(self) -> bool:
        """Whether no other organism has it."""
        return self.kind == "Polyadenylation"


def _centre(output: str, width: int, aggregation: str = "DIFF_LOG2_SUM") -> Scorer:
    return Scorer("CenterMask", output, width, aggregation)


RECOMMENDED_SCORERS: Final = {
    "ATAC": _centre("ATAC", 501),
    "CONTACT_MAPS": Scorer("ContactMap", "CONTACT_MAPS"),
    "DNASE": _centre("DNASE", 501),
    "CHIP_TF": _centre("CHIP_TF", 501),
    "CHIP_HISTONE": _centre("CHIP_HISTONE", 2001),
    "CAGE": _centre("CAGE", 501),
    "PROCAP": _centre("PROCAP", 501),
    "RNA_SEQ": Scorer("GeneMaskLFC", "RNA_SEQ"),
    "RNA_SEQ_ACTIVE": Scorer("GeneMaskActive", "RNA_SEQ"),
    "SPLICE_SITES": Scorer("GeneMaskSplicing", "SPLICE_SITES"),
    "SPLICE_SITE_USAGE": Scorer("GeneMaskSplicing", "SPLICE_SITE_USAGE"),
    "SPLICE_JUNCTIONS": Scorer("SpliceJunction", "SPLICE_JUNCTIONS"),
    "POLYADENYLATION": Scorer("Polyadenylation", "RNA_SEQ"),
    "ATAC_ACTIVE": _centre("ATAC", 501, "ACTIVE_SUM"),
    "DNASE_ACTIVE": _centre("DNASE", 501, "ACTIVE_SUM"),
    "CHIP_TF_ACTIVE": _centre("CHIP_TF", 501, "ACTIVE_SUM"),
    "CHIP_HISTONE_ACTIVE": _centre("CHIP_HISTONE", 2001, "ACTIVE_SUM"),
    "CAGE_ACTIVE": _centre("CAGE", 501, "ACTIVE_SUM"),
    "PROCAP_ACTIVE": _centre("PROCAP", 501, "ACTIVE_SUM"),
}


@dataclass(frozen=True)
class ScorerChoice:
    """What is asked of the model in one request, and what of it a score reads.

    Attributes:
        asked: Scorers of the request, in its order.
        read: Those of them that the score reads.
    """

    asked: tuple[Scorer, ...]
    read: tuple[Scorer, ...]

    @property
    def by_gene(self) -> bool:
        """Whether the score has one line a gene."""
        return self.read[0].by_gene


def parse_choice(text: str, *, human: bool = True, where: str = "scorer") -> ScorerChoice:
    """Read the `scorer` of a score with method "variant".

    Args:
        text: Scorers joined by " + ", each written out or by its recommended name ("DNASE_ACTIVE");
            "recommended" for all of them in one request, "recommended/DNASE" to ask for all and read one.
        human: Whether the organism is human; some scorers know no other.
        where: Place of the text, for messages.

    Raises:
        UserError: an unknown scorer, output, width or aggregation (the nearest is named); a scorer written
            twice; more than 20; or scorers by gene read together with others.
    """
    head, _, picked = text.partition("/")
    if head.strip() == RECOMMENDED:
        asked = tuple(scorer for scorer in RECOMMENDED_SCORERS.values() if human or not scorer.humans_only)
        read = (parse_scorer(picked, where=where),) if picked.strip() else asked
    else:
        asked = read = tuple(parse_scorer(part, where=where) for part in text.split(" + "))
    _refuse_choice(asked, read, where, human=human)
    return ScorerChoice(asked, read)


def _refuse_choice(asked: tuple[Scorer, ...], read: tuple[Scorer, ...], where: str, *, human: bool) -> None:
    if len(asked) > MOST_SCORERS:
        raise UserError("too many scorers", where=where, expected=f"at most {MOST_SCORERS}", got=str(len(asked)))
    repeated = sorted({str(scorer) for scorer in asked if asked.count(scorer) > 1})
    if repeated:
        raise UserError(f"a scorer is written twice: {repeated[0]}", where=where)
    if not human and any(scorer.humans_only for scorer in asked):
        raise UserError("Polyadenylation() scores human variants only", where=where)
    if not set(read) <= set(asked):
        raise UserError(f"{read[0]} is not among the recommended scorers", where=where, remedy="write it alone")
    if len(read) > 1 and any(scorer.by_gene for scorer in read):
        raise UserError(
            "a score cannot read scorers that answer by gene together with others",
            where=where,
            got=" + ".join(map(str, read[:3])) + (" + ..." if len(read) > 3 else ""),
            remedy=f'name the one to read, such as scorer = "{RECOMMENDED}/RNA_SEQ"; all are asked for in one request',
        )


def parse_scorer(text: str, *, where: str = "scorer") -> Scorer:
    """Read one scorer, written out (also as the official client prints it) or by its recommended name."""
    written = text.strip()
    if written in RECOMMENDED_SCORERS:
        return RECOMMENDED_SCORERS[written]
    match = re.fullmatch(r"(?P<kind>\w+?)(Scorer)?\((?P<arguments>[^()]*)\)", written)
    if match is None:
        raise unknown_name("scorer", written, [*map(_example, _FORMS), *RECOMMENDED_SCORERS], where=where)
    if match["kind"] not in _FORMS:
        raise unknown_name("scorer", match["kind"], _FORMS, where=where)
    form = _FORMS[match["kind"]]
    given = [part.split("=")[-1].strip() for part in match["arguments"].split(",") if part.strip()]
    if len(given) != len(form.takes):
        raise UserError(
            f"{match['kind']} is written with {len(form.takes)} arguments",
            where=where,
            expected=_example(match["kind"]),
            got=written,
        )
    for (name, allowed), value in zip(form.takes.items(), given, strict=True):
        if value not in allowed:
            raise unknown_name(f"{name} of {match['kind']}", value, allowed, where=where)
    chosen = dict(zip(form.takes, given, strict=True))
    width = chosen.get("width", "None")
    return Scorer(
        match["kind"],
        chosen.get("output", form.output),
        None if width == "None" else int(width),
        chosen.get("aggregation", ""),
    )


def _example(kind: str) -> str:
    samples = {"output": "DNASE", "width": "501", "aggregation": "DIFF_LOG2_SUM"}
    takes = _FORMS[kind].takes
    arguments = [samples[name] if samples[name] in allowed else allowed[0] for name, allowed in takes.items()]
    return f"{kind}({', '.join(arguments)})"
