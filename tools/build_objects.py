"""Build the sprites of the drawn objects from pinned emoji packages of the npm registry.

    python tools/build_objects.py                       # fetches five packages, 22 MB, with npm
    python tools/build_objects.py --packages FOLDER     # takes them from FOLDER, no network
    python tools/build_objects.py --check               # builds into a temporary folder and compares

Writes student_lib/datasets/drawn_objects.npz, its credits (DRAWN_OBJECTS.md) and an entry in SOURCES.json. Needs NumPy,
Pillow and cairosvg, which nobody needs who uses the data; cairo's version may change single pixels a little.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from build_data import BuildError, Package, obtain
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
TARGET = "student_lib/datasets/drawn_objects.npz"
SIZE, LONGER_SIDE, DRAWN = 64, 60, 256


def _design(name: str, version: str, sha256: str, licence: str) -> Package:
    fetch = ("npm", "pack", "--silent", f"@iconify-json/{name}@{version}")
    return Package("npm", name, version, f"iconify-json-{name}-{version}.tgz", sha256, fetch, licence)


# The last design is for validation: a network must know an object that it has seen only in other hands.
DESIGNS = (
    _design(
        "noto", "1.2.9", "3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad", "Apache-2.0"
    ),
    _design(
        "noto-v1", "1.2.5", "2bf62c26c2c2884aa99e90aec942cdaee17a5921f05690694f4978ad4b017c37", "Apache-2.0"
    ),
    _design(
        "fluent-emoji", "1.2.7", "8044210dbf11e016d4de85f15d01a243423bd832457e7e2491df1b751c0e272b", "MIT"
    ),
    _design(
        "fluent-emoji-flat",
        "1.2.6",
        "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175",
        "MIT",
    ),
    _design(
        "twemoji", "1.2.5", "19046dff7d8707ce96212ec86468b36ac5f8e60409629dd13f809265c6d0ebb7", "CC-BY-4.0"
    ),
)
# Icons by CIFAR-10's class names, in CIFAR-10's order; a design lacks some of them.
ICONS = {
    "airplane": "airplane small-airplane airplane-departure airplane-arrival",
    "automobile": "automobile oncoming-automobile taxi oncoming-taxi sport-utility-vehicle racing-car police-car",
    "bird": "bird eagle duck owl parrot swan dove penguin rooster chicken baby-chick flamingo peacock goose "
    "black-bird turkey",
    "cat": "cat cat-face black-cat grinning-cat pouting-cat weary-cat smiling-cat-with-heart-eyes "
    "cat-with-wry-smile kissing-cat crying-cat",
    "deer": "deer moose",
    "dog": "dog dog-face guide-dog service-dog poodle",
    "frog": "frog",
    "horse": "horse horse-face horse-racing carousel-horse unicorn",
    "ship": "ship ferry passenger-ship motor-boat speedboat sailboat canoe",
    "truck": "delivery-truck articulated-lorry pickup-truck fire-engine minibus tractor",
}
CREDITS = {
    "noto": ("Noto Emoji by Google", "https://github.com/googlefonts/noto-emoji"),
    "noto-v1": ("Noto Emoji, first version, by Google", "https://github.com/googlefonts/noto-emoji"),
    "fluent-emoji": ("Fluent Emoji by Microsoft", "https://github.com/microsoft/fluentui-emoji"),
    "fluent-emoji-flat": ("Fluent Emoji, flat, by Microsoft", "https://github.com/microsoft/fluentui-emoji"),
    "twemoji": ("Twemoji by Twitter and contributors", "https://github.com/jdecked/twemoji"),
}
LICENCE_LINKS = {
    "Apache-2.0": "Apache-2.0.txt",
    "MIT": "https://github.com/microsoft/fluentui-emoji/blob/main/LICENSE",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
}


def svg(icons: dict, name: str) -> str | None:
    """The drawing of one icon, or None when the set has none of that name. Aliases are followed."""
    while name in icons.get("aliases", {}):
        name = icons["aliases"][name]["parent"]
    if name not in icons["icons"]:
        return None
    icon = icons["icons"][name]
    width, height = (icon.get(side, icons.get(side, 16)) for side in ("width", "height"))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{icon.get("left", 0)} {icon.get("top", 0)} {width} {height}" width="{width}" height="{height}">'
        f"{icon['body']}</svg>"
    )


def sprite(drawing: str) -> np.ndarray:
    """The drawing as (64, 64, 4) uint8, its longer side 60 pixels, zero where nothing is drawn."""
    import cairosvg

    png = cairosvg.svg2png(bytestring=drawing.encode(), output_width=DRAWN, output_height=DRAWN)
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    box = image.getchannel("A").point(lambda alpha: 255 * (alpha > 8)).getbbox()
    image = image.crop(box)
    image.thumbnail((LONGER_SIDE, LONGER_SIDE), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (SIZE, SIZE))
    square.paste(image, ((SIZE - image.width) // 2, (SIZE - image.height) // 2))
    pixels = np.array(square)
    pixels[pixels[..., 3] == 0] = 0
    return pixels


def sprites(packages: Path) -> dict[str, np.ndarray]:
    """All arrays of the file: pixels (N, 64, 64, 4), labels, designs (N,), design_names, class_names."""
    pixels, labels, designs = [], [], []
    for number, design in enumerate(DESIGNS):
        with tarfile.open(fileobj=io.BytesIO(obtain(design, packages))) as archive:
            icons = json.load(archive.extractfile("package/icons.json"))
        for label, names in enumerate(ICONS.values()):
            found = [drawing for name in names.split() if (drawing := svg(icons, name))]
            if not found:
                raise BuildError(f"{design.name} {design.version} has no icon of class {label}")
            pixels += [sprite(drawing) for drawing in found]
            labels += [label] * len(found)
            designs += [number] * len(found)
    return {
        "pixels": np.stack(pixels),
        "labels": np.array(labels, np.uint8),
        "designs": np.array(designs, np.uint8),
        "design_names": np.array([design.name for design in DESIGNS]),
        "class_names": np.array(list(ICONS)),
    }


def build(packages: Path, root: Path) -> None:
    """Write the file, its credits and its record below `root`."""
    arrays = sprites(packages)
    path = root / TARGET
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)
    entry = {
        "built_by": "tools/build_objects.py",
        "sprites": len(arrays["pixels"]),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "content_sha256": hashlib.sha256(arrays["pixels"].tobytes() + arrays["labels"].tobytes()).hexdigest(),
        "sources": [
            {
                "registry": "npm",
                "name": f"@iconify-json/{design.name}",
                "version": design.version,
                "file": design.file,
                "sha256": design.sha256,
                "licence": design.licence,
                "member": "package/icons.json",
            }
            for design in DESIGNS
        ],
    }
    record = path.with_name("SOURCES.json")
    known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    record.write_text(json.dumps(known | {path.name: entry}, indent=2) + "\n", encoding="utf-8")
    path.with_name("DRAWN_OBJECTS.md").write_text(_credits(arrays["designs"]), encoding="utf-8")
    print(f"{path.name}: {len(arrays['pixels'])} sprites, {path.stat().st_size / 1e6:.2f} MB")


def _credits(designs: np.ndarray) -> str:
    lines = [
        "# The drawings behind `drawn_objects.npz`",
        "",
        "Emoji of ten kinds as pictures of 64 x 64 pixels with transparency. They came from the npm packages",
        "`@iconify-json/NAME`; `SOURCES.json` has versions and SHA-256. Changed: outlines were turned into pixels,",
        "cut to what is drawn and scaled to one size. Each picture stays under its design's licence.",
        "",
        "| design | pictures | licence |",
        "|---|---|---|",
    ]
    for number, design in enumerate(DESIGNS):
        title, link = CREDITS[design.name]
        licence = f"[{design.licence}]({LICENCE_LINKS[design.licence]})"
        lines.append(f"| [{title}]({link}) | {(designs == number).sum()} | {licence} |")
    return "\n".join([*lines, "", MIT_NOTICE])


MIT_NOTICE = """The MIT licence of Fluent Emoji asks for its notice:

> Copyright (c) Microsoft Corporation.
>
> Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
> documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
> rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
> persons to whom the Software is furnished to do so, subject to the following conditions:
>
> The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
> Software.
>
> THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
> WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
> COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
> OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def differences(built: Path, root: Path) -> list[str]:
    """What below `root` is not as in `built`: names and labels exactly, pixels but for cairo's rounding."""
    wrong = []
    with np.load(built / TARGET) as new, np.load(root / TARGET) as old:
        for key in new.files:
            if key != "pixels":
                wrong += [] if np.array_equal(new[key], old[key]) else [f"{TARGET}: {key} differ"]
            elif new[key].shape != old[key].shape or np.abs(new[key].astype(int) - old[key]).mean() > 1:
                wrong.append(f"{TARGET}: {key} differ by more than cairo's versions do")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, help="folder that holds, or is to hold, the packages")
    parser.add_argument("--check", action="store_true", help="build elsewhere and compare with what is here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        packages = options.packages or Path(scratch)
        target = Path(scratch) / "built" if options.check else ROOT
        try:
            build(packages, target)
        except BuildError as error:
            print(f"build_objects: {error}", file=sys.stderr)
            return 1
        wrong = differences(target, ROOT) if options.check else []
    print("\n".join(wrong) or "the drawn objects are as recorded")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
