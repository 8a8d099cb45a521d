"""Pictures in folders: a subfolder for each class, or lists of files and labels; Flowers-17 and the scenes of SUN."""

import warnings
from pathlib import Path, PurePosixPath

import numpy as np

from student_lib.download import DataMissing, Source, find_folder

__all__ = ["flowers17", "read_file_list", "read_image_folder", "read_pictures", "scenes"]

_SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm"}
_MOST_PIXELS = 50_000_000  # of one picture; a small file may claim far more than memory holds
_MOST_BYTES = 2**30  # of the array that is given back
_FLOWERS = (
    "daffodil", "snowdrop", "lily of the valley", "bluebell", "crocus", "iris", "tiger lily", "tulip", "fritillary",
    "sunflower", "daisy", "coltsfoot", "dandelion", "cowslip", "buttercup", "windflower", "pansy",
)  # fmt: skip
_FLOWER_FOLDERS = Source(
    "Flowers-17", ("train", "val", "test"), ("flowers17", "oxford-flowers17", "flowers17_160px")
)
_FLOWER_ARCHIVE = Source(
    "Flowers-17",
    ("image_0001.jpg", "image_1360.jpg"),
    ("17flowers", "17flowers/jpg", "jpg"),
    "https://www.robots.ox.ac.uk/~vgg/data/flowers/17/17flowers.tgz",
    size="60 MB, no checksum is published",
)
_SCENES = Source(
    "the SUN subset",
    ("train_files.txt", "train_labels.txt", "test_files.txt", "test_labels.txt"),
    ("sun8", "sun8_160px", "SUN", "data"),
)


def read_pictures(paths, size):
    """Return the pictures as (N, size, size, 3) uint8 RGB: the largest square in the middle, scaled.

    Transparent parts become white; cameras' notes on how they were held are obeyed. Nothing but one picture is in
    memory beside the result. Raises ValueError for a result above 1 GiB, before anything is read, and one that names
    the pictures that are missing, cut, no picture, or above 50 million pixels.
    """
    paths = [Path(path) for path in paths]
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
        raise ValueError(f"read_pictures: size={size!r}; expected a whole number of pixels, at least 1")
    if 3 * len(paths) * size**2 > _MOST_BYTES:
        fits = int((_MOST_BYTES / 3 / len(paths)) ** 0.5)
        raise ValueError(
            f"read_pictures: {len(paths)} pictures of {size} x {size} need {3 * len(paths) * size**2 / 2**30:.1f} GiB; "
            f"at most 1 GiB is given: choose size={fits} or less, or fewer pictures"
        )
    x, wrong = np.empty((len(paths), size, size, 3), np.uint8), []
    for picture, path in zip(x, paths, strict=True):
        try:
            picture[:] = _picture(path, size)
        except Exception as error:  # Pillow's readers raise nearly anything for damaged files
            wrong.append(f"{path} ({type(error).__name__}: {error})")
    if wrong:
        more = f", and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise ValueError(
            f"{len(wrong)} of {len(paths)} pictures cannot be read: {'; '.join(wrong[:5])}{more}. "
            "Copy them again, or take them out of the folder and the lists."
        )
    return x


def read_image_folder(folder, size=64):
    """Return `(x, y, names)` of a folder with a subfolder for each class, as torchvision's ImageFolder reads it.

    x: (N, size, size, 3), uint8. y: (N,), int64, the class's place in names. names: the subfolders, sorted; sorted as
    numbers when all are numbers, so that class 10 is label 10 (ImageFolder would put it after 1). Other files
    than pictures, by their ending, are left out. Raises FileNotFoundError, and ValueError for a folder without
    subfolders, a subfolder without pictures, and whatever `read_pictures` refuses.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    names = [path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    names.sort(key=int if all(name.isdecimal() for name in names) else str)
    if not names:
        found = sorted(path.name for path in folder.iterdir())[:5]
        raise ValueError(f"{folder}: expected a subfolder for each class, found {found or 'nothing'}")
    paths, y = [], []
    for label, name in enumerate(names):
        here = sorted(path for path in (folder / name).rglob("*") if path.suffix.lower() in _SUFFIXES)
        if not here:
            raise ValueError(f"{folder / name}: expected pictures of a class, found none ({_endings()})")
        paths += here
        y += [label] * len(here)
    return read_pictures(paths, size), np.array(y, np.int64), names


def read_file_list(folder, files, labels, size=64):
    """Return `(x, y, names)` of pictures that two text files in `folder` list: a path and a label on each line.

    x: (N, size, size, 3), uint8, in the list's order. y: (N,), int64. names: the folder of each label's pictures.
    Raises FileNotFoundError for a missing list, and ValueError for lists of different length, labels that are not
    whole numbers from 0 on without a gap, a path that leaves the folder, a label that stands for two folders or a
    folder with two labels (with the line), and whatever `read_pictures` refuses.
    """
    folder = Path(folder)
    entries, numbers = (_lines(folder / name) for name in (files, labels))
    if len(entries) != len(numbers) or not entries:
        raise ValueError(
            f"{folder}: {files} has {len(entries)} lines and {labels} has {len(numbers)}; expected as many labels as "
            "files. One of the two is cut, or they belong to different lists."
        )
    names, classes = {}, {}
    for line, (entry, number) in enumerate(zip(entries, numbers, strict=True), start=1):
        path = PurePosixPath(entry)
        if path.is_absolute() or ".." in path.parts or len(path.parts) < 2:
            raise ValueError(f"{folder / files}, line {line}: expected CLASS/PICTURE, found {entry!r}")
        if not number.isdecimal():
            raise ValueError(f"{folder / labels}, line {line}: expected a whole number, found {number!r}")
        name, label = path.parts[-2], int(number)
        if names.setdefault(label, name) != name or classes.setdefault(name, label) != label:
            raise ValueError(
                f"{folder / labels}, line {line}: {entry} has label {label}, but label {label} stood for "
                f"{names[label]!r} and {name!r} had {classes.get(name, 'none')} before. The lists do not fit together."
            )
    if sorted(names) != list(range(len(names))):
        raise ValueError(f"{folder / labels}: expected labels 0 to {len(names) - 1}, found {sorted(names)}")
    x = read_pictures([folder / entry for entry in entries], size)
    return x, np.array(numbers, np.int64), [names[label] for label in range(len(names))]


def flowers17(folder=None, size=128, download=False):
    """Return `(parts, names)` of Oxford Flowers-17: parts["train"], ["val"], ["test"], each (x, y), 680, 340, 340.

    x: (N, size, size, 3), uint8. y: (N,), int64. Found as `find_folder` does, either as folders train, val and test
    with a subfolder for each class, 0 to 16 or named, or as the archive's image_0001.jpg to image_1360.jpg, of which a
    fixed draw makes the parts. Fetched only with `download=True`. Raises DataMissing with the manual steps, and
    ValueError for damaged pictures.

    M.-E. Nilsback, A. Zisserman, "A visual vocabulary for flower classification", CVPR 2006.
    """
    try:
        place = find_folder(_FLOWER_FOLDERS, folder)
    except DataMissing:  # the archive as it is published, which has another layout
        return _flowers_of_archive(find_folder(_FLOWER_ARCHIVE, folder, download), size), list(_FLOWERS)
    parts, found = {}, []
    for part in ("train", "val", "test"):
        x, y, names = read_image_folder(place / part, size)
        parts[part] = (x, y)
        found.append(names)
    if found.count(found[0]) != 3:
        raise ValueError(f"{place}: expected the same classes in train, val and test, found {found}")
    numbered = found[0] == [str(number) for number in range(len(_FLOWERS))]
    return parts, list(_FLOWERS) if numbered else found[0]


def scenes(folder=None, size=64):
    """Return `(train_x, train_y, test_x, test_y, names)` of the SUN subset: eight kinds of scenes.

    x: (N, size, size, 3), uint8. y: (N,), int64. The folder holds a subfolder for each scene and the lists
    train_files.txt, train_labels.txt, test_files.txt, test_labels.txt. It comes with the homework that it belongs to
    (CMU 16-720, homework 1) and has no lasting address, so it must be put there by hand: DataMissing says how.
    """
    place = find_folder(_SCENES, folder)
    train_x, train_y, names = read_file_list(place, "train_files.txt", "train_labels.txt", size)
    test_x, test_y, others = read_file_list(place, "test_files.txt", "test_labels.txt", size)
    if names != others:
        raise ValueError(f"{place}: the lists for training name {names}, those for testing {others}")
    return train_x, train_y, test_x, test_y, names


def _flowers_of_archive(place, size):
    """Return the parts, 40, 20 and 20 of each class: the archive has 80 pictures of a class one after another."""
    rng = np.random.default_rng(17)
    order = np.stack([80 * label + rng.permutation(80) for label in range(len(_FLOWERS))])
    parts = {}
    for part, columns in (("train", slice(0, 40)), ("val", slice(40, 60)), ("test", slice(60, 80))):
        rows = np.sort(order[:, columns].ravel())
        parts[part] = (read_pictures([place / f"image_{row + 1:04}.jpg" for row in rows], size), rows // 80)
    return parts


def _picture(path, size):
    """Return one picture as (size, size, 3) uint8."""
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        # Our limit is lower than Pillow's warning, and names the file.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path) as image:
            width, height = image.size
            if width * height > _MOST_PIXELS:
                raise ValueError(f"{width} x {height} pixels, more than {_MOST_PIXELS:,}")
            image.draft("RGB", (2 * size, 2 * size))
            image = ImageOps.exif_transpose(image)
            if image.has_transparency_data:
                image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
            return ImageOps.fit(image.convert("RGB"), (size, size), Image.Resampling.BILINEAR)


def _lines(path):
    if not path.is_file():
        raise FileNotFoundError(f"there is no list {path}")
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: expected lines of text, found bytes that are none ({error.reason})"
        ) from error
    return [line for line in lines if line]


def _endings():
    return "files that end in " + ", ".join(sorted(_SUFFIXES))
