"""Pictures for the coordinate network: shapes, kinds of file, downloads, and what is said when one cannot be had."""

import http.server
import io
import threading

import numpy as np
import pooch
import pytest
from PIL import Image
from skimage import data

from student_lib.images import load_image


@pytest.fixture
def save(tmp_path):
    """A function that writes an array or a Pillow image to a file and returns its path."""

    def write(image, name="picture.png", **settings):
        image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
        image.save(tmp_path / name, **settings)
        return tmp_path / name

    return write


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache"


@pytest.fixture
def server(cache):
    """A web server with one picture and one page; `server.asked` lists what was asked for."""
    picture = io.BytesIO()
    Image.new("RGB", (40, 40), (255, 0, 51)).save(picture, "PNG")
    files = {"/red.png": picture.getvalue(), "/page.png": b"<!DOCTYPE html><p>Please log in</p>"}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            body = files.get(self.path.partition("?")[0])
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.asked = []
        running.address = f"http://127.0.0.1:{running.server_address[1]}"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.mark.parametrize("name", ["chelsea", "astronaut", "coffee"])
def test_the_pictures_of_scikit_image_come_by_name(name):
    pixels = load_image(name, 32)
    assert (pixels.shape, pixels.dtype) == ((32, 32, 3), np.float32)
    assert 0 <= pixels.min() < 0.2 < 0.7 < pixels.max() <= 1
    whole = getattr(data, name)()
    height, width = whole.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = whole[top : top + side, left : left + side] / 255
    np.testing.assert_allclose(pixels.mean(axis=(0, 1)), middle.mean(axis=(0, 1)), atol=0.01)


def test_the_middle_square_is_cut_out(save):
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:15], wide[:, 15:20] = (255, 0, 0), (0, 0, 255)
    pixels = load_image(save(wide), 10)
    np.testing.assert_array_equal(pixels[:, :5], np.broadcast_to([1, 0, 0], (10, 5, 3)))
    np.testing.assert_array_equal(pixels[:, 5:], np.broadcast_to([0, 0, 1], (10, 5, 3)))
    tall = load_image(save(np.ascontiguousarray(wide.transpose(1, 0, 2))), 10)
    np.testing.assert_array_equal(tall, pixels.transpose(1, 0, 2))


def test_fine_stripes_become_grey_and_not_stripes(save):
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 255
    pixels = load_image(save(stripes), 16)
    assert np.ptp(pixels[2:-2, 2:-2]) < 0.1
    assert abs(pixels.mean() - 0.5) < 0.02


def test_grey_palette_and_alpha_become_rgb(save):
    grey = load_image(save(np.full((8, 8), 51, np.uint8)), 8)
    np.testing.assert_allclose(grey, 0.2)
    palette = Image.new("RGB", (8, 8), (255, 0, 0)).convert("P", palette=Image.Palette.ADAPTIVE)
    np.testing.assert_allclose(load_image(save(palette), 8)[0, 0], [1, 0, 0])
    clear = np.zeros((8, 8, 4), np.uint8)
    clear[:4] = (255, 0, 0, 255)
    clear[4:] = (0, 0, 0, 102)  # 40 % black over white
    pixels = load_image(save(clear), 8)
    np.testing.assert_allclose(pixels[0, 0], [1, 0, 0])
    np.testing.assert_allclose(pixels[7, 0], [0.6, 0.6, 0.6], atol=1e-6)
    one_bit = Image.new("1", (8, 8), 1)
    np.testing.assert_allclose(load_image(save(one_bit), 8), 1)


def test_a_transparent_palette_entry_becomes_white(save):
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    np.testing.assert_allclose(load_image(save(palette, "clear.gif", transparency=0), 8), 1)


def test_16_bit_grey_keeps_its_scale(save):
    for name in ("deep.png", "deep.tif"):
        pixels = load_image(save(np.full((8, 8), 13107, np.uint16), name), 8)
        np.testing.assert_allclose(pixels, 0.2, atol=1e-4)


def test_a_photograph_stands_upright_as_its_camera_says(save):
    lying = np.zeros((20, 20, 3), np.uint8)
    lying[:, :10] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise by 90 degrees
    pixels = load_image(save(lying, "photo.png", exif=exif), 20)
    assert pixels[2, 10].mean() > 0.9 > 0.1 > pixels[17, 10].mean()


def test_a_moving_picture_gives_its_first_frame(save):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    path = save(frames[0], "moving.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(load_image(path, 8)[0, 0], [1, 0, 0], atol=0.01)


def test_missing_files_and_wrong_names_say_what_there_is():
    with pytest.raises(FileNotFoundError, match=r"no file 'tiger'.*'astronaut', 'chelsea', 'coffee', 'lion'"):
        load_image("tiger", 32)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html><html>", "like a web page"),
        (b"hello there, no picture", "starts with b'hello there,'"),
    ],
)
def test_files_that_are_no_pictures_are_refused_with_a_reason(tmp_path, content, says):
    path = tmp_path / "thing.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=says):
        load_image(path, 32)


def test_a_cut_off_picture_is_refused(save):
    noise = np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    for name in ("cut.png", "cut.jpg"):
        path = save(noise, name)
        path.write_bytes(path.read_bytes()[:600])
        with pytest.raises(ValueError, match="cut off or damaged"):
            load_image(path, 32)


def test_a_picture_that_is_too_small_or_too_large_is_refused(save, monkeypatch):
    with pytest.raises(ValueError, match=r"100 x 31 pixels, too small for 32 x 32.*at most 31"):
        load_image(save(np.zeros((31, 100, 3), np.uint8)), 32)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ValueError, match="more than 1,000 pixels"):
        load_image(save(np.zeros((40, 40, 3), np.uint8)), 32)


@pytest.mark.parametrize("size", [1, 0, -3, 2.5, "32", True, None])
def test_sizes_are_whole_numbers_of_at_least_2(size):
    with pytest.raises(ValueError, match="expected a whole number of at least 2"):
        load_image("chelsea", size)


def test_a_source_of_another_kind_is_refused():
    with pytest.raises(TypeError, match="the source is ndarray; expected a name, path or address"):
        load_image(np.zeros((32, 32, 3)), 32)


def test_an_address_is_announced_fetched_once_and_kept(server, cache, capsys):
    address = f"{server.address}/red.png?width=40"
    np.testing.assert_allclose(load_image(address, 8)[3, 3], [1, 0, 0.2], atol=1e-6)
    out = capsys.readouterr().out
    assert f"fetching {address}" in out
    assert str(cache) in out
    load_image(address, 16)
    assert server.asked == ["/red.png?width=40"]
    assert capsys.readouterr().out == ""


def test_two_addresses_that_differ_in_their_query_are_two_pictures(server):
    load_image(f"{server.address}/red.png?id=1", 8)
    load_image(f"{server.address}/red.png?id=2", 8)
    assert len(server.asked) == 2


def test_a_failed_download_names_the_manual_step(server):
    with pytest.raises(ConnectionError, match=r"could not be fetched.*open the address in a browser"):
        load_image(f"{server.address}/nothing.png", 8)


def test_a_page_instead_of_a_picture_is_refused_and_not_kept(server):
    for _ in range(2):
        with pytest.raises(ValueError, match="like a web page"):
            load_image(f"{server.address}/page.png", 8)
    assert len(server.asked) == 2


def test_the_lion_is_looked_for_in_the_data_folder_first(tmp_path, monkeypatch, capsys):
    (tmp_path / "lion").mkdir()
    Image.new("RGB", (32, 32), "red").save(tmp_path / "lion" / "lion_32.png")
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    np.testing.assert_allclose(load_image("lion", 32)[0, 0], [1, 0, 0])
    Image.new("RGB", (60, 60), "blue").save(tmp_path / "lion.png")
    np.testing.assert_allclose(load_image("lion", 32)[0, 0], [0, 0, 1])
    assert "lion.png" in capsys.readouterr().out


def test_without_a_network_the_lion_says_how_to_get_it_by_hand(cache, monkeypatch):
    def offline(*args, **kwargs):
        raise OSError("no network")

    monkeypatch.setattr(pooch, "retrieve", offline)
    with pytest.raises(ConnectionError, match=r"or as lion\.png in the folder that CHAINRULE_DATA names"):
        load_image("lion", 32)
