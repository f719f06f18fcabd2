"""Several runs on one page: the members of a suite, or runs held side by side."""

from refalt.report.together.evidence import Member, Together, holds_several, read_together, write_members
from refalt.report.together.render import render_together

__all__ = ["Member", "Together", "holds_several", "read_together", "render_together", "write_members"]
