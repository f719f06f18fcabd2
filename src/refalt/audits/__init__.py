"""Audits: each asks one question that a published mistake taught us to ask."""

NOT_PLUGINS = ("base", "runner", "explain", "thresholds", "rows", "shapes", "builds")
