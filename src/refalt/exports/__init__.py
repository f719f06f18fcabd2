"""Files for other programs, made from the tables of a run and from nothing else."""

from refalt.exports.write import write_exports

__all__ = ["write_exports"]
