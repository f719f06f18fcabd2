"""Figures of several runs at once, one file a kind; a file put here is drawn for every page that has what it shows."""

NOT_PLUGINS = ()
