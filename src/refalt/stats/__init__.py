"""Statistics for rows that depend on one another: arrays in, numbers out.

Conventions of the whole package:

- Every statistic returns a `Measured`: a finite `value` and no `reason`, or NaN and the reason why there was nothing
  to measure. Records made of several statistics hold one `Measured` per statistic. Nothing to measure is never
  0, 0.5 or 1, and never an exception. Missing values (NaN, infinity) are a reason too: callers drop such rows first.
- Arrays that do not fit one another (lengths, dimensions) are a bug of the caller and raise ValueError.
- `target` is what was measured: effects in units away from their null (so that zero means no effect), or labels 0 and
  1. `score` is what a model said. Metrics that rank magnitudes are given magnitudes by the caller.
- `weights` count rows (a row of weight 2 is the same as the row twice; fractions are allowed). Rows of weight 0 are
  not there.
- `cluster` is an integer code per row, 0 to G - 1: rows of one cluster depend on one another, clusters do not.
- Whatever draws random numbers takes an `rng: numpy.random.Generator`; composing its seed is the caller's job.

Modules: `association`, `classification` (the statistics), `metric` (their register), `resampling` (bootstrap and
jackknife by cluster), `intervals`, `dependence` (effective n), `exchange` and `permutation`, `multiplicity`,
`comparison` and `delong` (differences on the same rows), `power`, `reliability` (ceilings). `prepared` readies a
metric for many resamples at once; `counted` and `kernels` evaluate them, interpreted and compiled, with equal results.
"""
