"""One file a kind of figure; a file put here is drawn for every run that has what it shows."""

NOT_PLUGINS = ()
