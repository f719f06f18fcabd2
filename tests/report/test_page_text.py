"""Pages from templates."""

import numpy as np
import pytest

from refalt.report.page_text import environment


def test_environment__escapes_and_refuses_what_it_does_not_know():
    from jinja2 import UndefinedError

    assert environment().from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"
    with pytest.raises(UndefinedError):
        environment().from_string("{{ absent }}").render()
    with pytest.raises(ValueError, match="not JSON compliant"):
        environment().from_string("{{ x|tojson }}").render(x=np.nan)
