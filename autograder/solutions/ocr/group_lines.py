# %% wrong sorted_by_y1 expects=pixels_for_lines
# A new line wherever the upper edge jumps by more than twenty pixels.
def group_lines(bboxes):
    order = np.argsort(bboxes[:, 0], kind="stable")
    lines = [[int(order[0])]]
    for i in order[1:]:
        if abs(bboxes[i, 0] - bboxes[lines[-1][-1], 0]) <= 20:
            lines[-1].append(int(i))
        else:
            lines.append([int(i)])
    return [sorted(line, key=lambda i: bboxes[i, 1]) for line in lines]


# %% wrong first_box_of_the_line expects=first_letter_decides
# Middles are compared with the line's first box: tilt breaks it.
def group_lines(bboxes):
    mid = (bboxes[:, 0] + bboxes[:, 2]) / 2
    h = np.median(bboxes[:, 2] - bboxes[:, 0])
    rows = []
    for i in np.argsort(mid, kind="stable"):
        for row in rows:
            if abs(mid[row[0]] - mid[i]) < h / 2:
                row.append(int(i))
                break
        else:
            rows.append([int(i)])
    return [sorted(row, key=lambda i: bboxes[i, 1]) for row in rows]


# %% wrong reversed_lines expects=bottom_to_top
# Sorted downwards, as y grows upwards in school.
def group_lines(bboxes):
    mid = (bboxes[:, 0] + bboxes[:, 2]) / 2
    h = np.median(bboxes[:, 2] - bboxes[:, 0])
    rows = []
    for i in np.argsort(bboxes[:, 1], kind="stable"):
        near = [r for r in rows if abs(mid[r[-1]] - mid[i]) < 0.7 * h]
        if near:
            min(near, key=lambda r: abs(mid[r[-1]] - mid[i])).append(int(i))
        else:
            rows.append([int(i)])
    return sorted(rows, key=lambda r: -mid[r].mean())


# %% wrong right_to_left expects=right_to_left
# Largest x first.
def group_lines(bboxes):
    mid = (bboxes[:, 0] + bboxes[:, 2]) / 2
    h = np.median(bboxes[:, 2] - bboxes[:, 0])
    rows = []
    for i in np.argsort(bboxes[:, 1], kind="stable"):
        near = [r for r in rows if abs(mid[r[-1]] - mid[i]) < 0.7 * h]
        (near[0] if near else rows.append([]) or rows[-1]).append(int(i))
    return [r[::-1] for r in sorted(rows, key=lambda r: mid[r].mean())]


# %% wrong boxes_not_numbers expects=boxes_returned
# The boxes themselves.
def group_lines(bboxes):
    mid = (bboxes[:, 0] + bboxes[:, 2]) / 2
    h = np.median(bboxes[:, 2] - bboxes[:, 0])
    rows = []
    for i in np.argsort(bboxes[:, 1], kind="stable"):
        near = [r for r in rows if abs(mid[r[-1]] - mid[i]) < 0.7 * h]
        (near[0] if near else rows.append([]) or rows[-1]).append(int(i))
    rows.sort(key=lambda r: mid[r].mean())
    return [[list(bboxes[i]) for i in r] for r in rows]


# %% wrong from_one expects=numbers_from_one
# Letters counted from one.
def group_lines(bboxes):
    mid = (bboxes[:, 0] + bboxes[:, 2]) / 2
    h = np.median(bboxes[:, 2] - bboxes[:, 0])
    rows = []
    for i in np.argsort(bboxes[:, 1], kind="stable"):
        near = [r for r in rows if abs(mid[r[-1]] - mid[i]) < 0.7 * h]
        (near[0] if near else rows.append([]) or rows[-1]).append(int(i))
    rows.sort(key=lambda r: mid[r].mean())
    return [[i + 1 for i in r] for r in rows]


# %% wrong never_appended expects=last_line_lost
# A line is added when the next begins; the last one never is.
def group_lines(bboxes):
    mid = (bboxes[:, 0] + bboxes[:, 2]) / 2
    h = np.median(bboxes[:, 2] - bboxes[:, 0])
    rows = []
    for i in np.argsort(bboxes[:, 1], kind="stable"):
        near = [r for r in rows if abs(mid[r[-1]] - mid[i]) < 0.7 * h]
        (near[0] if near else rows.append([]) or rows[-1]).append(int(i))
    result, line = [], None
    for row in sorted(rows, key=lambda r: mid[r].mean()):
        if line is not None:
            result.append(line)
        line = row
    return result


# %% wrong as_found expects=order_as_found
# Grouped, but never sorted by x1.
def group_lines(bboxes):
    mid = (bboxes[:, 0] + bboxes[:, 2]) / 2
    h = np.median(bboxes[:, 2] - bboxes[:, 0])
    rows = []
    for i in np.argsort(bboxes[:, 1], kind="stable"):
        near = [r for r in rows if abs(mid[r[-1]] - mid[i]) < 0.7 * h]
        (near[0] if near else rows.append([]) or rows[-1]).append(int(i))
    return [sorted(r) for r in sorted(rows, key=lambda r: mid[r].mean())]


# %% right overlap_of_neighbours
# A box joins the line whose last box it overlaps in height.
def group_lines(bboxes):
    boxes = np.asarray(bboxes)
    lines = []
    for i in sorted(range(len(boxes)), key=lambda i: boxes[i][1]):
        top, _, bottom, _ = boxes[i]
        best, most = None, 0
        for line in lines:
            a, b = boxes[line[-1]][[0, 2]]
            common = min(bottom, b) - max(top, a)
            if common > most:
                best, most = line, common
        if best is None:
            lines.append([i])
        else:
            best.append(i)
    return sorted(lines, key=lambda line: np.mean([boxes[i][2] for i in line]))


# %% right slope_first
# Estimates the page's slope from neighbours, then clusters what is left of the rows.
def group_lines(bboxes):
    boxes = np.asarray(bboxes, dtype=float)
    x, y = boxes[:, [1, 3]].mean(axis=1), boxes[:, [0, 2]].mean(axis=1)
    height = np.median(boxes[:, 2] - boxes[:, 0])
    best = None
    for slope in np.linspace(-0.06, 0.06, 49):
        flat = y - slope * x
        order = np.argsort(flat)
        cuts = np.flatnonzero(np.diff(flat[order]) > 0.45 * height)
        groups = np.split(order, cuts + 1)
        spread = sum(((flat[g] - flat[g].mean()) ** 2).sum() for g in groups) + 2 * height**2 * len(groups)
        if best is None or spread < best[0]:
            best = spread, groups
    return [[int(i) for i in g[np.argsort(x[g])]] for g in best[1]]


# %% right arrays_in_a_tuple
# Union-find over neighbours, lines as arrays in a tuple.
def group_lines(bboxes):
    b = np.array(bboxes, dtype=float)
    root = list(range(len(b)))

    def find(i):
        while root[i] != i:
            i = root[i]
        return i

    order = np.argsort(b[:, 1])
    for k, i in enumerate(order):
        for j in order[:k][::-1]:
            common = min(b[i, 2], b[j, 2]) - max(b[i, 0], b[j, 0])
            if common > 0.3 * min(b[i, 2] - b[i, 0], b[j, 2] - b[j, 0]):
                root[find(i)] = find(j)
                break
    names = np.array([find(i) for i in range(len(b))])
    lines = [np.array([i for i in order if names[i] == name]) for name in set(names.tolist())]
    return tuple(sorted(lines, key=lambda line: b[line, 0].mean()))
