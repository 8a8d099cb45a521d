"""fourier_features.ipynb: its figures and progress bar, what the notebook computes, and how it runs."""

import contextlib
import io
import os
import re
from pathlib import Path

import hidden_suite
import matplotlib
import numpy as np
import pytest
from hidden_suite import stubbed
from PIL import Image

from autograder import reference
from student_lib import plot_fourier, progress
from student_lib.images import load_image

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    matplotlib.pyplot.close("all")


ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "source" / "fourier_features" / "fourier_features.ipynb"


def picture(size=16):
    return load_image("chelsea", size)


def better_and_better(truth, epochs):
    """Predictions that approach the truth: (epochs, h * w, 3)."""
    weights = np.linspace(0, 1, epochs)[:, None, None]
    flat = truth.reshape(-1, 3)
    return weights * flat + (1 - weights) * flat.mean(axis=0)


# --- frequencies


def waves(size, cycles_x, cycles_y, amplitude=0.2):
    steps = np.arange(size) / size
    wave = np.cos(2 * np.pi * (cycles_x * steps[None] + cycles_y * steps[:, None]))
    return amplitude * np.repeat(wave[..., None], 3, axis=2)


def test_power_is_assigned_to_the_band_of_its_frequency():
    truth = 0.5 + waves(32, 2, 0) + waves(32, 6, 8)  # 2 cycles, and 10 in a slanted direction
    slow_only = (0.5 + waves(32, 2, 0)).reshape(-1, 3)
    halfway = (0.5 + waves(32, 2, 0) + 0.5 * waves(32, 6, 8)).reshape(-1, 3)
    shares = plot_fourier.power_left([slow_only, halfway], truth, [1.5, 2.5])
    np.testing.assert_allclose(shares, [[0, 0]], atol=1e-12)
    shares = plot_fourier.power_left([slow_only, halfway], truth, [9.5, 10.5])
    np.testing.assert_allclose(shares, [[1, 0.25]])


def test_grey_leaves_all_power_and_the_truth_none():
    truth = picture()
    grey = np.full((256, 3), 0.5)
    shares = plot_fourier.power_left([grey, truth.reshape(-1, 3)], truth, [0.5, 3, 9])
    np.testing.assert_allclose(shares, [[1, 0], [1, 0]], atol=1e-12)


# --- figures


def draw_all(path=None):
    truth = picture()
    images = {name: better_and_better(truth, 7) for name in ("none", "basic", "gauss_1.0", "gauss_10.0")}
    psnrs = {name: (np.linspace(10, 30, 7), np.linspace(10, 25, 7)) for name in images}
    distances = np.geomspace(0.01, 1, 20)
    yield lambda: plot_fourier.pictures({"a": truth, "b": truth}, "title", path)
    yield lambda: plot_fourier.psnr_curves(psnrs, "title", path)
    yield lambda: plot_fourier.psnr_curves({"own": psnrs["none"]}, "title", path)
    yield lambda: plot_fourier.reconstructions(images, truth, "title", path)
    yield lambda: plot_fourier.reconstructions({"a": images["none"][:1]}, truth, "title", path)
    yield lambda: plot_fourier.features({str(k): truth[..., k % 3] for k in range(5)}, "title", path)
    curve = distances, np.exp(-distances), None
    yield lambda: plot_fourier.similarity({"a": curve, "b": (*curve[:2], curve[1])}, {"gap": 0.1}, "t", path)
    yield lambda: plot_fourier.aliases(16, 13, 3, path)
    yield lambda: plot_fourier.frequency_error(images, truth, "title", path)
    yield lambda: plot_fourier.frequency_error({"a": images["none"][:1]}, truth, "title", path)
    yield lambda: plot_fourier.by_sigma({"1": (truth[..., 0], truth)}, "title", path)


def test_every_figure_draws_once_and_no_text_is_cut_off():
    for draw in draw_all():
        matplotlib.pyplot.close("all")
        assert draw() is None
        [number] = matplotlib.pyplot.get_fignums()
        figure = matplotlib.pyplot.figure(number)
        figure.canvas.draw()
        edges = figure.get_tightbbox()  # in inches
        assert edges.x0 >= -0.02
        assert edges.y0 >= -0.02
        assert edges.x1 <= figure.get_figwidth() + 0.02
        assert edges.y1 <= figure.get_figheight() + 0.02
    matplotlib.pyplot.close("all")


@pytest.mark.slow
def test_with_a_path_a_figure_becomes_a_file_and_does_not_stay_open(tmp_path):
    for number, draw in enumerate(draw_all(tmp_path / "new" / "figure.png")):
        draw()
        with Image.open(tmp_path / "new" / "figure.png") as image:
            assert image.format == "PNG", number
        (tmp_path / "new" / "figure.png").unlink()
        assert matplotlib.pyplot.get_fignums() == []


def test_a_strip_says_its_epochs_and_mappings():
    truth = picture()
    images = {name: better_and_better(truth, 300) for name in ("none", "basic")}
    plot_fourier.reconstructions(images, truth, "title")
    axes = matplotlib.pyplot.gcf().axes
    assert [axis.get_title() for axis in axes[:6]] == [
        "epoch 1", "epoch 4", "epoch 17", "epoch 72", "epoch 300", "truth",
    ]  # fmt: skip
    assert [axis.get_ylabel() for axis in axes[::6]] == ["none", "basic"]
    matplotlib.pyplot.close("all")


def test_figures_refuse_what_they_cannot_draw():
    truth = picture()
    with pytest.raises(ValueError, match=r"a has shape \(16, 16\); expected \(any, any, 3\)"):
        plot_fourier.pictures({"a": truth[..., 0]}, "title")
    with pytest.raises(ValueError, match="all of it finite"):
        plot_fourier.psnr_curves({"a": ([1.0, np.nan], [1.0, 2.0])}, "title")
    with pytest.raises(ValueError, match=r"similarity|a has shape"):
        plot_fourier.similarity({"a": (np.ones(3), np.ones(4), None)}, {}, "title")
    matplotlib.pyplot.close("all")


# --- progress


class Notebook:
    """Stands for IPython's display: keeps the titles of the figures it was given."""

    def __init__(self):
        self.titles = []

    def display(self, figure, display_id):
        self.update(figure)
        return self

    def update(self, figure):
        self.titles.append(figure.axes[0].get_title())


@pytest.fixture
def notebook(monkeypatch):
    shown = Notebook()
    monkeypatch.delenv("CHAINRULE_GRADING", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr("IPython.display.display", shown.display)
    return shown


def run(epochs, prediction=None, **settings):
    live, seen = progress.LiveRun(epochs, **settings), []
    for epoch in live:
        seen.append(epoch)
        live.show(20.0 + epoch, 19.0 + epoch, prediction)
    return seen


def test_a_run_counts_the_epochs_and_draws_the_prediction(notebook):
    assert run(4, np.zeros((16, 3)), pause=0.0) == [0, 1, 2, 3]
    assert notebook.titles[0] == "epoch 1 of 4: train 20.0 dB, test 19.0 dB"
    assert len(notebook.titles) == 4


def test_pictures_wait_for_the_pause(notebook):
    assert run(50, np.zeros((4, 4, 3))) == list(range(50))
    assert notebook.titles == []


def test_a_prediction_that_is_no_picture_stops_nothing(notebook):
    for prediction in (None, np.zeros((7, 3)), np.zeros(5), np.zeros((4, 4))):
        assert run(2, prediction, pause=0.0) == [0, 1]
    assert notebook.titles == []


def test_grading_is_silent_and_show_is_optional(notebook, monkeypatch, capsys):
    monkeypatch.setenv("CHAINRULE_GRADING", "1")
    assert run(3, np.zeros((16, 3)), pause=0.0) == [0, 1, 2]
    assert list(progress.LiveRun(2)) == [0, 1]
    captured = capsys.readouterr()
    assert (captured.out, captured.err, notebook.titles) == ("", "", [])


def test_no_front_end_is_needed_and_nobody_there_means_no_bar(monkeypatch, capsys):
    monkeypatch.delenv("CHAINRULE_GRADING", raising=False)
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    assert run(2, np.zeros((16, 3)), pause=0.0) == [0, 1]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("epochs", [0, -1, 2.5, "3", True])
def test_epochs_are_a_positive_whole_number(epochs):
    with pytest.raises(ValueError, match="expected a whole number of at least 1"):
        progress.LiveRun(epochs)


# --- the notebook


def run_notebook(folder, change):
    """Execute the notebook in a folder, where it writes its figures; return what was printed."""
    with contextlib.chdir(folder):
        printed, _ = hidden_suite.run_notebook(NOTEBOOK, change)
    return printed


def only_the_small_pictures(source, cell):
    """128 x 128 shrinks to 16 x 16: the road test trains the real ones."""
    return re.sub(r"\b128\b", "16", source)


@pytest.mark.slow
def test_the_solved_notebook_runs_and_writes_the_figures_of_the_report(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "CHAINRULE_GRADING", "1")
    out = run_notebook(tmp_path, only_the_small_pictures)
    assert "measured: 19.7 dB" in out
    assert "not yet" not in out
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == [
        "frequency_error.png", "high_psnr_curves.png", "high_reconstructions.png", "low_psnr_curves.png",
        "low_reconstructions.png", "own_psnr_curve.png", "own_reconstruction.png",
    ]  # fmt: skip


def test_the_released_notebook_stops_at_the_first_check_with_the_exercise(tmp_path):
    with pytest.raises(NotImplementedError, match=r"fourier_features\.psnr"):
        run_notebook(tmp_path, stubbed)


@pytest.mark.slow
def test_the_extra_credit_left_out_costs_nothing_before_its_own_check(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "CHAINRULE_GRADING", "1")

    def without_adam(source, cell):
        return stubbed(source, cell) if "adam" in cell["id"] else only_the_small_pictures(source, cell)

    with pytest.raises(AssertionError, match=r"how far W1 has moved"):
        run_notebook(tmp_path, without_adam)
    assert (tmp_path / "figures" / "own_reconstruction.png").exists()


def test_the_reference_stays_in_float32():
    names = reference.namespace("fourier_features.low_resolution")
    np.random.seed(0)
    data = names["get_image"](8)
    with contextlib.redirect_stdout(io.StringIO()):
        net, *_, images = names["memorize"](
            *data, names["get_B_dict"](16)["gauss_1.0"], epochs=2, hidden_size=8
        )
    arrays = [
        *data[0],
        *data[1],
        images,
        *net.outputs.values(),
        *net.gradients.values(),
        *net.params.values(),
    ]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


def test_what_the_mapping_text_says_about_its_width():
    sigma, distance = 1.0, 0.187
    assert np.exp(-2 * np.pi**2 * sigma**2 * distance**2) == pytest.approx(0.5, abs=0.005)
    assert distance * 32 == pytest.approx(6.0, abs=0.05)
    assert 2 * np.pi * distance == pytest.approx(1.17, abs=0.01)
