"""The hidden camera: what each noise does, that seeds decide, and that students' examples give nothing away."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import student_lib
from autograder.camera import KINDS, STRENGTHS, album, photograph
from student_lib.camera_examples import load_camera_examples
from student_lib.data import load_mnist5k

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = Path(student_lib.__file__).with_name("datasets")
FILE = SHIPPED / "camera_examples.npz"


@pytest.fixture(scope="module")
def digits():
    images, labels = load_mnist5k()
    return images[::10], labels[::10]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_keeps_shape_and_dtype_and_grows_with_its_strength(kind, digits):
    images, _ = digits
    before = images.copy()
    changes = []
    for strength in (1, 2, 3):
        noisy = photograph(images, kind, strength, seed=7)
        assert (noisy.shape, noisy.dtype) == (images.shape, np.uint8)
        changes.append(np.abs(noisy.astype(float) - images).mean())
    assert 1 < changes[0] < changes[1] < changes[2], changes
    assert np.array_equal(images, before)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_decides_everything(kind, digits):
    images, _ = digits
    first, again, other = (photograph(images, kind, 2, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_noises_are_what_their_names_say(digits):
    images, _ = digits
    dead = photograph(images, "salt_and_pepper", 3, 0) != images
    white = np.count_nonzero(photograph(images, "salt_and_pepper", 3, 0)[:, 0] == 255) / images[:, 0].size
    assert white == pytest.approx(STRENGTHS["salt_and_pepper"][2] / 2, abs=0.01)
    assert dead.mean() < STRENGTHS["salt_and_pepper"][2]
    moved = photograph(images, "shift", 1, 0)
    assert np.allclose(moved.sum(axis=(1, 2)), images.sum(axis=(1, 2)), rtol=0.2), (
        "2 pixels lose hardly any ink"
    )
    flat = photograph(images, "contrast", 3, 0)
    spread = flat.max(axis=(1, 2)).astype(int) - flat.min(axis=(1, 2))
    assert spread.max() <= 255 * STRENGTHS["contrast"][2] + 1
    hidden = photograph(images, "occlusion", 3, 0) != images
    assert hidden.sum(axis=(1, 2)).max() <= STRENGTHS["occlusion"][2] ** 2
    blurred = photograph(images, "blur", 3, 0).astype(float)
    assert np.abs(np.diff(blurred, axis=2)).max() < 0.5 * np.abs(np.diff(images.astype(float), axis=2)).max()
    grain = photograph(np.full((50, 28, 28), 128, np.uint8), "gaussian", 1, 0) / 255
    assert grain.std() == pytest.approx(STRENGTHS["gaussian"][0], abs=0.01)


def test_an_album_deals_kinds_evenly_whatever_the_label(digits):
    images, labels = digits
    taken = album(images, labels, seed=3)
    assert np.array_equal(taken.y, labels)
    counts = [np.count_nonzero(taken.kind == kind) for kind in range(-1, 6)]
    assert max(counts) - min(counts) <= 3
    assert np.array_equal(taken.x[taken.kind == -1], images[taken.kind == -1])
    assert set(taken.strength[taken.kind >= 0].tolist()) == {1, 2, 3}
    assert all(len(set(labels[taken.kind == kind].tolist())) == 10 for kind in range(6))
    assert np.array_equal(album(images, labels, 3).x, taken.x)


def test_accuracy_is_counted_by_kind(digits):
    taken = album(*digits, seed=3)
    accuracy = taken.accuracy(np.where(taken.kind == 2, taken.y, -1))
    assert accuracy["blur"] == 1
    assert accuracy["clean"] == accuracy["shift"] == 0
    assert accuracy["all"] == pytest.approx((taken.kind == 2).mean())
    assert list(accuracy) == ["all", "clean", *KINDS]


@pytest.mark.parametrize(
    ("kind", "strength", "change"),
    [
        ("fog", 1, lambda x: x),
        ("blur", 4, lambda x: x),
        ("blur", 1, lambda x: x / 255),
        ("blur", 1, lambda x: x[0]),
    ],
)
def test_what_the_camera_cannot_take_is_refused(kind, strength, change, digits):
    with pytest.raises(ValueError, match="photograph: got"):
        photograph(change(digits[0]), kind, strength, 0)


def test_students_get_sixty_pictures_of_their_own_digits():
    images, labels = load_camera_examples()
    assert (images.shape, images.dtype, labels.dtype) == ((60, 28, 28), np.uint8, np.int64)
    assert np.bincount(labels).tolist() == [6] * 10
    assert np.any(np.diff(labels) < 0), "shuffled"
    known, _ = load_mnist5k()
    clean = {image.tobytes() for image in known}
    with np.load(ROOT / "autograder" / "data" / "mnist_hidden.npz") as file:
        graders = {image.tobytes() for image in file["images"]}
    taken = {image.tobytes() for image in images}
    assert len(taken) == 60
    assert not taken & (clean | graders)


def test_the_examples_do_not_name_the_noises():
    with np.load(FILE) as file:
        assert file.files == ["images", "labels"]
        content = file["images"].tobytes() + file["labels"].tobytes()
    record = json.loads((SHIPPED / "SOURCES.json").read_text(encoding="utf-8"))[FILE.name]
    assert record["sha256"] == hashlib.sha256(FILE.read_bytes()).hexdigest()
    assert record["content_sha256"] == hashlib.sha256(content).hexdigest()
    texts = [(SHIPPED.parent / "camera_examples.py").read_text(encoding="utf-8"), json.dumps(record)]
    assert not [kind for kind in KINDS for text in texts if kind in text]
    assert "autograder" not in texts[0]


def test_damaged_examples_are_refused(tmp_path):
    path = tmp_path / "other.npz"
    path.write_bytes(FILE.read_bytes()[:9000])
    with pytest.raises(ValueError, match="found 9000 bytes"):
        load_camera_examples(path)
    np.savez(path, images=np.zeros((60, 28, 28), np.uint8), labels=np.zeros(60, np.uint8))
    with pytest.raises(ValueError, match="six labels of each digit"):
        load_camera_examples(path)
    with pytest.raises(FileNotFoundError, match="copy student_lib again"):
        load_camera_examples(tmp_path / "none.npz")
