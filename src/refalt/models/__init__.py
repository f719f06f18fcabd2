"""Models: one file or folder each, and its name is the model's name in a study file."""

NOT_PLUGINS = ("base", "metered")
