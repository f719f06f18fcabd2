"""Asking models: what to ask, each distinct question once, and the tables their answers make."""
