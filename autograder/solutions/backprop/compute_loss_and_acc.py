# %% wrong averaged expects=loss_averaged
# The mean over rows instead of the sum; trains well.
def compute_loss_and_acc(y, probs):
    p = np.sum(probs * y, axis=1)
    loss = -np.mean(np.log(p))
    acc = np.mean(np.argmax(probs, axis=1) == np.argmax(y, axis=1))
    return loss, acc


# %% wrong loss_of_each_row expects=loss_for_each_row
# A vector of losses instead of their sum.
def compute_loss_and_acc(y, probs):
    labels = y.argmax(axis=1)
    loss = -np.log(probs[np.arange(len(y)), labels])
    acc = (probs.argmax(axis=1) == labels).mean()
    return loss, acc


# %% wrong no_minus expects=loss_without_minus
# The log-likelihood: negative, and rising while the net learns.
def compute_loss_and_acc(y, probs):
    idx = np.argmax(y, 1)
    loss = np.log(probs[range(y.shape[0]), idx]).sum()
    acc = np.sum(np.argmax(probs, 1) == idx) / y.shape[0]
    return loss, acc


# %% wrong zero_times_log_zero expects=zero_times_infinity
# y * log p over all entries: 0 * log 0 is nan; trains well.
def compute_loss_and_acc(y, probs):
    loss = -np.sum(y * np.log(probs))
    acc = np.mean(np.argmax(y, axis=1) == np.argmax(probs, axis=1))
    return loss, acc


# %% wrong hundred_percent expects=accuracy_in_percent
# Accuracy in percent; trains well.
def compute_loss_and_acc(y, probs):
    right_p = probs[y.astype(bool)]
    loss = -np.log(right_p).sum()
    correct = 0
    for i in range(len(y)):
        if np.argmax(y[i]) == np.argmax(probs[i]):
            correct += 1
    return loss, 100 * correct / len(y)


# %% wrong counted expects=accuracy_as_count
# The number of right rows instead of their share; trains well.
def compute_loss_and_acc(y, probs):
    labels = np.argmax(y, axis=1)
    loss = -np.sum(np.log(probs[np.arange(len(y)), labels]))
    acc = np.sum(np.argmax(probs, axis=1) == labels)
    return loss, acc


# %% wrong binary expects=wrong_classes_counted
# Adds the (1-y)log(1-p) of two-class problems; trains well.
def compute_loss_and_acc(y, probs):
    eps = 1e-300
    loss = -np.sum(y * np.log(np.maximum(probs, eps)) + (1 - y) * np.log(np.maximum(1 - probs, eps)))
    acc = np.mean(probs.argmax(axis=1) == y.argmax(axis=1))
    return loss, acc


# %% wrong acc_by_entry expects=accuracy_by_entry
# Rounds the probabilities and compares entry by entry: an accuracy of 0.75 for guessing.
def compute_loss_and_acc(y, probs):
    loss = -np.log(np.sum(y * probs, axis=1)).sum()
    acc = np.mean(np.round(probs) == y)
    return loss, acc


# %% wrong order_of_results expects=accuracy_first
# (acc, loss).
def compute_loss_and_acc(y, probs):
    loss = -np.sum(np.log((y * probs).sum(axis=1)))
    acc = (y.argmax(1) == probs.argmax(1)).mean()
    return acc, loss


# %% wrong base_ten expects=logarithm_of_another_base
# log10, as on a pocket calculator; trains well.
def compute_loss_and_acc(y, probs):
    p = (y * probs).max(axis=1)
    return -np.log10(p).sum(), np.mean(probs.argmax(1) == y.argmax(1))


# %% wrong squares expects=squared_error
# The squared error, which also falls during training.
def compute_loss_and_acc(y, probs):
    loss = ((y - probs) ** 2).sum()
    acc = np.mean(np.argmax(y, axis=1) == np.argmax(probs, axis=1))
    return loss, acc


# %% wrong best_guess expects=largest_probability_for_the_loss
# The log of the largest probability, right or not: rewards confident mistakes.
def compute_loss_and_acc(y, probs):
    loss = -np.log(probs.max(axis=1)).sum()
    acc = (y.argmax(axis=1) == probs.argmax(axis=1)).sum() / len(y)
    return loss, acc


# %% wrong if_on_rows expects=if_on_an_array
# Compares two arrays with 'if': crashes.
def compute_loss_and_acc(y, probs):
    loss = -np.sum(np.log(probs[y == 1]))
    acc = 0
    if np.argmax(y, axis=1) == np.argmax(probs, axis=1):
        acc += 1
    return loss, acc / len(y)


# %% wrong big_epsilon expects=epsilon_too_large
# log(p + 0.01) against nan: every loss is a little too small; trains well.
def compute_loss_and_acc(y, probs):
    loss = -np.sum(y * np.log(probs + 0.01))
    acc = np.mean(probs.argmax(axis=1) == y.argmax(axis=1))
    return loss, acc


# %% wrong bits expects=logarithm_of_another_base
# log2, from the information theory lecture; trains well.
def compute_loss_and_acc(y, probs):
    k = np.argmax(y, axis=1)
    bits = [-np.log2(probs[n, k[n]]) for n in range(len(k))]
    return sum(bits), np.mean(k == np.argmax(probs, axis=1))


# %% wrong argmax_over_rows expects=largest_of_columns
# argmax(axis=0) for the accuracy: one number for each class instead of each row.
def compute_loss_and_acc(y, probs):
    loss = -np.log(probs[y > 0.5]).sum()
    acc = np.mean(np.argmax(y, axis=0) == np.argmax(probs, axis=0))
    return loss, acc


# %% wrong nudges_probs expects=probabilities_changed
# Replaces the zeros in the caller's array before the logarithm; trains well.
def compute_loss_and_acc(y, probs):
    probs[probs < 1e-12] = 1e-12
    loss = -(y * np.log(probs)).sum()
    return loss, np.mean(y.argmax(axis=1) == probs.argmax(axis=1))


# %% right by_index
# Picks each row's own probability.
def compute_loss_and_acc(y, probs):
    labels = y.argmax(axis=1)
    loss = -np.log(probs[np.arange(y.shape[0]), labels]).sum()
    acc = np.count_nonzero(probs.argmax(axis=1) == labels) / y.shape[0]
    return float(loss), float(acc)


# %% right by_mask
# Masks with y == 1, returns NumPy scalars.
def compute_loss_and_acc(y, probs):
    loss = np.sum(-np.log(probs[y == 1]))
    acc = np.mean(np.argmax(probs, axis=1) == np.where(y == 1)[1])
    return loss, acc


# %% right where_and_product
# y * log p with the zeros taken out by np.where.
def compute_loss_and_acc(y, probs):
    safe = np.where(y > 0, probs, 1.0)
    loss = -(y * np.log(safe)).sum()
    return loss, (y.argmax(-1) == probs.argmax(-1)).mean()


# %% right clipped_far_down
# Clips at the smallest normal float, so no finite loss changes.
def compute_loss_and_acc(y, probs):
    tiny = np.finfo(float).tiny
    loss = -np.einsum('nc,nc->', y.astype(float), np.log(np.clip(probs, tiny, None)))
    acc = 1 - np.mean(np.argmax(y, axis=1) != np.argmax(probs, axis=1))
    return loss, acc


# %% right by_hand
# Loops, with plain Python numbers.
def compute_loss_and_acc(y, probs):
    loss, correct = 0.0, 0
    for target, p in zip(y, probs):
        best = 0
        for c in range(len(p)):
            if target[c] == 1:
                label = c
                loss -= np.log(p[c])
            if p[c] > p[best]:
                best = c
        correct += best == label
    return loss, correct / len(y)


# %% right silenced_infinities
# 0 * -inf gives nan, and nansum leaves it out.
def compute_loss_and_acc(y, probs):
    with np.errstate(all='ignore'):
        loss = -np.nansum(y * np.log(probs))
    guessed = np.eye(probs.shape[1])[probs.argmax(1)]
    return loss, (guessed * y).sum() / y.shape[0]


# %% right arrays_without_dimensions
# Both results are 0-dimensional arrays.
def compute_loss_and_acc(y, probs):
    p_true = np.max(np.where(y == 1, probs, 0), axis=1)
    acc = np.asarray(np.mean(np.argmax(y, axis=1) == np.argmax(probs, axis=1)))
    return np.asarray(-np.log(p_true).sum()), acc
