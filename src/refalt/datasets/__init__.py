"""Datasets: one file each, and the file's name is the dataset's name in a study file."""

NOT_PLUGINS = (
    "base", "reading", "placement", "filters", "elements", "pairing", "fine_mapping", "column_names", "guessing",
    "variant_names", "bindings", "samples", "sample_shapes", "gse84888_names", "gse84888_counts",
    "gtex_release", "known_sites", "contracts",
)  # fmt: skip
