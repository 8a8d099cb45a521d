"""Loaders of data that do not ship: idx, CIFAR's binary files, folders, lists, and where they are looked for."""

import gzip
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from student_lib import download, folders
from student_lib.cifar import NAMES, load_cifar10, objects10, read_cifar_batch
from student_lib.download import DataMissing, Source, find_folder
from student_lib.folders import flowers17, read_file_list, read_image_folder, read_pictures, scenes
from student_lib.idx import load_mnist_idx, read_idx

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data in {REAL}")


@pytest.fixture(autouse=True)
def empty_places(tmp_path, monkeypatch):
    """No data of this computer are found by accident: an empty cache, no CHAINRULE_DATA."""
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    monkeypatch.setattr(download, "_cache", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(side.to_bytes(4, "big") for side in array.shape)
    return header + array.astype(np.uint8).tobytes()


@pytest.fixture
def mnist(tmp_path):
    """A folder with MNIST's four files, 5 digits to train on and 3 to test, one of them packed."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    for prefix, number in (("train", 5), ("t10k", 3)):
        images = np.random.default_rng(number).integers(256, size=(number, 28, 28))
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(idx(images))
        (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.arange(number))))
    return folder


def test_idx_files_are_read_plain_and_packed(mnist, capsys):
    images, labels = load_mnist_idx(mnist)
    assert (images.shape, images.dtype) == ((5, 28, 28), np.uint8)
    assert labels.tolist() == [0, 1, 2, 3, 4]
    assert labels.dtype == np.int64
    assert load_mnist_idx(mnist, "test")[0].shape == (3, 28, 28)
    assert "5 digits of" in capsys.readouterr().out


def test_idx_knows_other_types_and_their_byte_order(tmp_path):
    path = tmp_path / "floats"
    path.write_bytes(
        bytes([0, 0, 0x0D, 2]) + bytes([0, 0, 0, 1, 0, 0, 0, 2]) + np.array([1.5, -2], ">f4").tobytes()
    )
    assert read_idx(path).tolist() == [[1.5, -2.0]]
    assert read_idx(path).dtype == np.float32


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found nothing"),
        (b"\x89PNG\r\n", "is no idx file: .* found 89 50 4e 47"),
        (
            idx(np.zeros((2, 28, 28)))[:-1],
            r"announces shape \(2, 28, 28\), that is 1584 bytes, found 1583; .* is cut",
        ),
        (idx(np.zeros((2, 3))) + b"x", "longer than it says"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, r"announces shape \(4294967295, .* is cut"),
        (bytes([0, 0, 8, 3, 0, 0]), "is cut"),
        (gzip.compress(idx(np.zeros((9, 9))))[:-9], "expected a whole gzip file"),
    ],
)
def test_a_wrong_idx_file_is_explained(tmp_path, content, message):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_idx(path)


def test_a_packed_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("student_lib.idx._LARGEST", 1000)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(100_000)))
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        read_idx(path)


def test_exchanged_and_mislabelled_mnist_files_are_named(mnist):
    labels = mnist / "train-labels-idx1-ubyte.gz"
    labels.write_bytes(idx(np.arange(4)))
    with pytest.raises(ValueError, match=r"expected 5 labels .* found \(4,\)"):
        load_mnist_idx(mnist)
    labels.write_bytes(idx(np.array([0, 1, 77, 3, 4])))
    with pytest.raises(ValueError, match="from 0 to 9, found 77 at place 2"):
        load_mnist_idx(mnist)
    (mnist / "train-images-idx3-ubyte").write_bytes(idx(np.arange(5)))
    with pytest.raises(ValueError, match=r"expected images \(N, 28, 28\)"):
        load_mnist_idx(mnist)
    with pytest.raises(ValueError, match="part='valid'"):
        load_mnist_idx(mnist, "valid")


def records(labels, seed=0):
    pixels = np.random.default_rng(seed).integers(256, size=(len(labels), 3072), dtype=np.uint8)
    return np.hstack([np.array(labels, np.uint8)[:, None], pixels])


@pytest.fixture
def cifar(tmp_path):
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    records(range(10)).tofile(folder / "data_batch_1.bin")
    records([9, 8]).tofile(folder / "data_batch_2.bin")
    records([3, 4]).tofile(folder / "test_batch.bin")
    return folder


def test_cifar_planes_become_pictures(cifar, capsys):
    train_x, train_y, test_x, test_y, names = load_cifar10(cifar)
    assert (train_x.shape, train_x.dtype, test_x.shape) == ((12, 32, 32, 3), np.uint8, (2, 32, 32, 3))
    assert train_y.tolist() == [*range(10), 9, 8]
    assert test_y.tolist() == [3, 4]
    assert names == NAMES
    first = records(range(10))[0, 1:]
    assert train_x[0, 5, 7].tolist() == [first[plane * 1024 + 5 * 32 + 7] for plane in range(3)]
    assert "12 pictures to train on, 2 to test, a part of the whole" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found 0 bytes"),
        (records(range(10)).tobytes()[:-5], "9 records and 3068 bytes more"),
        (records([1, 2, 10]).tobytes(), "found 10 in record 2 of 3"),
        (bytes(3074 * 2), r"not CIFAR-10's \*binary\* version"),
    ],
)
def test_a_wrong_cifar_file_is_explained(tmp_path, content, message):
    path = tmp_path / "data_batch_1.bin"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_cifar_batch(path)


def test_without_cifar_the_message_tells_the_manual_step():
    with pytest.raises(DataMissing) as caught:
        load_cifar10()
    text = str(caught.value)
    assert "looked for data_batch_1.bin, test_batch.bin" in text
    assert "With download=True it is fetched from https://www.cs.toronto.edu" in text
    assert "By hand: " in text
    assert "CHAINRULE_DATA" in text


def test_objects10_says_which_it_gave(cifar, capsys):
    *arrays, _, which = objects10(train=20, valid=10)
    assert which == "drawn objects"
    assert arrays[0].shape == (20, 32, 32, 3)
    assert "No CIFAR-10, so the drawn objects instead" in capsys.readouterr().out
    *arrays, _, which = objects10(cifar, train=5)
    assert which == "CIFAR-10"
    assert [len(array) for array in arrays] == [5, 5, 2, 2]
    (cifar / "test_batch.bin").write_bytes(b"cut")
    with pytest.raises(ValueError, match="records of 3073 bytes"):
        objects10(cifar)


def test_places_are_looked_at_in_order(cifar, empty_places, monkeypatch, capsys):
    shutil.copytree(cifar, empty_places / "cifar10")
    load_cifar10()
    assert str(empty_places / "cifar10") in capsys.readouterr().out
    monkeypatch.setenv("CHAINRULE_DATA", str(cifar.parent))
    load_cifar10()
    assert f"CIFAR-10: {cifar}\n" in capsys.readouterr().out
    with pytest.raises(DataMissing):
        load_cifar10(cifar.parent / "elsewhere")


def archive_of(cifar, tmp_path):
    path = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(cifar, "some/folder")
    return path


def test_a_download_is_unpacked_into_the_cache(cifar, tmp_path, empty_places, monkeypatch, capsys):
    archive = archive_of(cifar, tmp_path)
    monkeypatch.setattr(download, "_retrieve", lambda address, checksum, folder: archive)
    assert len(load_cifar10(download=True)[0]) == 12
    assert sorted(path.name for path in (empty_places / "cifar-10-batches-bin").iterdir()) == [
        "data_batch_1.bin", "data_batch_2.bin", "test_batch.bin",
    ]  # fmt: skip
    assert "fetching https://www.cs.toronto.edu" in capsys.readouterr().out
    assert not list(empty_places.glob("*.unpacking"))


def test_a_failed_download_says_what_to_do(monkeypatch):
    def refuse(*_):
        raise OSError("network is unreachable")

    monkeypatch.setattr(download, "_retrieve", refuse)
    with pytest.raises(
        ConnectionError, match=r"CIFAR-10 could not be fetched \(OSError: network .* By hand: fetch"
    ):
        load_cifar10(download=True)
    assert objects10(download=True, train=10, valid=10)[-1] == "drawn objects"


def test_an_archive_with_something_else_or_with_paths_that_leave_is_refused(tmp_path, monkeypatch):
    source = Source("things", ("thing.txt",), ("things",), "https://example.org/things.tar.gz")
    path = tmp_path / "things.tar.gz"
    monkeypatch.setattr(download, "_retrieve", lambda *_: path)
    other = tmp_path / "other.txt"
    other.write_text("x")
    for name, message in (
        ("other.txt", "holds no folder with thing.txt"),
        ("../thing.txt", "OutsideDestination"),
    ):
        with tarfile.open(path, "w:gz") as archive:
            archive.add(other, name)
        with pytest.raises(ConnectionError, match=message):
            find_folder(source, download=True)
        assert not path.exists(), "the next attempt must not take it again"
    assert not list(tmp_path.rglob("thing.txt"))


def paint(path, size=(40, 30), colour=(200, 100, 0), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)


def test_pictures_of_any_size_become_squares(tmp_path):
    paint(tmp_path / "wide.png", (90, 30))
    paint(tmp_path / "small.jpg", (9, 12), quality=95)
    Image.new("L", (50, 50), 70).save(tmp_path / "grey.png")
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    x = read_pictures([tmp_path / name for name in ("wide.png", "small.jpg", "grey.png", "clear.png")], 16)
    assert (x.shape, x.dtype) == ((4, 16, 16, 3), np.uint8)
    assert x[0, 3, 3].tolist() == [200, 100, 0]
    assert np.abs(x[1, 8, 8].astype(int) - [200, 100, 0]).max() < 6
    assert x[2, 0, 0].tolist() == [70] * 3
    assert x[3, 0, 0].tolist() == [255] * 3, "transparent is white"


def test_unreadable_pictures_are_all_named(tmp_path, monkeypatch):
    paint(tmp_path / "good.jpg", (300, 300))
    whole = (tmp_path / "good.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "page.jpg").write_text("<html>not found</html>")
    monkeypatch.setattr(folders, "_MOST_PIXELS", 300 * 300)
    paint(tmp_path / "huge.png", (301, 300))
    names = ("good.jpg", "cut.jpg", "page.jpg", "huge.png", "gone.png")
    with pytest.raises(ValueError, match="4 of 5 pictures cannot be read") as caught:
        read_pictures([tmp_path / name for name in names], 16)
    text = str(caught.value)
    assert all(name in text for name in names[1:])
    assert "good.jpg" not in text
    assert "301 x 300 pixels, more than 90,000" in text


def test_more_than_memory_is_refused_before_reading():
    with pytest.raises(ValueError, match=r"need 2\.8 GiB.*choose size=598 or less"):
        read_pictures(["nowhere.jpg"] * 1000, 1000)
    with pytest.raises(ValueError, match="size=0"):
        read_pictures([], 0)


def test_subfolders_are_classes_and_numbers_are_sorted_as_numbers(tmp_path):
    for name in ("10", "9", "2"):
        paint(tmp_path / name / "deep" / "a.png", colour=(int(name), 0, 0))
        (tmp_path / name / "Thumbs.db").write_bytes(b"x")
    x, y, names = read_image_folder(tmp_path, 8)
    assert names == ["2", "9", "10"]
    assert x[:, 0, 0, 0].tolist() == [2, 9, 10]
    assert y.tolist() == [0, 1, 2]
    assert y.dtype == np.int64


def test_folders_without_classes_or_pictures_are_explained(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        read_image_folder(tmp_path / "none")
    paint(tmp_path / "flat" / "a.png")
    with pytest.raises(ValueError, match=r"a subfolder for each class, found \['a.png'\]"):
        read_image_folder(tmp_path / "flat")
    (tmp_path / "flat" / "cat").mkdir()
    with pytest.raises(ValueError, match="cat: expected pictures of a class, found none"):
        read_image_folder(tmp_path / "flat")


@pytest.fixture
def listed(tmp_path):
    """A folder with lists of four pictures of two classes."""
    for name in ("desert/a.png", "desert/b.png", "park/c.png", "park/d.png"):
        paint(tmp_path / name)
    (tmp_path / "files.txt").write_text("desert/a.png\npark/c.png\r\ndesert/b.png\npark/d.png\n\n")
    (tmp_path / "labels.txt").write_text("0\n1\n0\n1\n")
    return tmp_path


def test_lists_give_the_pictures_in_their_order(listed):
    x, y, names = read_file_list(listed, "files.txt", "labels.txt", 8)
    assert (x.shape, y.tolist(), names) == ((4, 8, 8, 3), [0, 1, 0, 1], ["desert", "park"])


@pytest.mark.parametrize(
    ("files", "labels", "message"),
    [
        (None, "0\n1\n0\n", "has 4 lines and labels.txt has 3; .* One of the two is cut"),
        (None, "0\n1\n1\n0\n", "line 3: desert/b.png has label 1, but label 1 stood for 'park'"),
        (None, "1\n2\n1\n2\n", r"expected labels 0 to 1, found \[1, 2\]"),
        (None, "0\none\n0\n1\n", "line 2: expected a whole number, found 'one'"),
        ("../secret/a.png\n", "0\n", "line 1: expected CLASS/PICTURE, found '../secret/a.png'"),
        ("/desert/a.png\n", "0\n", "line 1: expected CLASS/PICTURE"),
        ("desert/x.png\n", "0\n", r"1 of 1 pictures cannot be read: .*x\.png \(FileNotFoundError"),
        ("", "", "has 0 lines"),
    ],
)
def test_lists_that_do_not_fit_are_explained(listed, files, labels, message):
    if files is not None:
        (listed / "files.txt").write_text(files)
    (listed / "labels.txt").write_text(labels)
    with pytest.raises(ValueError, match=message):
        read_file_list(listed, "files.txt", "labels.txt", 8)
    with pytest.raises(FileNotFoundError, match="there is no list"):
        read_file_list(listed, "other.txt", "labels.txt", 8)


def test_flowers_need_the_same_classes_in_all_parts(tmp_path):
    for part in ("train", "val", "test"):
        paint(tmp_path / part / "rose" / "a.png")
    parts, names = flowers17(tmp_path, 8)
    assert names == ["rose"]
    assert [len(parts[part][1]) for part in ("train", "val", "test")] == [1, 1, 1]
    paint(tmp_path / "val" / "tulip" / "a.png")
    with pytest.raises(ValueError, match="the same classes in train, val and test"):
        flowers17(tmp_path, 8)
    with pytest.raises(DataMissing, match=r"17flowers\.tgz"):
        flowers17()
    with pytest.raises(DataMissing, match="By hand: get the SUN subset and put"):
        scenes()


def test_the_flowers_archive_is_split_evenly_and_without_overlap(tmp_path, monkeypatch):
    for number in (1, 1360):
        (tmp_path / f"image_{number:04}.jpg").touch()
    monkeypatch.setattr(folders, "read_pictures", lambda paths, size: np.array([path.name for path in paths]))
    parts, names = flowers17(tmp_path)
    assert {part: np.bincount(y).tolist() for part, (_, y) in parts.items()} == {
        "train": [40] * 17, "val": [20] * 17, "test": [20] * 17,
    }  # fmt: skip
    assert len(names) == 17
    assert len({name for x, _ in parts.values() for name in x}) == 1360
    x, y = parts["test"]
    assert all((int(name[6:10]) - 1) // 80 == label for name, label in zip(x, y, strict=True))


@pytest.mark.slow
@needs_real
def test_real_files_of_every_kind_are_read(monkeypatch, capsys):
    monkeypatch.setenv("CHAINRULE_DATA", str(REAL))
    images, labels = load_mnist_idx(part="test")
    assert (images.shape, np.bincount(labels).min() > 800) == ((10000, 28, 28), True)
    *arrays, names, which = objects10()
    assert which == "CIFAR-10"
    assert [len(array) for array in arrays] == [2000, 2000, 500, 500]
    planes = arrays[0][np.isin(arrays[1], [names.index("airplane"), names.index("ship")])]
    upper_edge = planes[:, 0].mean(axis=(0, 1))
    assert upper_edge[2] > upper_edge[0] + 5, "above airplanes and ships is blue"
    train_x, train_y, test_x, test_y, names = scenes(size=16)
    assert (train_x.shape, test_x.shape) == ((1177, 16, 16, 3), (400, 16, 16, 3))
    assert names[:2] == ["aquarium", "desert"]
    assert np.bincount(test_y).tolist() == [50] * 8
    desert, aquarium = (train_x[train_y == label].mean(axis=(0, 1, 2)) for label in (1, 0))
    assert desert[0] > desert[2]
    assert aquarium[0] < aquarium[2]
    parts, names = flowers17(size=16)
    assert [len(parts[part][0]) for part in parts] == [680, 340, 340]
    bloom = parts["train"][0][parts["train"][1] == names.index("sunflower")][:, 4:12, 4:12].mean(
        axis=(0, 1, 2)
    )
    assert bloom[0] > 1.5 * bloom[2], "sunflowers are yellow"
    assert "Flowers-17: " in capsys.readouterr().out
