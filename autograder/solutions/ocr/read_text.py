# %% wrong without_spaces expects=no_spaces
# Letters alone.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    letters = classify(crop_letters(bw, bboxes), params)
    height = np.median(bboxes[:, 2] - bboxes[:, 0])
    text = []
    for line in group_lines(bboxes):
        words = letters[line[0]]
        for a, b in zip(line[:-1], line[1:]):
            words += letters[b]
        text.append(words)
    return text


# %% wrong spaces_everywhere expects=space_after_every_letter
# A space after each letter.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    letters = classify(crop_letters(bw, bboxes), params)
    height = np.median(bboxes[:, 2] - bboxes[:, 0])
    text = []
    for line in group_lines(bboxes):
        words = letters[line[0]]
        for a, b in zip(line[:-1], line[1:]):
            words += " " + letters[b]
        text.append(words)
    return text


# %% wrong narrow_gap expects=wrong_gap
# Two fifths of a letter is no gap between words.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    letters = classify(crop_letters(bw, bboxes), params)
    height = np.median(bboxes[:, 2] - bboxes[:, 0])
    text = []
    for line in group_lines(bboxes):
        words = letters[line[0]]
        for a, b in zip(line[:-1], line[1:]):
            words += (" " if bboxes[b, 1] - bboxes[a, 3] > 0.4 * height else "") + letters[b]
        text.append(words)
    return text


# %% wrong page_as_a_string expects=one_string
# Joined by line ends.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    letters = classify(crop_letters(bw, bboxes), params)
    height = np.median(bboxes[:, 2] - bboxes[:, 0])
    text = []
    for line in group_lines(bboxes):
        words = letters[line[0]]
        for a, b in zip(line[:-1], line[1:]):
            words += (" " if bboxes[b, 1] - bboxes[a, 3] > 0.75 * height else "") + letters[b]
        text.append(words)
    return "\n".join(text)


# %% wrong letters_in_lists expects=lists_of_letters
# Lists of characters.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    letters = classify(crop_letters(bw, bboxes), params)
    height = np.median(bboxes[:, 2] - bboxes[:, 0])
    text = []
    for line in group_lines(bboxes):
        words = letters[line[0]]
        for a, b in zip(line[:-1], line[1:]):
            words += (" " if bboxes[b, 1] - bboxes[a, 3] > 0.75 * height else "") + letters[b]
        text.append(words)
    return [list(line) for line in text]


# %% wrong wrong_alphabet expects=digits_first
# Digits first, then letters.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    letters = classify(crop_letters(bw, bboxes), params)
    letters = "".join((CLASSES[26:] + CLASSES[:26])[CLASSES.index(c)] for c in letters)
    height = np.median(bboxes[:, 2] - bboxes[:, 0])
    text = []
    for line in group_lines(bboxes):
        words = letters[line[0]]
        for a, b in zip(line[:-1], line[1:]):
            words += (" " if bboxes[b, 1] - bboxes[a, 3] > 0.75 * height else "") + letters[b]
        text.append(words)
    return text


# %% wrong bottom_up expects=lines_upside_down
# The last line first.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    letters = classify(crop_letters(bw, bboxes), params)
    height = np.median(bboxes[:, 2] - bboxes[:, 0])
    text = []
    for line in group_lines(bboxes):
        words = letters[line[0]]
        for a, b in zip(line[:-1], line[1:]):
            words += (" " if bboxes[b, 1] - bboxes[a, 3] > 0.75 * height else "") + letters[b]
        text.append(words)
    return text[::-1]


# %% wrong backwards expects=letters_backwards
# Each line from right to left.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    letters = classify(crop_letters(bw, bboxes), params)
    height = np.median(bboxes[:, 2] - bboxes[:, 0])
    text = []
    for line in group_lines(bboxes):
        words = letters[line[0]]
        for a, b in zip(line[:-1], line[1:]):
            words += (" " if bboxes[b, 1] - bboxes[a, 3] > 0.75 * height else "") + letters[b]
        text.append(words)
    return [line[::-1] for line in text]


# %% wrong transposed_again expects=rows_changed_again
# Turns the crops upright before the network sees them.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    letters = classify(crop_letters(bw, bboxes).reshape(-1, 32, 32).transpose(0, 2, 1).reshape(-1, 1024), params)
    height = np.median(bboxes[:, 2] - bboxes[:, 0])
    text = []
    for line in group_lines(bboxes):
        words = letters[line[0]]
        for a, b in zip(line[:-1], line[1:]):
            words += (" " if bboxes[b, 1] - bboxes[a, 3] > 0.75 * height else "") + letters[b]
        text.append(words)
    return text


# %% wrong inverted_again expects=rows_changed_again
# 1 for ink, because that seems natural.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    letters = classify(1 - crop_letters(bw, bboxes), params)
    height = np.median(bboxes[:, 2] - bboxes[:, 0])
    text = []
    for line in group_lines(bboxes):
        words = letters[line[0]]
        for a, b in zip(line[:-1], line[1:]):
            words += (" " if bboxes[b, 1] - bboxes[a, 3] > 0.75 * height else "") + letters[b]
        text.append(words)
    return text


# %% wrong one_line_only expects=all_in_one_line
# All lines joined.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    letters = classify(crop_letters(bw, bboxes), params)
    height = np.median(bboxes[:, 2] - bboxes[:, 0])
    text = []
    for line in group_lines(bboxes):
        words = letters[line[0]]
        for a, b in zip(line[:-1], line[1:]):
            words += (" " if bboxes[b, 1] - bboxes[a, 3] > 0.75 * height else "") + letters[b]
        text.append(words)
    return [" ".join(text)]


# %% wrong trailing_space expects=space_at_the_end
# Every word with a space behind it.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    letters = classify(crop_letters(bw, bboxes), params)
    height = np.median(bboxes[:, 2] - bboxes[:, 0])
    text = []
    for line in group_lines(bboxes):
        words = letters[line[0]]
        for a, b in zip(line[:-1], line[1:]):
            words += (" " if bboxes[b, 1] - bboxes[a, 3] > 0.75 * height else "") + letters[b]
        text.append(words)
    return [line + " " for line in text]


# %% wrong small_letters expects=lower_case
# Lower case reads better.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    letters = classify(crop_letters(bw, bboxes), params)
    height = np.median(bboxes[:, 2] - bboxes[:, 0])
    text = []
    for line in group_lines(bboxes):
        words = letters[line[0]]
        for a, b in zip(line[:-1], line[1:]):
            words += (" " if bboxes[b, 1] - bboxes[a, 3] > 0.75 * height else "") + letters[b]
        text.append(words)
    return [line.lower() for line in text]


# %% right own_forward
# The network by hand, letter by letter; gaps from the mean width.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    bboxes = np.asarray(bboxes)
    widths = bboxes[:, 3] - bboxes[:, 1]
    text = []
    for line in group_lines(bboxes):
        string, right = "", None
        for i in line:
            row = crop_letters(bw, bboxes[i : i + 1])
            hidden = 1 / (1 + np.exp(-(row @ params["Wlayer1"] + params["blayer1"])))
            letter = CLASSES[int((hidden @ params["Woutput"] + params["boutput"]).argmax())]
            if right is not None and bboxes[i, 1] - right > 0.9 * widths.mean():
                string += " "
            string, right = string + letter, bboxes[i, 3]
        text.append(string)
    return text


# %% right two_groups_of_gaps
# Otsu's method on all gaps of the page.
def read_text(image, params):
    boxes, bw = findLetters(image)
    if not len(boxes):
        return []
    lines = group_lines(boxes)
    gaps = [[int(boxes[b][1] - boxes[a][3]) for a, b in zip(line, line[1:])] for line in lines]
    flat = np.array([g for line in gaps for g in line], dtype=float)
    limit = filters.threshold_otsu(flat) if len(flat) > 2 and np.ptp(flat) > 20 else np.inf
    read = classify(crop_letters(bw, boxes), params)
    result = []
    for line, between in zip(lines, gaps):
        result.append("".join(read[i] + (" " if g > limit else "") for i, g in zip(line, [*between, -np.inf])))
    return result


# %% right split_and_join
# Words first, as lists of row numbers; a tuple of lines.
def read_text(image, params):
    bboxes, bw = findLetters(image)
    size = np.percentile(bboxes[:, 2] - bboxes[:, 0], 60)
    lines = []
    for line in group_lines(bboxes):
        line = np.asarray(line)
        cuts = np.flatnonzero(bboxes[line[1:], 1] - bboxes[line[:-1], 3] > 0.7 * size) + 1
        words = [classify(crop_letters(bw, bboxes[word]), params) for word in np.split(line, cuts)]
        lines.append(" ".join(words))
    return tuple(lines)
