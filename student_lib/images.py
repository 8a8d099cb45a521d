"""Square pictures as arrays: `load_image("chelsea", 32)` or any file or address of your own."""

import hashlib
import os
import warnings
from pathlib import Path

import numpy as np

__all__ = ["load_image"]

_SHIPPED = ("astronaut", "chelsea", "coffee")
_LION = "https://bmild.github.io/fourfeat/img/lion_orig.png"
_LION_FILES = ("lion.png", "lion.jpg", "lion_orig.png")


def load_image(source="chelsea", size=32):
    """Return the picture as float32 RGB, shape (size, size, 3), values from 0 to 1.

    source: `"chelsea"`, `"astronaut"` or `"coffee"`, which come with scikit-image; `"lion"`, looked for in the
    folder that the environment variable CHAINRULE_DATA names and else downloaded; the path of any picture;
    or an http(s) address, downloaded once into a cache folder. What is fetched is printed first.

    The largest square in the middle is cut out and made smaller with anti-aliasing. Transparent parts become white,
    grey pictures get three equal channels, of a moving picture the first frame counts. Raises TypeError or
    ValueError for another kind of source or size, FileNotFoundError for a file that is not there,
    ConnectionError for a failed download, and ValueError for a file that is no picture, cut off, or smaller than
    `size` pixels either way.

    >>> load_image("coffee", 16).shape
    (16, 16, 3)
    """
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 2:
        raise ValueError(f"load_image: size={size!r}; expected a whole number of at least 2")
    if not isinstance(source, str | os.PathLike):
        raise TypeError(
            f"load_image: the source is {type(source).__name__}; expected a name, path or address"
        )
    if source in _SHIPPED:
        from skimage import data

        pixels = getattr(data, source)() / 255.0
    else:
        pixels = _found(os.fspath(source), size)
    return _square(pixels, size, source)


def _found(source, size):
    """Return the pixels of the picture, downloaded if need be."""
    if source == "lion":
        path = _lion(size)
        return _fetched(_LION) if path is None else _read(path)
    if source.lower().startswith(("http://", "https://")):
        return _fetched(source)
    path = Path(source).expanduser()
    if not path.is_file():
        names = ", ".join(repr(name) for name in (*_SHIPPED, "lion"))
        raise FileNotFoundError(
            f"load_image: there is no file {source!r} in {Path.cwd()}. "
            f"Give {names}, a path, or an address that starts with https://."
        )
    return _read(path)


def _lion(size):
    """Return the lion's file in the folder CHAINRULE_DATA, or None."""
    folder = os.environ.get("CHAINRULE_DATA")
    for name in (*_LION_FILES, f"lion_{size}.png") if folder else ():
        for path in (Path(folder) / name, Path(folder) / "lion" / name):
            if path.is_file():
                print(f"lion: {path}")
                return path
    return None


def _fetched(address):
    """Return the pixels of the picture at an address, from the cache if it is there."""
    import pooch

    folder = Path(pooch.os_cache("chainrule")) / "pictures"
    path = folder / hashlib.sha256(address.encode()).hexdigest()[:24]
    if not path.is_file():
        print(f"fetching {address}\n    into {path}")
        pooch.get_logger().setLevel("ERROR")
        downloader = pooch.HTTPDownloader(timeout=30)
        try:
            # No hash is known beforehand: what is no picture is refused below.
            pooch.retrieve(address, None, fname=path.name, path=folder, downloader=downloader)
        except Exception as error:
            named = " (or as lion.png in the folder that CHAINRULE_DATA names)" if address == _LION else ""
            raise ConnectionError(
                f"load_image: {address} could not be fetched ({type(error).__name__}). By hand: open the address "
                f"in a browser, save the picture beside this notebook{named}, and give load_image the file's name."
            ) from error
    try:
        return _read(path)
    except ValueError:
        path.unlink()  # the next try shall fetch it anew
        raise


def _read(path):
    """Return the picture in a file as float RGB, (h, w, 3), transparent parts white."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                # Cameras store how they were held instead of turning the pixels.
                return _rgb(ImageOps.exif_transpose(image))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ValueError(
            f"load_image: {path} has more than {Image.MAX_IMAGE_PIXELS:,} pixels; make it smaller first."
        ) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(
            f"load_image: {path} is no picture that can be read ({_kind(path)}). Expected a whole PNG, JPEG, GIF, "
            f"TIFF or WebP file; open it in an image viewer, and save it as PNG. The reader says: {error}"
        ) from error


def _rgb(image):
    if image.mode.startswith("I") or image.mode == "F":  # 16 bit grey, or numbers without a fixed range
        grey = np.asarray(image, dtype=float)
        top = 65535.0 if image.mode.startswith("I") else max(grey.max(), 1.0)
        return np.repeat(np.clip(grey / top, 0, 1)[..., None], 3, axis=2)
    pixels = np.asarray(image.convert("RGBA"), dtype=float) / 255
    alpha = pixels[..., 3:]
    return alpha * pixels[..., :3] + (1 - alpha)


def _kind(path):
    """Say what the first bytes of an unreadable file look like."""
    start = Path(path).read_bytes()[:512].lstrip().lower()
    if not start:
        return "the file is empty"
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg")):
        return "it starts like a web page or an SVG drawing"
    if start.startswith((b"\x89png", b"\xff\xd8", b"gif8", b"riff")):
        return "it starts like a picture, but is cut off or damaged"
    return f"it starts with {start[:12]!r}"


def _square(pixels, size, source):
    from skimage.transform import resize

    height, width = pixels.shape[:2]
    side = min(height, width)
    if side < size:
        raise ValueError(
            f"load_image: {source} is {width} x {height} pixels, too small for {size} x {size}. "
            f"Choose a larger picture, or a size of at most {side}."
        )
    top, left = (height - side) // 2, (width - side) // 2
    cut = pixels[top : top + side, left : left + side]
    return np.clip(resize(cut, (size, size), anti_aliasing=side > size), 0, 1).astype(np.float32)
