"""Pages of hand-printed text, drawn with everything that makes reading a photograph hard.

    page = draw_page(level=3, seed=7)
    page.image, page.text, page.boxes      # pixels, lines, one box [y1, x1, y2, x2] a character

Level 1 is nearly a scan. Level 2 has uneven light, blur, noise and lines that are not quite level. Level 3 adds
a shadow and pale ruled paper; at level 4 the rules are darker, the ink is paler and the hand less steady.
Lines of text never touch each other, but a letter of some fonts has more than one piece.
"""

from dataclasses import dataclass, replace

import numpy as np

from student_lib.handprint import CLASSES, VALID, Hand, draw, load_masters

__all__ = ["LEVELS", "Page", "draw_page", "random_text"]

WORDS = (
    "A ACT AND APPLE BACK BLUE BOX BREAD BY CHAIN CODE COFFEE CROSS CUP DAY DEEP DO EARLY ENJOY EQUAL EVERY FIVE FJORD "
    "FOX FROZEN GIVE GRADE HAPPY HAVE HEAVY HIDDEN HIGH I IN INK JAZZ JOB JUMPS JUST KEEP KEY KNOW LAZY LAYER LEARN "
    "LINE LIST LOSS LUCKY MAKE MAYBE MILK MIX MOON NETWORK NEVER NEXT NOVEL ONE OPEN OVER OWL PAGE PEN PROOF PUZZLE "
    "QUEUE QUICK QUIZ RAIN READ RIVER RULE SIX SLOPE SMALL SPHINX STEP SUM TEA THE TODAY TRUE TWO UNDER UNIT UP VALUE "
    "VERY VOTE WALK WAX WEIGHT WHY WINDOW WORK XRAY YEAR YES YOU ZEBRA ZERO ZOO"
)


@dataclass(frozen=True)
class Level:
    """What makes a page hard. Brightness is from 0 to 1, lengths are in parts of a character's size."""

    tilt: float  # degrees, the largest slope of the lines of text
    wobble: float  # deviation of a character from its line, and twice that of its size
    gaps: tuple  # between characters, smallest and largest
    light: float  # fall of brightness across the page
    shadow: float  # fall of brightness inside a shadow with a soft edge
    blur: float  # deviation of the blur
    noise: float  # deviation of the brightness of each pixel
    rules: float  # fall of brightness on a ruled line, 0 for plain paper
    ink: tuple  # fall of brightness in the ink
    hand: Hand


_STEADY = Hand(rotation=3, slant=(0.1, 0.04), aspect=(0.0, 0.06), warp=0.8, box=(25.5, 0.0), shift=0.0)
LEVELS = {
    1: Level(0.3, 0.01, (0.30, 0.50), 0.0, 0.00, 0.01, 0.004, 0.00, (0.80, 0.90), _STEADY),
    2: Level(
        1.0, 0.025, (0.25, 0.50), 0.2, 0.00, 0.02, 0.012, 0.00, (0.65, 0.85), replace(_STEADY, warp=1.2)
    ),
    3: Level(1.8, 0.04, (0.20, 0.50), 0.3, 0.15, 0.03, 0.020, 0.10, (0.60, 0.75), replace(_STEADY, warp=1.6)),
    4: Level(2.5, 0.05, (0.16, 0.45), 0.4, 0.25, 0.04, 0.030, 0.22, (0.50, 0.65), replace(_STEADY, warp=2.0)),
}


@dataclass(frozen=True)
class Page:
    """An image (h, w, 3), uint8, with its truth where that is known.

    `text` is a tuple of lines. `boxes` is (n, 4), int64, one row [y1, x1, y2, x2] for each character that is
    no space, in reading order; y2 and x2 are the first row and column without its ink. A photograph has no
    text and no boxes; `font` and `level` are those of a drawn page, else "" and 0.
    """

    name: str
    image: np.ndarray
    text: tuple = ()
    boxes: np.ndarray = None
    level: int = 0
    font: str = ""


def random_text(rng, lines=5, width=14):
    """Return `lines` lines of capital words and numbers, each of at most `width` characters, space included."""
    words, text = WORDS.split(), []
    while len(text) < lines:
        line = ""
        while True:
            word = str(rng.integers(10, 10_000)) if rng.random() < 0.2 else str(rng.choice(words))
            if len(f"{line} {word}".strip()) > width:
                break
            line = f"{line} {word}".strip()
        text += [line] if line else []
    return tuple(text)


def draw_page(level=2, seed=0, text=None, fonts=VALID, masters=None, size=40):
    """Return a `Page` of one of the `LEVELS` 1 to 4, written in one font by one hand.

    text: lines of capitals, digits and spaces; by default random words. fonts: a part (TRAIN or VALID) or
    indices of `masters`, of which one is drawn. size: a character's longer side in pixels, about. Equal
    arguments give equal pages. Raises ValueError for another level, and for a character that no font has.
    """
    if level not in LEVELS:
        raise ValueError(f"draw_page: got level {level!r}; there are the levels 1, 2, 3 and 4")
    rng, kind = np.random.default_rng(seed), LEVELS[level]
    text = random_text(rng) if text is None else tuple(" ".join(line.split()) for line in text)
    letters = [letter for line in text for letter in line if letter != " "]
    unknown = sorted(set(letters) - set(CLASSES))
    if unknown or not letters or not all(text):
        raise ValueError(
            f"draw_page: text {text!r} with {unknown}; expected lines of A to Z, 0 to 9 and spaces"
        )
    masters = masters or load_masters()
    font = int(rng.choice(masters.fonts(fonts) if isinstance(fonts, str) else fonts))
    pen, lean = rng.uniform(1.2, 2.0), rng.normal(0, 0.08)
    slant = (kind.hand.slant[0] + lean, kind.hand.slant[1])
    hand = replace(kind.hand, slant=slant, stroke=(pen, 1.15 * pen), box=(25.5, 60 * kind.wobble))
    labels = np.array([CLASSES.index(letter) for letter in letters])
    side = round(size * 32 / 25.5)
    glyphs = [_crop(ink) for ink in draw(masters.ink, np.full(len(labels), font), labels, rng, side, hand)]
    ink, boxes, baselines, slope = _lay_out(glyphs, text, size, kind, rng)
    image = _photograph(ink, baselines, slope, size, kind, rng)
    return Page(f"level{level}", image, text, boxes, level, masters.names[font])


def _crop(ink):
    """The part of an image that holds ink, and so the character's box."""
    marks = ink > 0.5
    rows, columns = np.flatnonzero(marks.any(axis=1)), np.flatnonzero(marks.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _lay_out(glyphs, text, size, kind, rng):
    """Put the characters on lines: ink (h, w) from 0 to 1, boxes (n, 4), baselines at x = 0, their slope."""
    slope = np.tan(np.deg2rad(rng.uniform(-kind.tilt, kind.tilt)))
    step, word_gap, margin = size * rng.uniform(1.6, 1.9), size * rng.uniform(0.8, 1.1), size
    rest, places, right = iter(glyphs), [], 0.0
    baselines = margin + size + step * np.arange(len(text))
    for line, baseline in zip(text, baselines, strict=True):
        x = margin + size * rng.uniform(0, 0.8)
        for letter in line:
            if letter == " ":
                x += word_gap
                continue
            glyph = next(rest)
            # Characters stand on the line, whatever their height; a few fonts' I is no higher than wide.
            bottom = baseline + slope * x + size * rng.normal(0, kind.wobble)
            places.append((round(bottom) - glyph.shape[0], round(x), glyph))
            x += glyph.shape[1] + size * rng.uniform(*kind.gaps)
            right = max(right, x)
    top = min(y for y, _, _ in places)
    bottom = max(y + glyph.shape[0] for y, _, glyph in places)
    shift = round(margin) - top
    ink = np.zeros((bottom - top + 2 * round(margin), round(right + margin)), np.float32)
    boxes = []
    for y, x, glyph in places:
        box = (y + shift, x, y + shift + glyph.shape[0], x + glyph.shape[1])
        area = ink[box[0] : box[2], box[1] : box[3]]
        np.maximum(area, glyph, out=area)
        boxes.append(box)
    return ink, np.array(boxes, dtype=np.int64), baselines + shift, slope


def _photograph(ink, baselines, slope, size, kind, rng):
    """Paper, rules, ink, light, blur and noise: (h, w, 3) uint8."""
    from scipy.ndimage import gaussian_filter

    y, x = np.indices(ink.shape, dtype=np.float32)
    ink_fall = rng.uniform(*kind.ink) * (ink * (1 - 0.15 * _clouds(ink.shape, size, rng)))
    rule = np.zeros_like(ink)
    for baseline in baselines:
        rule += np.exp(-(((y - slope * x - baseline - 0.1 * size) / (0.03 * size)) ** 2))
    tint = np.array([0.96, 0.95, 0.91]) if kind.rules else np.array([0.95, 0.95, 0.94])
    rule_colour, ink_colour = np.array([1.0, 0.7, 0.35]), np.array([1.0, 0.97, 0.85])
    page = tint * (1 - kind.rules * rule[..., None] * rule_colour) * (1 - ink_fall[..., None] * ink_colour)
    page = (
        gaussian_filter(page, (kind.blur * size, kind.blur * size, 0))
        * _light(y, x, size, kind, rng)[..., None]
    )
    page += rng.normal(0, kind.noise, (*ink.shape, 1))
    return np.clip(np.round(page * 255), 0, 255).astype(np.uint8)


def _light(y, x, size, kind, rng):
    """Brightness (h, w): it falls along one direction, and beyond the soft edge of a shadow."""
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * y / y.shape[0] + np.sin(angle) * x / x.shape[1]
    along = (along - along.min()) / np.ptp(along)
    turn, edge, soft = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 0.7), rng.uniform(0.03, 0.1)
    across = np.cos(turn) * y / y.shape[0] + np.sin(turn) * x / x.shape[1]
    across = (across - across.min()) / np.ptp(across)
    return (1 - kind.light * along**1.5) * (1 - kind.shadow / (1 + np.exp(-(across - edge) / soft)))


def _clouds(shape, size, rng):
    """Smooth values (h, w) from 0 to 1: ink that flows unevenly."""
    from scipy.ndimage import zoom

    coarse = rng.random((shape[0] // size + 2, shape[1] // size + 2)).astype(np.float32)
    fine = zoom(coarse, size, order=1)
    return fine[: shape[0], : shape[1]]
