# %% wrong predicted_rows expects=rows_are_predicted
# Index order swapped.
def confusion_matrix(y, probs):
    matrix = np.zeros((y.shape[1], y.shape[1]))
    for t, p in zip(y.argmax(1), probs.argmax(1)):
        matrix[p, t] += 1
    return matrix


# %% wrong fancy_increment expects=each_place_counted_once
# The classic: += with index arrays.
def confusion_matrix(y, probs):
    matrix = np.zeros((y.shape[1], y.shape[1]), dtype=int)
    matrix[np.argmax(y, axis=1), np.argmax(probs, axis=1)] += 1
    return matrix


# %% wrong rows_normalised expects=shares_not_counts
# Rows divided by their sums, as many plots have it.
def confusion_matrix(y, probs):
    matrix = np.zeros((y.shape[1], y.shape[1]))
    np.add.at(matrix, (y.argmax(1), probs.argmax(1)), 1)
    sums = matrix.sum(axis=1, keepdims=True)
    return np.divide(matrix, sums, out=np.zeros_like(matrix), where=sums > 0)


# %% wrong soft_counts expects=probabilities_added
# Matrix product with the probabilities.
def confusion_matrix(y, probs):
    return np.dot(y.T, probs)


# %% wrong only_seen_classes expects=absent_classes_left_out
# As scikit-learn does without labels=.
def confusion_matrix(y, probs):
    t, p = y.argmax(1), probs.argmax(1)
    seen = sorted(set(t.tolist()) | set(p.tolist()))
    return np.array([[np.sum((t == a) & (p == b)) for b in seen] for a in seen])


# %% wrong typed_36 expects=always_36_classes
# 36 typed in.
def confusion_matrix(y, probs):
    M = np.zeros((36, 36))
    for i in range(len(y)):
        M[np.argmax(y[i]), np.argmax(probs[i])] += 1
    return M


# %% wrong errors_only expects=diagonal_missing
# Counts errors only.
def confusion_matrix(y, probs):
    M = np.zeros((y.shape[1], y.shape[1]), int)
    for t, p in zip(y.argmax(1), probs.argmax(1)):
        if t != p:
            M[t, p] += 1
    return M


# %% wrong rounds_in_place expects=arguments_changed
# Turns the caller's probabilities into answers.
def confusion_matrix(y, probs):
    top = probs.argmax(1)
    probs[:] = 0
    probs[np.arange(len(top)), top] = 1
    return y.T @ probs


# %% right one_hot_product
# A product of one-hot matrices.
def confusion_matrix(y, probs):
    answers = np.eye(probs.shape[1])[probs.argmax(axis=1)]
    return y.T @ answers


# %% right bincount
# One bincount of combined numbers.
def confusion_matrix(y, probs):
    C = y.shape[1]
    return np.bincount(y.argmax(1) * C + probs.argmax(1), minlength=C * C).reshape(C, C)


# %% right histogram
# A two-dimensional histogram.
def confusion_matrix(y, probs):
    edges = np.arange(y.shape[1] + 1) - 0.5
    return np.histogram2d(y.argmax(1), probs.argmax(1), bins=(edges, edges))[0]


# %% right lists
# Nested lists of ints.
def confusion_matrix(y, probs):
    C = y.shape[1]
    M = [[0] * C for _ in range(C)]
    for row, said in zip(y.tolist(), probs.tolist()):
        M[row.index(max(row))][said.index(max(said))] += 1
    return M
