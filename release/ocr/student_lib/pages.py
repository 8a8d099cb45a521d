"""The practice pages of the course, and the homework's four photographs where you have them.

    page = load_page("level3_1")           # a drawn page with its text and boxes
    page = load_page("01_list.jpg")        # a photograph, from your folder or the cache
    for page in load_pages(): ...          # all practice pages

`draw_page` (student_lib.handpage) draws new ones.
"""

import json
from pathlib import Path

import numpy as np

from student_lib.handpage import Page, draw_page
from student_lib.nist36 import download, find_file

__all__ = ["PHOTOGRAPHS", "Page", "draw_page", "load_page", "load_pages", "read_pages", "save_pages"]

PHOTOGRAPHS = ("01_list.jpg", "02_letters.jpg", "03_haiku.jpg", "04_deep.jpg")
TRUTH = "pages.json"
_SHIPPED = Path(__file__).with_name("datasets") / "pages"


def load_page(name, folder=None, fetch=False):
    """Return the `Page` of this name and print what it is.

    name: a practice page ("level1_0", ...), one of `PHOTOGRAPHS`, or the path of any picture. Photographs are
    looked for in `folder`, else in the folder that CHAINRULE_DATA names and the cache; `fetch=True` downloads
    them if they are nowhere. Raises FileNotFoundError, which says what there is, and ValueError for a file
    that is no picture.
    """
    shipped = {page.name: page for page in read_pages(_SHIPPED)}
    if name in shipped:
        page = shipped[name]
        print(f"{name}: a drawn page of level {page.level}, {len(page.boxes)} characters")
        return page
    path = Path(name) if folder is None and Path(name).is_file() else find_file(Path(name).name, folder)
    if path is None and fetch and name in PHOTOGRAPHS:
        download("images.zip")
        path = find_file(name, folder)
    if path is None:
        raise FileNotFoundError(
            f"load_page: there is no {name!r}. Practice pages: {', '.join(shipped)}. Photographs: "
            f"{', '.join(PHOTOGRAPHS)}, with fetch=True or from a folder that has them."
        )
    image = _read_image(path)
    print(f"{path.name}: a photograph of {image.shape[0]} x {image.shape[1]} pixels, from {path.parent}")
    return Page(path.name, image, (), np.zeros((0, 4), np.int64))


def load_pages(folder=None, fetch=False):
    """Return the practice pages, easiest first, then the photographs that are there, as a list of `Page`s."""
    names = [page.name for page in read_pages(_SHIPPED)]
    if fetch and find_file(PHOTOGRAPHS[0], folder) is None:
        download("images.zip")
    names += [name for name in PHOTOGRAPHS if find_file(name, folder)]
    return [load_page(name, folder) for name in names]


# --- folders of pages ---------------------------------------------------------------------------------------


def save_pages(pages, folder):
    """Write each page as NAME.png and the truth about all as pages.json, which replaces an older one.

    Pixel values are rounded to tens: noise does not compress, and a page of 0.1 MB has 0.6 without this.
    """
    from PIL import Image

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    truth = []
    for page in pages:
        tens = np.minimum(np.round(page.image / 10) * 10, 255).astype(np.uint8)
        picture = Image.fromarray(tens).quantize(256, dither=Image.Dither.NONE)
        picture.save(folder / f"{page.name}.png", optimize=True)
        truth.append(
            {"name": page.name, "level": page.level, "font": page.font, "text": list(page.text),
             "boxes": page.boxes.tolist()}
        )  # fmt: skip
    lines = ",\n".join(json.dumps(entry) for entry in truth)
    (folder / TRUTH).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def read_pages(folder):
    """Return the pages of a folder that `save_pages` wrote, as a list in their order.

    Raises FileNotFoundError or ValueError with the name of what is missing or wrong.
    """
    path = Path(folder) / TRUTH
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}: name a folder with pages of `chainrule pages`")
    try:
        truth = json.loads(path.read_text(encoding="utf-8"))
        return [
            Page(
                entry["name"],
                _read_image(path.with_name(f"{entry['name']}.png")),
                tuple(entry["text"]),
                np.array(entry["boxes"], dtype=np.int64).reshape(-1, 4),
                entry["level"],
                entry["font"],
            )
            for entry in truth
        ]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is no list of pages with name, level, font, text and boxes: {type(error).__name__} {error}"
        ) from error


def _read_image(path):
    """Return the pixels, (h, w, 3) uint8."""
    from PIL import Image

    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; copy it again")
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise ValueError(
            f"{path} is no picture that can be read: {path.stat().st_size} bytes, {type(error).__name__}; "
            "copy or download it again"
        ) from error
