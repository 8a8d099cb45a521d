"""The drawn objects: what the loader gives and refuses, the split by design, and what the record says."""

import hashlib
import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import student_lib
from student_lib.drawn_objects import load_drawn_objects

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = Path(student_lib.__file__).with_name("datasets")
FILE = SHIPPED / "drawn_objects.npz"


@pytest.fixture(scope="module")
def small():
    return load_drawn_objects(600, 200, seed=1)


@pytest.fixture(scope="module")
def file():
    with np.load(FILE) as arrays:
        return {key: arrays[key] for key in arrays.files}


@pytest.fixture
def build_objects(monkeypatch):
    """The module tools/build_objects.py; what it needs of cairosvg is imported only when it draws."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    yield importlib.import_module("build_objects")
    for name in ("build_objects", "build_data"):
        sys.modules.pop(name, None)


def test_the_pictures_have_the_shapes_of_cifar_and_equal_classes(small):
    train_x, train_y, valid_x, valid_y, names = small
    assert (train_x.shape, train_x.dtype, train_y.dtype) == ((600, 32, 32, 3), np.uint8, np.int64)
    assert (valid_x.shape, valid_y.shape) == ((200, 32, 32, 3), (200,))
    assert np.bincount(train_y).tolist() == [60] * 10
    assert names == ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    assert len({picture.tobytes() for picture in np.vstack([train_x, valid_x])}) == 800
    assert 0.2 < train_x.mean() / 255 < 0.7
    assert train_x.reshape(600, -1).std(axis=1).min() > 5, "no picture is empty"


def test_it_says_that_these_are_not_cifar(capsys):
    load_drawn_objects(10, 10)
    assert "Emoji on backgrounds, not CIFAR-10" in capsys.readouterr().out


def test_equal_seeds_give_equal_pictures_and_leave_the_global_state():
    np.random.seed(3)
    first, again, other = (load_drawn_objects(30, 10, seed=seed) for seed in (4, 4, 5))
    state = np.random.get_state()[1]
    np.random.seed(3)
    assert np.array_equal(state, np.random.get_state()[1])
    assert all(np.array_equal(a, b) for a, b in zip(first[:4], again[:4], strict=True))
    assert not np.array_equal(first[0], other[0])


def test_colours_alone_tell_little_about_the_class(small):
    train_x, train_y, valid_x, valid_y, _ = small
    train, valid = train_x.mean(axis=(1, 2)), valid_x.mean(axis=(1, 2))
    nearest = ((valid[:, None] - train) ** 2).sum(axis=2).argmin(axis=1)
    assert (train_y[nearest] == valid_y).mean() < 0.3


def test_302_sprites_of_five_designs_and_validation_has_one_of_its_own(file):
    assert file["pixels"].shape == (302, 64, 64, 4)
    assert file["design_names"].tolist() == [
        "noto",
        "noto-v1",
        "fluent-emoji",
        "fluent-emoji-flat",
        "twemoji",
    ]
    for design in range(5):
        labels = file["labels"][file["designs"] == design]
        assert set(labels.tolist()) == set(range(10)), "every design has every class"
    train = {sprite.tobytes() for sprite in file["pixels"][file["designs"] < 4]}
    assert not train & {sprite.tobytes() for sprite in file["pixels"][file["designs"] == 4]}
    opaque = (file["pixels"][..., 3] > 128).mean(axis=(1, 2))
    assert 0.03 < opaque.min() < opaque.max() < 0.95
    assert FILE.stat().st_size <= 1.23e6


@pytest.mark.parametrize("arguments", [{"train": 0}, {"valid": -1}, {"train": 2.5}, {"valid": True}])
def test_wrong_sizes_are_named(arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"{name}={value!r}; expected a whole number"):
        load_drawn_objects(**arguments)


@pytest.mark.parametrize("keep", [0, 100, 600_000, 1_228_000])
def test_a_cut_file_is_refused(tmp_path, keep):
    path = tmp_path / "cut.npz"
    path.write_bytes(FILE.read_bytes()[:keep])
    with pytest.raises(ValueError, match=f"cannot be read: .* found {keep} bytes"):
        load_drawn_objects(path=path)


def test_other_content_and_no_file_are_refused(tmp_path, file):
    path = tmp_path / "other.npz"
    np.savez(path, **(file | {"pixels": file["pixels"][:, :32]}))
    with pytest.raises(ValueError, match=r"expected pixels \(N, 64, 64, 4\).*found \(302, 32, 64, 4\)"):
        load_drawn_objects(path=path)
    with pytest.raises(FileNotFoundError, match="copy student_lib again"):
        load_drawn_objects(path=tmp_path / "none.npz")


def test_the_record_has_the_sha256_and_every_licence_is_there(file, build_objects):
    record = json.loads((SHIPPED / "SOURCES.json").read_text(encoding="utf-8"))["drawn_objects.npz"]
    assert record["sha256"] == hashlib.sha256(FILE.read_bytes()).hexdigest()
    content = file["pixels"].tobytes() + file["labels"].tobytes()
    assert record["content_sha256"] == hashlib.sha256(content).hexdigest()
    known = [(f"@iconify-json/{item.name}", item.version, item.sha256) for item in build_objects.DESIGNS]
    assert [(item["name"], item["version"], item["sha256"]) for item in record["sources"]] == known
    credits = (SHIPPED / "DRAWN_OBJECTS.md").read_text(encoding="utf-8")
    assert all(item["licence"] in credits for item in record["sources"])
    assert "Apache License" in (SHIPPED / "Apache-2.0.txt").read_text(encoding="utf-8")


def test_the_builder_follows_aliases_and_refuses_another_package(build_objects, tmp_path):
    icons = {
        "icons": {"dog": {"body": "<g/>", "width": 10}},
        "aliases": {"hound": {"parent": "dog"}},
        "height": 8,
    }
    assert 'viewBox="0 0 10 8"' in build_objects.svg(icons, "hound")
    assert build_objects.svg(icons, "wolf") is None
    design = build_objects.DESIGNS[0]
    (tmp_path / design.file).write_bytes(b"something else")
    with pytest.raises(build_objects.BuildError, match="expected 3e918d88"):
        build_objects.sprites(tmp_path)
