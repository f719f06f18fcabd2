"""Floors and ceilings: scores with a known answer, scores that anyone has, and what no score can exceed."""

from refalt.evaluation.controls.harness import MODEL, SHUFFLES, Control, control_estimates, run_controls

__all__ = ["MODEL", "SHUFFLES", "Control", "control_estimates", "run_controls"]
