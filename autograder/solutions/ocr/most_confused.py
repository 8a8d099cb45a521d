# %% wrong one_triangle expects=one_direction
# Takes the upper triangle without the lower one.
def most_confused(matrix, k=8):
    M = np.triu(matrix, 1)
    order = np.argsort(-M, axis=None)[:k]
    return [(CLASSES[n // 36], CLASSES[n % 36], int(M[n // 36, n % 36])) for n in order]


# %% wrong both_listed expects=each_pair_twice
# Symmetric, and both halves listed.
def most_confused(matrix, k=8):
    both = (matrix + matrix.T).astype(float)
    np.fill_diagonal(both, -1)
    order = np.argsort(-both, axis=None)[:k]
    return [(CLASSES[n // 36], CLASSES[n % 36], both[n // 36, n % 36]) for n in order]


# %% wrong keeps_diagonal expects=diagonal_among_them
# Forgets that the diagonal is right.
def most_confused(matrix, k=8):
    both = np.triu(matrix + matrix.T)
    order = np.argsort(-both, axis=None)[:k]
    return [(CLASSES[n // 36], CLASSES[n % 36], int(both[n // 36, n % 36])) for n in order]


# %% wrong rising expects=smallest_first
# argsort without a reversal: the right pairs in ascending order.
def most_confused(matrix, k=8):
    both = np.triu(matrix + matrix.T, 1)
    order = np.argsort(both, axis=None)[-k:]
    return [(CLASSES[n // 36], CLASSES[n % 36], int(both[n // 36, n % 36])) for n in order]


# %% wrong indices expects=numbers_not_letters
# Class numbers.
def most_confused(matrix, k=8):
    both = np.triu(matrix + matrix.T, 1)
    order = np.argsort(-both, axis=None)[:k]
    return [(int(n // 36), int(n % 36), int(both[n // 36, n % 36])) for n in order]


# %% wrong always_eight expects=k_ignored
# 8 instead of k.
def most_confused(matrix, k=8):
    pairs = [(CLASSES[a], CLASSES[b], matrix[a, b] + matrix[b, a]) for a in range(36) for b in range(a)]
    pairs.sort(key=lambda p: p[2], reverse=True)
    return pairs[:8]


# %% wrong names_only expects=counts_missing
# Pairs of letters without counts.
def most_confused(matrix, k=8):
    pairs = [(matrix[a, b] + matrix[b, a], CLASSES[a], CLASSES[b]) for a in range(36) for b in range(a)]
    return [(a, b) for _, a, b in sorted(pairs, reverse=True)[:k]]


# %% wrong zeroes_the_diagonal expects=matrix_changed
# np.fill_diagonal on the argument.
def most_confused(matrix, k=8):
    np.fill_diagonal(matrix, 0)
    pairs = [(CLASSES[a], CLASSES[b], int(matrix[a, b] + matrix[b, a])) for a in range(36) for b in range(a)]
    return sorted(pairs, key=lambda p: -p[2])[:k]


# %% wrong symmetrised expects=directions_averaged
# The symmetric part is an average.
def most_confused(matrix, k=8):
    S = (matrix + matrix.T) / 2
    pairs = [(CLASSES[a], CLASSES[b], S[a, b]) for a in range(36) for b in range(a)]
    return sorted(pairs, key=lambda p: -p[2])[:k]


# %% right heap
# A heap of tuples.
def most_confused(matrix, k=8):
    import heapq

    pairs = ((CLASSES[a], CLASSES[b], int(matrix[a, b] + matrix[b, a])) for a in range(36) for b in range(a + 1, 36))
    return heapq.nlargest(k, pairs, key=lambda pair: pair[2])


# %% right argsort_of_a_copy
# argsort of a masked copy; NumPy counts, lists instead of tuples.
def most_confused(matrix, k=8):
    both = np.tril(matrix + matrix.T, -1)
    order = np.argsort(both, axis=None, kind='stable')[::-1][:k]
    rows, columns = np.unravel_index(order, both.shape)
    return [[CLASSES[a], CLASSES[b], both[a, b]] for a, b in zip(rows, columns)]


# %% right counter
# A Counter over joined names, split up again.
def most_confused(matrix, k=8):
    from collections import Counter

    counts = Counter()
    for a in range(len(CLASSES)):
        for b in range(len(CLASSES)):
            if a != b:
                counts[''.join(sorted(CLASSES[a] + CLASSES[b]))] += float(matrix[a][b])
    return [(name[0], name[1], count) for name, count in counts.most_common(k)]
