"""Nothing that a student's side can send, hand in or pack makes the grader fail; targets.py says what holds instead."""

from __future__ import annotations

from pathlib import Path

import mutations
import pytest
import targets
from hypothesis import example, given
from hypothesis import strategies as st

from autograder.pipeline.platforms import in_download
from autograder.sandbox.inside import codec

BEGINNINGS = [
    "Bob_2_assignsubmission_file_",
    "bobb_5_6_",
    "bobb_LATE_5_6_",
    "HW_b_attempt_2027-01-02-03-04-05_",
]


@pytest.mark.slow
@given(mutations.frames())
@targets.examples(400)
def test_well_formed_frames(data):
    targets.channel(data)


@pytest.mark.slow
@given(mutations.damaged(mutations.frames()) | st.binary(max_size=200))
@targets.examples(400)
def test_damaged_frames(data):
    targets.channel(data)


@given(mutations.FORMS, st.lists(st.binary(max_size=24).map(bytearray), max_size=3))
@targets.examples(400)
def test_forms_that_can_be_decoded_can_be_sent_again(form, buffers):
    targets.comes_back(form, buffers)


@given(mutations.PLAIN)
@targets.examples(200)
def test_what_students_return_arrives(value):
    buffers = []
    form = codec.encode(value, buffers, lambda item: ["h", 1])
    message, returned = codec.unpack(
        targets.reader(b"".join(codec.pack(["ok", form], buffers))), codec.Limits()
    )
    assert targets.alike(codec.decode(message[1], returned, lambda form: targets.Handle(1))) == targets.alike(
        value
    )


@pytest.mark.slow
@given(mutations.notebooks())
@targets.examples(150)
def test_edited_notebooks(data):
    targets.notebook(data)


@pytest.mark.slow
@given(mutations.damaged(mutations.notebooks()) | st.binary(max_size=200))
@targets.examples(150)
def test_damaged_notebooks(data):
    targets.notebook(data)


@given(mutations.archives())
@targets.examples(200)
def test_odd_archives(data):
    targets.archive(data)


@given(mutations.damaged(mutations.archives()) | st.binary(max_size=200))
@targets.examples(300)
def test_damaged_archives(data):
    targets.archive(data)


@given(
    st.sampled_from(BEGINNINGS),
    st.text() | mutations.PATHS | st.builds(str.__add__, st.sampled_from(BEGINNINGS), st.text(max_size=3)),
)
@example("adal_12_34_", "0_assignsubmission_a/0")
@targets.examples(200)
def test_no_file_name_changes_whose_it_is(beginning, name):
    place = in_download(beginning + name)
    assert place is None or place.owner == in_download(beginning + "x").owner


@pytest.mark.slow
@pytest.mark.parametrize("case", targets.cases("channel"), ids=lambda path: path.stem)
def test_kept_frames(case: Path):
    targets.channel(case.read_bytes())


@pytest.mark.parametrize("case", targets.cases("notebook"), ids=lambda path: path.stem)
def test_kept_notebooks(case: Path):
    targets.notebook(case.read_bytes())


@pytest.mark.parametrize("case", targets.cases("archive"), ids=lambda path: path.stem)
def test_kept_archives(case: Path):
    targets.archive(case.read_bytes())
