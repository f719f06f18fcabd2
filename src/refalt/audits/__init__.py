"""Audits: each asks one question that a published mistake taught us to ask."""

NOT_PLUGINS = ("base", "runner", "explain", "rows", "shapes", "builds")
