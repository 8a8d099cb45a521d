"""load_nist36: the handprint set without files, real files from three places, and what it refuses."""

from pathlib import Path

import numpy as np
import pooch
import pytest
from scipy.io import savemat

import student_lib.data
from student_lib.nist36 import download, find_file, load_nist36, read_mat

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "nist36_like"


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """An empty cache, and no CHAINRULE_DATA."""
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    return tmp_path / "cache" / "chainrule" / "nist36"


def rows(count, seed=0):
    """Images that are mostly paper, and one-hot labels."""
    rng = np.random.default_rng(seed)
    x = np.where(rng.random((count, 1024)) < 0.2, 0.0, 1.0)
    return x, np.eye(36)[np.arange(count) % 36]


def write(folder, *parts, count=72, **changes):
    """Files of these parts in `folder`; `changes` replace arrays by name."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, part in enumerate(parts):
        x, y = rows(count, seed)
        content = {f"{part}_data": x, f"{part}_labels": y} | changes
        savemat(folder / f"nist36_{part}.mat", content, do_compression=True)
    return folder


def test_without_files_it_gives_the_handprint_set_and_says_so(capsys):
    data = student_lib.data.load_nist36(per_class=6)
    assert [len(x) for x in (data.train_x, data.valid_x, data.test_x)] == [216, 72, 72]
    assert data.train_y.shape == (216, 36)
    assert "handprint, drawn from fonts, not NIST36: 216 images to train" in capsys.readouterr().out
    assert not np.array_equal(data.valid_x, data.test_x)
    assert np.array_equal(load_nist36(per_class=6).train_x, data.train_x)
    assert not np.array_equal(load_nist36(per_class=6, seed=1).valid_x, data.test_x)


def test_real_files_come_from_a_folder_and_are_named(tmp_path, capsys):
    folder = write(tmp_path / "mine", "train", "valid", "test")
    data = load_nist36(folder)
    assert np.array_equal(data.valid_x, rows(72, 1)[0])
    assert np.array_equal(data.test_x, rows(72, 2)[0])
    assert data.train_x.dtype == data.train_y.dtype == np.float64
    assert (
        f"the NIST36 files of {folder}: 72 images to train, 72 to validate, 72 to" in capsys.readouterr().out
    )


def test_the_folder_comes_before_the_variable_and_the_variable_before_the_cache(tmp_path, cache, monkeypatch):
    write(cache / "data.zip.unzip", "train", "valid", "test", count=36)
    assert len(load_nist36().train_x) == 36
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path / "course"))
    write(tmp_path / "course" / "nist36", "train", "valid", "test", count=72)
    assert len(load_nist36().train_x) == 72
    assert len(load_nist36(write(tmp_path / "mine", "train", "valid", count=108)).train_x) == 108


def test_without_a_test_file_the_validation_rows_are_shared_out(tmp_path, capsys):
    data = load_nist36(write(tmp_path, "train", "valid"))
    x, _ = rows(72, 1)
    assert np.array_equal(data.valid_x, x[::2])
    assert np.array_equal(data.test_x, x[1::2])
    assert "no nist36_test.mat: every second validation row is the test set" in capsys.readouterr().out


def test_a_named_folder_without_the_files_is_an_error_not_another_data_set(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"have no nist36_train\.mat\. By hand: fetch data\.zip"):
        load_nist36(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"but no nist36_valid\.mat: put it there too"):
        load_nist36(write(tmp_path / "half", "train"))
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(
        FileNotFoundError, match=r"the folder that CHAINRULE_DATA names, .*nowhere, does not exist"
    ):
        load_nist36()


@pytest.mark.parametrize("keep", [0, 60, 140, 1000, 5000])
def test_a_cut_file_is_refused_with_what_to_do(tmp_path, keep):
    path = write(tmp_path, "train") / "nist36_train.mat"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"nist36_train\.mat: expected|cannot be read: expected .* again"):
        read_mat(path)


def test_damaged_bytes_never_give_data(tmp_path):
    path = write(tmp_path, "train") / "nist36_train.mat"
    content = bytearray(path.read_bytes())
    content[2000:2030] = bytes(30)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="nist36_train"):
        read_mat(path)


def test_a_page_instead_of_the_file_is_refused(tmp_path):
    path = tmp_path / "nist36_train.mat"
    path.write_text("<!doctype html><title>404</title>" + 200 * " ")
    with pytest.raises(ValueError, match=r"cannot be read: expected a MATLAB file .* found 233 bytes"):
        read_mat(path)


X, Y = rows(72)
TWICE = Y.copy()
TWICE[5, 7] = 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_data": X[:, :784]}, r"expected images of shape \(N, 1024\), found \(72, 784\)"),
        (
            {"train_labels": Y[:, :26]},
            r"expected labels of shape \(72, 36\), as there are 72 images, found \(72, 26\)",
        ),
        ({"train_labels": Y[:71]}, r"found \(71, 36\)"),
        ({"train_data": X * 255}, "expected images from 0 to 1, found 0 to 255"),
        ({"train_data": 1 - X}, "black and white are swapped"),
        ({"train_data": np.where(X == 0, np.nan, X)}, "finite numbers, found nan"),
        ({"train_data": X + 1j}, "complex128"),
        ({"train_labels": TWICE}, "expected one-hot labels, found row 5 with sum 2 and 1 such rows"),
        ({"train_labels": Y / 2}, "row 0 with sum 0.5 and 72 such rows"),
    ],
)
def test_other_content_is_refused_with_what_was_found(tmp_path, changes, message):
    path = write(tmp_path, "train", **changes) / "nist36_train.mat"
    with pytest.raises(ValueError, match=message):
        read_mat(path)


def test_the_wrong_part_is_refused(tmp_path):
    path = write(tmp_path, "valid") / "nist36_valid.mat"
    with pytest.raises(
        ValueError, match="expected train_data and train_labels, found valid_data, valid_labels"
    ):
        read_mat(path.rename(tmp_path / "nist36_train.mat"))


def test_a_download_goes_to_the_cache_and_is_found_there(monkeypatch, cache):
    def retrieve(url, known_hash, fname, path, processor, progressbar):
        assert (url.rsplit("/", 1)[1], fname, path) == ("data.zip", "data.zip", cache)
        write(cache / processor.extract_dir / "data", "train", "valid", "test", count=36)

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    assert find_file("nist36_train.mat") is None
    assert len(load_nist36(fetch=True).test_x) == 36


def test_a_failed_download_names_the_manual_step_and_leaves_nothing(monkeypatch, cache):
    def retrieve(*args, **options):
        cache.mkdir(parents=True)
        (cache / "data.zip").write_bytes(b"half")
        raise OSError("no route to host")

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    with pytest.raises(ConnectionError, match=r"no route to host\. By hand: fetch data\.zip and images\.zip"):
        download("data.zip")
    assert not (cache / "data.zip").exists()


def test_real_handwriting_is_read():
    if not REAL.is_dir():
        pytest.skip(f"there is no {REAL}: real handwriting in the homework's format")
    data = load_nist36(REAL)
    assert [len(x) for x in (data.train_x, data.valid_x, data.test_x)] == [8352, 1800, 1800]
    assert data.train_y.sum() == 8352
    letter = data.train_x[data.train_y[:, 11] == 1].mean(axis=0).reshape(32, 32).T
    assert letter[22:].sum() < letter[:10].sum(), "L has its ink at the bottom"
