# %% wrong mask_returned expects=inverted_bw
# The mask of the ink, as a float.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    smooth = ndimage.gaussian_filter(1 - gray / paper, 1)
    ink = smooth > filters.threshold_otsu(smooth)
    regions = measure.regionprops(measure.label(morphology.closing(ink, morphology.disk(1)), connectivity=2))
    boxes = np.array([r.bbox for r in regions if r.area > 40])
    height = np.percentile(boxes[:, 2] - boxes[:, 0], 75)
    tall, wide = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    boxes = boxes[(np.maximum(tall, wide) > 0.4 * height) & (wide < 3 * height)]
    return boxes, ink.astype(float)


# %% wrong x_first expects=columns_first
# [x1, y1, x2, y2], as image programs have it.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    smooth = ndimage.gaussian_filter(1 - gray / paper, 1)
    ink = smooth > filters.threshold_otsu(smooth)
    regions = measure.regionprops(measure.label(morphology.closing(ink, morphology.disk(1)), connectivity=2))
    boxes = np.array([r.bbox for r in regions if r.area > 40])
    height = np.percentile(boxes[:, 2] - boxes[:, 0], 75)
    tall, wide = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    boxes = boxes[(np.maximum(tall, wide) > 0.4 * height) & (wide < 3 * height)]
    return boxes[:, [1, 0, 3, 2]], 1.0 - ink


# %% wrong xywh expects=x_y_width_height
# [x, y, w, h], as OpenCV gives them.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    smooth = ndimage.gaussian_filter(1 - gray / paper, 1)
    ink = smooth > filters.threshold_otsu(smooth)
    regions = measure.regionprops(measure.label(morphology.closing(ink, morphology.disk(1)), connectivity=2))
    boxes = np.array([r.bbox for r in regions if r.area > 40])
    height = np.percentile(boxes[:, 2] - boxes[:, 0], 75)
    tall, wide = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    boxes = boxes[(np.maximum(tall, wide) > 0.4 * height) & (wide < 3 * height)]
    y1, x1, y2, x2 = boxes.T
    return np.stack([x1, y1, x2 - x1, y2 - y1], axis=1), 1.0 - ink


# %% wrong yxhw expects=y_x_height_width
# The corner, and then height and width.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    smooth = ndimage.gaussian_filter(1 - gray / paper, 1)
    ink = smooth > filters.threshold_otsu(smooth)
    regions = measure.regionprops(measure.label(morphology.closing(ink, morphology.disk(1)), connectivity=2))
    boxes = np.array([r.bbox for r in regions if r.area > 40])
    height = np.percentile(boxes[:, 2] - boxes[:, 0], 75)
    tall, wide = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    boxes = boxes[(np.maximum(tall, wide) > 0.4 * height) & (wide < 3 * height)]
    y1, x1, y2, x2 = boxes.T
    return np.stack([y1, x1, y2 - y1, x2 - x1], axis=1), 1.0 - ink


# %% wrong slices expects=rows_then_columns
# [y1, y2, x1, x2], as slices have them.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    smooth = ndimage.gaussian_filter(1 - gray / paper, 1)
    ink = smooth > filters.threshold_otsu(smooth)
    regions = measure.regionprops(measure.label(morphology.closing(ink, morphology.disk(1)), connectivity=2))
    boxes = np.array([r.bbox for r in regions if r.area > 40])
    height = np.percentile(boxes[:, 2] - boxes[:, 0], 75)
    tall, wide = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    boxes = boxes[(np.maximum(tall, wide) > 0.4 * height) & (wide < 3 * height)]
    return [(y1, y2, x1, x2) for y1, x1, y2, x2 in boxes], 1.0 - ink


# %% wrong bw_before_boxes expects=bw_first
# The wrong way round in the return.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    smooth = ndimage.gaussian_filter(1 - gray / paper, 1)
    ink = smooth > filters.threshold_otsu(smooth)
    regions = measure.regionprops(measure.label(morphology.closing(ink, morphology.disk(1)), connectivity=2))
    boxes = np.array([r.bbox for r in regions if r.area > 40])
    height = np.percentile(boxes[:, 2] - boxes[:, 0], 75)
    tall, wide = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    boxes = boxes[(np.maximum(tall, wide) > 0.4 * height) & (wide < 3 * height)]
    return 1.0 - ink, boxes


# %% wrong boolean_bw expects=bw_not_float
# A boolean picture.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    smooth = ndimage.gaussian_filter(1 - gray / paper, 1)
    ink = smooth > filters.threshold_otsu(smooth)
    regions = measure.regionprops(measure.label(morphology.closing(ink, morphology.disk(1)), connectivity=2))
    boxes = np.array([r.bbox for r in regions if r.area > 40])
    height = np.percentile(boxes[:, 2] - boxes[:, 0], 75)
    tall, wide = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    boxes = boxes[(np.maximum(tall, wide) > 0.4 * height) & (wide < 3 * height)]
    return boxes, ~ink


# %% wrong bytes_bw expects=bw_in_bytes
# 0 and 255, as files have it.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    smooth = ndimage.gaussian_filter(1 - gray / paper, 1)
    ink = smooth > filters.threshold_otsu(smooth)
    regions = measure.regionprops(measure.label(morphology.closing(ink, morphology.disk(1)), connectivity=2))
    boxes = np.array([r.bbox for r in regions if r.area > 40])
    height = np.percentile(boxes[:, 2] - boxes[:, 0], 75)
    tall, wide = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    boxes = boxes[(np.maximum(tall, wide) > 0.4 * height) & (wide < 3 * height)]
    return boxes, 255.0 * (1 - ink)


# %% wrong gray_for_bw expects=bw_is_gray
# The grey picture is no black and white.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    smooth = ndimage.gaussian_filter(1 - gray / paper, 1)
    ink = smooth > filters.threshold_otsu(smooth)
    regions = measure.regionprops(measure.label(morphology.closing(ink, morphology.disk(1)), connectivity=2))
    boxes = np.array([r.bbox for r in regions if r.area > 40])
    height = np.percentile(boxes[:, 2] - boxes[:, 0], 75)
    tall, wide = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    boxes = boxes[(np.maximum(tall, wide) > 0.4 * height) & (wide < 3 * height)]
    return boxes, gray


# %% wrong all_components expects=specks_kept
# A tenth darker than paper, and no limit on size: specks get boxes.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    smooth = ndimage.gaussian_filter(1 - gray / paper, 0.3)
    ink = smooth > 0.1
    boxes = np.array([r.bbox for r in measure.regionprops(measure.label(ink, connectivity=2))])
    return boxes, 1.0 - ink


# %% wrong global_otsu expects=one_threshold_for_all
# One threshold, in the shadow and in the light.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    smooth = ndimage.gaussian_filter(1 - gray, 1)
    ink = smooth > filters.threshold_otsu(smooth)
    regions = measure.regionprops(measure.label(morphology.closing(ink, morphology.disk(1)), connectivity=2))
    boxes = np.array([r.bbox for r in regions if r.area > 40])
    height = np.percentile(boxes[:, 2] - boxes[:, 0], 75)
    tall, wide = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    boxes = boxes[(np.maximum(tall, wide) > 0.4 * height) & (wide < 3 * height)]
    return boxes, 1.0 - ink


# %% wrong wide_closing expects=letters_grown_together
# A radius of ten pixels.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    smooth = ndimage.gaussian_filter(1 - gray / paper, 1)
    ink = smooth > filters.threshold_otsu(smooth)
    regions = measure.regionprops(measure.label(morphology.closing(ink, morphology.disk(10)), connectivity=2))
    boxes = np.array([r.bbox for r in regions if r.area > 40])
    height = np.percentile(boxes[:, 2] - boxes[:, 0], 75)
    tall, wide = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    boxes = boxes[(np.maximum(tall, wide) > 0.4 * height) & (wide < 3 * height)]
    return boxes, 1.0 - ink


# %% wrong fixed_sizes expects=sizes_in_pixels
# Nothing above 55 pixels is a letter.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    smooth = ndimage.gaussian_filter(1 - gray / paper, 1)
    ink = smooth > filters.threshold_otsu(smooth)
    regions = measure.regionprops(measure.label(morphology.closing(ink, morphology.disk(1)), connectivity=2))
    boxes = np.array([r.bbox for r in regions if r.area > 40])
    boxes = boxes[(boxes[:, 2] - boxes[:, 0] < 55) & (boxes[:, 3] - boxes[:, 1] < 60)]
    boxes = boxes[np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) > 15]
    return boxes, 1.0 - ink


# %% right scipy_only
# scipy.ndimage: label, find_objects, a maximum filter for the paper; lists of boxes.
def findLetters(image):
    gray = np.asarray(image, dtype=float)
    gray = gray.mean(axis=2) if gray.ndim == 3 else gray
    gray = gray / gray.max()
    n = max(1, min(gray.shape) // 150)
    small = ndimage.zoom(ndimage.gaussian_filter(gray, n), 1 / n, order=1)
    paper = ndimage.gaussian_filter(ndimage.percentile_filter(small, 80, 25), 8)
    paper = ndimage.zoom(paper, (gray.shape[0] / paper.shape[0], gray.shape[1] / paper.shape[1]), order=1)
    dark = ndimage.gaussian_filter(1 - gray / paper[: gray.shape[0], : gray.shape[1]], 1.2)
    ink = dark > filters.threshold_otsu(dark)
    labels, _ = ndimage.label(ink, np.ones((3, 3)))
    boxes = [(r.start, c.start, r.stop, c.stop) for r, c in ndimage.find_objects(labels)]
    height = np.percentile([b[2] - b[0] for b in boxes if b[2] - b[0] > 10], 60)
    boxes = [b for b in boxes if max(b[2] - b[0], b[3] - b[1]) > 0.4 * height and b[2] - b[0] > 0.2 * height and b[3] - b[1] < 3 * height]
    return join(boxes, height), np.where(ink, 0.0, 1.0)


def join(boxes, height):
    """Join what lies above each other: boxes that share columns."""
    boxes = sorted(map(list, boxes))
    k = 0
    while k < len(boxes):
        for other in boxes[:k]:
            common = min(boxes[k][3], other[3]) - max(boxes[k][1], other[1])
            narrow = min(boxes[k][3] - boxes[k][1], other[3] - other[1])
            if common > 0.6 * narrow and boxes[k][0] - other[2] < 0.15 * height and max(boxes[k][2], other[2]) - other[0] < 1.5 * height:
                other[:] = [min(a, b) for a, b in zip(other[:2], boxes[k][:2])] + [max(a, b) for a, b in zip(other[2:], boxes[k][2:])]
                del boxes[k]
                break
        else:
            k += 1
    return boxes


# %% right contours
# Outer contours of the darkness, and what lies inside of another is dropped.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = filters.gaussian(ndimage.maximum_filter(filters.gaussian(gray, 2), 45), 15)
    dark = filters.gaussian(np.clip(1 - gray / paper, 0, 1), 1.2)
    level = filters.threshold_otsu(dark)
    boxes = []
    for contour in measure.find_contours(np.pad(dark, 1), level):
        y1, x1 = np.floor(contour.min(axis=0)).astype(int)
        y2, x2 = np.ceil(contour.max(axis=0)).astype(int)
        boxes.append((max(y1 - 1, 0), max(x1 - 1, 0), min(y2, gray.shape[0]), min(x2, gray.shape[1])))
    height = np.percentile([b[2] - b[0] for b in boxes if b[2] - b[0] > 10], 60)
    boxes = [b for b in boxes if max(b[2] - b[0], b[3] - b[1]) > 0.4 * height and b[2] - b[0] > 0.2 * height and b[3] - b[1] < 3 * height]
    boxes = [b for b in boxes if not any(o != b and o[0] <= b[0] and o[1] <= b[1] and b[2] <= o[2] and b[3] <= o[3] for o in boxes)]
    return np.array(join(boxes, height)), 1.0 - (dark > level)


def join(boxes, height):
    """Join what lies above each other: boxes that share columns."""
    boxes = sorted(map(list, boxes))
    k = 0
    while k < len(boxes):
        for other in boxes[:k]:
            common = min(boxes[k][3], other[3]) - max(boxes[k][1], other[1])
            narrow = min(boxes[k][3] - boxes[k][1], other[3] - other[1])
            if common > 0.6 * narrow and boxes[k][0] - other[2] < 0.15 * height and max(boxes[k][2], other[2]) - other[0] < 1.5 * height:
                other[:] = [min(a, b) for a, b in zip(other[:2], boxes[k][:2])] + [max(a, b) for a, b in zip(other[2:], boxes[k][2:])]
                del boxes[k]
                break
        else:
            k += 1
    return boxes


# %% right local_threshold
# threshold_local, remove small objects, regionprops; float32 bw.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    smooth = filters.gaussian(gray, 1)
    size = 2 * (min(gray.shape) // 8) + 1
    dark = 1 - smooth / filters.threshold_local(smooth, size, method="gaussian", param=size / 3)
    ink = dark > max(filters.threshold_otsu(dark), 0.12)
    regions = measure.regionprops(measure.label(ink, connectivity=2))
    heights = [r.bbox[2] - r.bbox[0] for r in regions if r.area > 60]
    height = np.median(heights)
    boxes = [r.bbox for r in regions if max(r.bbox[2] - r.bbox[0], r.bbox[3] - r.bbox[1]) > 0.4 * height and r.bbox[2] - r.bbox[0] > 0.2 * height and r.bbox[3] - r.bbox[1] < 3 * height]
    return np.array(join(boxes, height), dtype=np.int64), (1 - ink).astype(np.float32)


def join(boxes, height):
    """Join what lies above each other: boxes that share columns."""
    boxes = sorted(map(list, boxes))
    k = 0
    while k < len(boxes):
        for other in boxes[:k]:
            common = min(boxes[k][3], other[3]) - max(boxes[k][1], other[1])
            narrow = min(boxes[k][3] - boxes[k][1], other[3] - other[1])
            if common > 0.6 * narrow and boxes[k][0] - other[2] < 0.15 * height and max(boxes[k][2], other[2]) - other[0] < 1.5 * height:
                other[:] = [min(a, b) for a, b in zip(other[:2], boxes[k][:2])] + [max(a, b) for a, b in zip(other[2:], boxes[k][2:])]
                del boxes[k]
                break
        else:
            k += 1
    return boxes


# %% right watershed
# Seeds from certain ink, grown by a watershed over the darkness.
def findLetters(image):
    from skimage.segmentation import watershed

    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    dark = ndimage.gaussian_filter(1 - gray / paper, 1)
    level = filters.threshold_otsu(dark)
    seeds = measure.label(dark > 1.1 * level, connectivity=2)
    grown = watershed(-dark, seeds, mask=dark > 0.9 * level)
    boxes = [r.bbox for r in measure.regionprops(grown)]
    height = np.percentile([b[2] - b[0] for b in boxes if b[2] - b[0] > 10], 60)
    boxes = [b for b in boxes if max(b[2] - b[0], b[3] - b[1]) > 0.4 * height and b[2] - b[0] > 0.2 * height and b[3] - b[1] < 3 * height]
    return np.array(join(boxes, height)).astype(float), 1.0 - (dark > level)


def join(boxes, height):
    """Join what lies above each other: boxes that share columns."""
    boxes = sorted(map(list, boxes))
    k = 0
    while k < len(boxes):
        for other in boxes[:k]:
            common = min(boxes[k][3], other[3]) - max(boxes[k][1], other[1])
            narrow = min(boxes[k][3] - boxes[k][1], other[3] - other[1])
            if common > 0.6 * narrow and boxes[k][0] - other[2] < 0.15 * height and max(boxes[k][2], other[2]) - other[0] < 1.5 * height:
                other[:] = [min(a, b) for a, b in zip(other[:2], boxes[k][:2])] + [max(a, b) for a, b in zip(other[2:], boxes[k][2:])]
                del boxes[k]
                break
        else:
            k += 1
    return boxes


# %% right projection_profiles
# Rows of ink cut the page into bands, columns of ink each band into letters.
def findLetters(image):
    gray = color.rgb2gray(image) if np.ndim(image) == 3 else util.img_as_float(image)
    paper = ndimage.gaussian_filter(ndimage.maximum_filter(ndimage.gaussian_filter(gray, 2), 45), 15)
    dark = ndimage.gaussian_filter(1 - gray / paper, 1)
    ink = dark > filters.threshold_otsu(dark)
    labels = measure.label(ink, connectivity=2)
    regions = measure.regionprops(labels)
    height = np.percentile([r.bbox[2] - r.bbox[0] for r in regions if r.area > 40], 75)
    letters = np.zeros_like(ink)
    for r in regions:  # rules and specks must not reach the profiles
        y1, x1, y2, x2 = r.bbox
        if max(y2 - y1, x2 - x1) > 0.3 * height and x2 - x1 < 3 * height:
            letters[labels == r.label] = True
    boxes = []
    for r in measure.regionprops(measure.label(ndimage.binary_dilation(letters, np.ones((1, int(3 * height)))))):
        y1, y2 = r.bbox[0], r.bbox[2]
        band = letters[y1:y2] & (r.image_filled.any() > 0)
        mine = np.zeros_like(band)
        x1 = r.bbox[1]
        mine[:, x1 : r.bbox[3]] = r.image & band[:, x1 : r.bbox[3]]
        columns = np.flatnonzero(np.diff(np.r_[0, mine.any(axis=0), 0]))
        for a, b in columns.reshape(-1, 2):
            rows = np.flatnonzero(mine[:, a:b].any(axis=1))
            pieces, _ = ndimage.label(np.pad(mine[:, a:b], 1), np.ones((3, 3)))
            big = [s for s in ndimage.find_objects(pieces) if s[0].stop - s[0].start > 0.6 * height]
            if len(big) > 1:  # two tilted lines in one band, or slanted letters over each other
                boxes += [(y1 + s[0].start - 1, a + s[1].start - 1, y1 + s[0].stop - 1, a + s[1].stop - 1) for s in big]
            else:
                boxes.append((y1 + rows[0], a, y1 + rows[-1] + 1, b))
    return np.array(boxes), 1.0 - ink
