"""Pictures of ten kinds of objects, composed from drawings: a stand-in for CIFAR-10 that needs no download."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

__all__ = ["load_drawn_objects"]

_FILE = Path(__file__).with_name("datasets") / "drawn_objects.npz"
_KEYS = ("pixels", "labels", "designs", "design_names", "class_names")
_VALIDATION = "twemoji"
_SIDE = 32
# Pictures that come with scikit-image (public domain, CC0); the parts share no background.
_BACKGROUNDS = {"train": ("astronaut", "coffee"), "valid": ("chelsea",)}


def load_drawn_objects(train=5000, valid=1000, seed=0, path=None):
    """Return `(train_x, train_y, valid_x, valid_y, names)`: small pictures of drawn objects, and say so.

    x: (N, 32, 32, 3), uint8, RGB. y: (N,), int64, 0 to 9. names: the ten classes in CIFAR-10's order, but these
    are not CIFAR's photographs: emoji of five designs, turned, scaled and moved, before a piece of a photograph
    or a colour gradient. Every class is equally frequent, but for a remainder. The validation pictures come from
    a design (Twemoji) and a photograph of their own. Equal seeds give equal pictures; 1000 take about 0.5 s.

    Raises ValueError for sizes below 1 and for a file that is cut or something else, FileNotFoundError for none.
    Credits and licences: datasets/DRAWN_OBJECTS.md.

    >>> train_x, train_y, valid_x, valid_y, names = load_drawn_objects(20, 10)
    The drawn objects: 20 pictures to train on, 10 to validate. Emoji on backgrounds, not CIFAR-10.
    >>> train_x.shape, names[3]
    ((20, 32, 32, 3), 'cat')
    """
    for name, number in (("train", train), ("valid", valid)):
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
            raise ValueError(f"load_drawn_objects: {name}={number!r}; expected a whole number of at least 1")
    file = _read(Path(path or _FILE))
    names = [str(name) for name in file["class_names"]]
    validation = file["design_names"][file["designs"]] == _VALIDATION
    parts = []
    for part, number, rows in (("train", train, ~validation), ("valid", valid, validation)):
        rng = np.random.default_rng([seed, len(parts)])
        parts += _compose(file["pixels"][rows], file["labels"][rows], _BACKGROUNDS[part], number, rng)
    print(
        f"The drawn objects: {train} pictures to train on, {valid} to validate. "
        "Emoji on backgrounds, not CIFAR-10."
    )
    return *parts, names


def _compose(sprites, labels, photographs, number, rng):
    """Return pictures (number, 32, 32, 3) uint8 and their labels (number,) int64, shuffled."""
    from PIL import Image
    from skimage import data

    photographs = [Image.fromarray(getattr(data, name)()) for name in photographs]
    y = rng.permutation(np.arange(number) % (labels.max() + 1))
    rows = np.array([rng.choice(np.flatnonzero(labels == label)) for label in y])
    x = np.empty((number, _SIDE, _SIDE, 3), np.uint8)
    for picture, row in zip(x, rows, strict=True):
        background = _photograph(photographs, rng) if rng.random() < 0.5 else _gradient(rng)
        drawing = np.asarray(_placed(Image.fromarray(sprites[row]), rng), float)
        alpha = drawing[..., 3:] / 255
        colour = drawing[..., :3] * rng.uniform(0.8, 1.1) + rng.uniform(-12, 12, 3)
        mixed = alpha * colour + (1 - alpha) * background + rng.normal(0, 4, picture.shape)
        picture[:] = np.clip(mixed, 0, 255).round()
    return x, y.astype(np.int64)


def _placed(sprite, rng):
    """Return the sprite on a transparent 32 x 32 picture: mirrored or not, turned, scaled, moved."""
    from PIL import Image

    if rng.random() < 0.5:
        sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    sprite = sprite.rotate(rng.uniform(-15, 15), Image.Resampling.BILINEAR)
    side = int(rng.integers(24, 33))
    # Colours mixed with transparent black would give dark edges; premultiplied ones do not.
    small = sprite.convert("RGBa").resize((side, side), Image.Resampling.BOX).convert("RGBA")
    placed = Image.new("RGBA", (_SIDE, _SIDE))
    placed.paste(small, tuple(int(place) for place in rng.integers(-2, _SIDE - side + 3, 2)))
    return placed


def _photograph(photographs, rng):
    """Return a square piece of one of the photographs, its colours changed a little, (32, 32, 3) float."""
    from PIL import Image

    image = photographs[rng.integers(len(photographs))]
    side = rng.uniform(40, min(image.size))
    left, top = rng.uniform(0, np.array(image.size) - side)
    piece = image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR, (left, top, left + side, top + side))
    pixels = np.asarray(piece, float)[:, :: rng.choice([-1, 1])]
    return pixels * rng.uniform(0.6, 1.2) + rng.uniform(-30, 30, 3)


def _gradient(rng):
    """Return a colour that changes into another along a random direction, (32, 32, 3) float."""
    angle = rng.uniform(0, 2 * np.pi)
    across, down = np.meshgrid(np.linspace(-1, 1, _SIDE), np.linspace(-1, 1, _SIDE))
    weight = (0.5 + 0.35 * (across * np.cos(angle) + down * np.sin(angle)))[..., None]
    first, second = rng.uniform(0, 255, (2, 3))
    return weight * first + (1 - weight) * second


def _read(path):
    """Return the arrays of the file as a dict, checked, or raise with the reason."""
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}: copy student_lib again, with its folder datasets")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in _KEYS}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} cannot be read: expected an npz file with the arrays {', '.join(_KEYS)}, "
            f"found {path.stat().st_size} bytes that give {type(error).__name__}; copy it again"
        ) from error
    pixels, labels = arrays["pixels"], arrays["labels"]
    if pixels.shape != (len(labels), 64, 64, 4) or pixels.dtype != np.uint8 or labels.max(initial=0) != 9:
        raise ValueError(
            f"{path}: expected pixels (N, 64, 64, 4) uint8 and labels (N,) from 0 to 9, "
            f"found {pixels.shape} {pixels.dtype} and labels {labels.shape} up to {labels.max(initial=0)}"
        )
    return arrays
