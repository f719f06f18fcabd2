"""From a study file to a run folder. `run` is the only file that knows the order of the stages."""
