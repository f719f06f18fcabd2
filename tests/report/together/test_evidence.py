"""What a page of several runs is read from."""

import json
import shutil

import pytest

from refalt.errors import UserError
from refalt.report.together.evidence import MEMBERS, read_together, relative


def test_read_together__reads_what_write_members_wrote(several):
    found = read_together(several)
    assert [member.label for member in found.members] == ["w128", "w512", "<b id=injected>"]
    assert [member.window for member in found.members] == [128, 512, None]
    assert [member.label for member, _ in found.present] == ["w128", "w512"]
    assert found.swept == "good"
    assert found.scaling.slope == -0.98
    assert found.sweep.frame.get_column("window").to_list() == [128, 512]
    assert len(found.figures) == 2


def test_read_together__holds_no_evidence_of_a_member_without_a_folder(several, tmp_path):
    shutil.copytree(several, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "w128-0a1b2c3d")
    found = read_together(tmp_path / "copy")
    assert found.members[0].evidence is None
    assert found.members[0].report is None


def test_read_together__says_that_a_folder_is_none(tmp_path):
    with pytest.raises(UserError, match="not a folder of several runs"):
        read_together(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"), [("{", "cannot be read"), ('{"layout": "0"}', "another layout"), ("[]", "cannot be read")]
)
def test_read_together__tells_a_damaged_or_older_list(tmp_path, text, words):
    (tmp_path / MEMBERS).write_text(text)
    with pytest.raises(UserError, match=words):
        read_together(tmp_path)


def test_write_members__writes_no_absolute_path(several):
    assert str(several) not in (several / MEMBERS).read_text()
    assert json.loads((several / MEMBERS).read_text())["members"][0]["digest"]


def test_relative__goes_up_and_down(tmp_path):
    assert relative(tmp_path / "runs" / "a", tmp_path / "out") == "../runs/a"
