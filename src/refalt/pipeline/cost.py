"""What a study would ask of metered models, before it asks anything."""

from __future__ import annotations

from collections.abc import Mapping

from refalt.models.metered import MeteredModel
from refalt.pipeline import opened, stages
from refalt.pipeline.beside import leave_unmatched, look_around
from refalt.pipeline.prepare import Prepared
from refalt.scoring.metered import Cost, Metering, dry_run
from refalt.scoring.plan import plan
from refalt.scoring.probes import probe_cost


def costs(prepared: Prepared, *, metering: Metering) -> Mapping[str, Cost]:
    """Score name -> its cost, for every score of a metered model and for its probes; writes and asks nothing.

    Raises:
        UserError: a file is missing or not what it should be, or a score cannot be made.
    """
    read = stages.read_measurements(prepared)
    genome = opened.open_fasta(prepared)
    checks = stages.check_variants(read, genome)
    read = leave_unmatched(prepared, read, look_around(prepared, read, genome))
    found: dict[str, Cost] = {}
    n = prepared.study.audits.probes
    for score in prepared.scores:
        model = prepared.models[score.model]
        if isinstance(model, MeteredModel):
            asked = plan(
                score, read.measurements, checks, inputs=read.inputs, genome=genome, flanks=prepared.declared.flanks
            )
            found[score.name] = dry_run(model, asked, score, metering=metering)
            if n:
                cost = probe_cost(model, asked, score, n=n, seed=prepared.study.study.seed, metering=metering)
                found[f"{score.name} (probes)"] = cost
    return found
