# %% wrong upright expects=not_transposed
# The T is forgotten.
def crop_letters(bw, bboxes):
    rows = []
    for y1, x1, y2, x2 in bboxes:
        ink = bw[y1:y2, x1:x2]
        side = int(max(ink.shape) * 32 / 26)
        a, b = side - ink.shape[0], side - ink.shape[1]
        ink = np.pad(ink, ((a // 2, a - a // 2), (b // 2, b - b // 2)), constant_values=1)
        rows.append(transform.resize(ink, (32, 32), anti_aliasing=True).ravel())
    return np.array(rows)


# %% wrong ink_is_one expects=inverted_crops
# 1 for ink, as in a mask.
def crop_letters(bw, bboxes):
    rows = []
    for y1, x1, y2, x2 in bboxes:
        ink = 1 - bw[y1:y2, x1:x2]
        side = int(max(ink.shape) * 32 / 26)
        a, b = side - ink.shape[0], side - ink.shape[1]
        ink = np.pad(ink, ((a // 2, a - a // 2), (b // 2, b - b // 2)))
        rows.append(transform.resize(ink, (32, 32), anti_aliasing=True).T.ravel())
    return np.array(rows)


# %% wrong padded_with_zero expects=black_margin
# np.pad's own value, 0, is ink.
def crop_letters(bw, bboxes):
    rows = []
    for y1, x1, y2, x2 in bboxes:
        ink = bw[y1:y2, x1:x2]
        side = int(max(ink.shape) * 32 / 26)
        a, b = side - ink.shape[0], side - ink.shape[1]
        ink = np.pad(ink, ((a // 2, a - a // 2), (b // 2, b - b // 2)))
        rows.append(transform.resize(ink, (32, 32), anti_aliasing=True).T.ravel())
    return np.array(rows)


# %% wrong resized_at_once expects=stretched_to_a_square
# The box itself, resized: no margin, no proportions.
def crop_letters(bw, bboxes):
    return np.array([transform.resize(bw[y1:y2, x1:x2], (32, 32), anti_aliasing=True).T.ravel() for y1, x1, y2, x2 in bboxes])


# %% wrong square_without_margin expects=no_margin
# Padded to a square, and no further.
def crop_letters(bw, bboxes):
    rows = []
    for y1, x1, y2, x2 in bboxes:
        ink = bw[y1:y2, x1:x2]
        side = max(ink.shape)
        a, b = side - ink.shape[0], side - ink.shape[1]
        ink = np.pad(ink, ((a // 2, a - a // 2), (b // 2, b - b // 2)), constant_values=1)
        rows.append(transform.resize(ink, (32, 32), anti_aliasing=True).T.ravel())
    return np.array(rows)


# %% wrong half_the_size expects=too_much_margin
# The letter takes half of the picture.
def crop_letters(bw, bboxes):
    rows = []
    for y1, x1, y2, x2 in bboxes:
        ink = bw[y1:y2, x1:x2]
        side = int(max(ink.shape) * 32 / 14)
        a, b = side - ink.shape[0], side - ink.shape[1]
        ink = np.pad(ink, ((a // 2, a - a // 2), (b // 2, b - b // 2)), constant_values=1)
        rows.append(transform.resize(filters.gaussian(ink, side / 80), (32, 32), anti_aliasing=True).T.ravel())
    return np.array(rows)


# %% wrong corner expects=in_a_corner
# All the paper on two sides.
def crop_letters(bw, bboxes):
    rows = []
    for y1, x1, y2, x2 in bboxes:
        page = np.ones((32, 32))
        scale = 26 / max(y2 - y1, x2 - x1)
        shape = max(1, round((y2 - y1) * scale)), max(1, round((x2 - x1) * scale))
        page[: shape[0], : shape[1]] = transform.resize(bw[y1:y2, x1:x2], shape, anti_aliasing=True)
        rows.append(page.T.ravel())
    return np.array(rows)


# %% wrong pictures expects=not_unrolled
# (N, 32, 32).
def crop_letters(bw, bboxes):
    rows = []
    for y1, x1, y2, x2 in bboxes:
        ink = bw[y1:y2, x1:x2]
        side = int(max(ink.shape) * 32 / 26)
        a, b = side - ink.shape[0], side - ink.shape[1]
        ink = np.pad(ink, ((a // 2, a - a // 2), (b // 2, b - b // 2)), constant_values=1)
        rows.append(transform.resize(ink, (32, 32), anti_aliasing=True).T)
    return np.array(rows)


# %% wrong rotated expects=turned_not_transposed
# rot90 in the place of the transpose.
def crop_letters(bw, bboxes):
    rows = []
    for y1, x1, y2, x2 in bboxes:
        ink = bw[y1:y2, x1:x2]
        side = int(max(ink.shape) * 32 / 26)
        a, b = side - ink.shape[0], side - ink.shape[1]
        ink = np.pad(ink, ((a // 2, a - a // 2), (b // 2, b - b // 2)), constant_values=1)
        rows.append(np.rot90(transform.resize(ink, (32, 32), anti_aliasing=True)).ravel())
    return np.array(rows)


# %% right binary_crops
# Black and white to the end, nearest neighbours after a bold stroke.
def crop_letters(bw, bboxes):
    out = np.ones((len(bboxes), 32, 32))
    for canvas, (y1, x1, y2, x2) in zip(out, bboxes):
        scale = 26 / max(y2 - y1, x2 - x1)
        h, w = max(1, round((y2 - y1) * scale)), max(1, round((x2 - x1) * scale))
        small = transform.resize(bw[y1:y2, x1:x2], (h, w), order=1, anti_aliasing=True) > 0.6
        top, left = (32 - h) // 2, (32 - w) // 2
        canvas[top : top + h, left : left + w] = small
    return out.transpose(0, 2, 1).reshape(len(out), -1)


# %% right scipy_zoom
# scipy.ndimage alone, unrolled in Fortran order.
def crop_letters(bw, bboxes):
    rows = []
    for y1, x1, y2, x2 in bboxes:
        ink = 1 - bw[y1:y2, x1:x2]
        n = max(ink.shape)
        square = np.zeros((2 * n, 2 * n))
        square[n // 2 + (n - ink.shape[0]) // 2 :, n // 2 + (n - ink.shape[1]) // 2 :][: ink.shape[0], : ink.shape[1]] = ink
        where = (np.arange(32) + 0.5) * (n / 25) + n - 16 * n / 25 - 0.5
        small = ndimage.map_coordinates(ndimage.gaussian_filter(square, n / 70), np.meshgrid(where, where, indexing="ij"), order=1)
        rows.append((1 - np.clip(1.5 * small, 0, 1)).ravel(order="F"))
    return np.array(rows, dtype=np.float32)


# %% right centre_of_mass
# Letters as in EMNIST: the ink's centre of mass in the middle.
def crop_letters(bw, bboxes):
    rows = np.ones((len(bboxes), 1024))
    for k, box in enumerate(np.asarray(bboxes)):
        y1, x1, y2, x2 = (int(v) for v in box)
        scale = 25 / max(y2 - y1, x2 - x1)
        ink = transform.resize(filters.gaussian(1 - bw[y1:y2, x1:x2], 0.5 / scale), (max(1, int((y2 - y1) * scale)), max(1, int((x2 - x1) * scale))))
        cy, cx = ndimage.center_of_mass(ink)
        top = int(np.clip(round(15.5 - cy), 1, 31 - ink.shape[0]))
        left = int(np.clip(round(15.5 - cx), 1, 31 - ink.shape[1]))
        page = np.ones((32, 32))
        page[top : top + ink.shape[0], left : left + ink.shape[1]] -= np.clip(1.3 * ink, 0, 1)
        rows[k] = page.T.flatten()
    return rows
