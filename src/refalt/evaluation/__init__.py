"""Predictions held against measurements: join, clusters, labels, strata, controls, estimates."""
