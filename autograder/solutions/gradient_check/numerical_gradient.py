# %% wrong forward_difference expects=one_sided
# f(x + h) - f(x) over h, with the base loss computed once.
def numerical_gradient(loss_fn, params, eps=1e-5):
    base = loss_fn(params)
    grads = {}
    for k in params:
        p = params[k]
        g = np.zeros_like(p)
        it = np.nditer(p, flags=["multi_index"])
        while not it.finished:
            i = it.multi_index
            old = p[i]
            p[i] = old + eps
            g[i] = (loss_fn(params) - base) / eps
            p[i] = old
            it.iternext()
        grads[k] = g
    return grads


# %% wrong forgot_the_two expects=divided_by_eps
# The difference of both sides, divided by eps.
def numerical_gradient(loss_fn, params, eps=1e-5):
    grads = {k: np.zeros(v.shape) for k, v in params.items()}
    for k, v in params.items():
        for idx, old in np.ndenumerate(v):
            v[idx] = old + eps
            f_plus = loss_fn(params)
            v[idx] = old - eps
            f_minus = loss_fn(params)
            v[idx] = old
            grads[k][idx] = (f_plus - f_minus) / eps
    return grads


# %% wrong minus_first expects=lower_minus_upper
# The two losses exchanged.
def numerical_gradient(loss_fn, params, eps=1e-5):
    grads = {k: np.zeros(v.shape) for k, v in params.items()}
    for k, v in params.items():
        for idx, old in np.ndenumerate(v):
            v[idx] = old - eps
            first = loss_fn(params)
            v[idx] = old + eps
            second = loss_fn(params)
            v[idx] = old
            grads[k][idx] = (first - second) / (2 * eps)
    return grads


# %% wrong absolute_value expects=without_sign
# abs() around the difference.
def numerical_gradient(loss_fn, params, eps=1e-5):
    grads = {}
    for k, v in params.items():
        grads[k] = np.zeros(v.shape)
        for idx, old in np.ndenumerate(v):
            v[idx] = old - eps
            minus = loss_fn(params)
            v[idx] = old + eps
            plus = loss_fn(params)
            v[idx] = old
            grads[k][idx] = np.abs(plus - minus) / 2 / eps
    return grads


# %% wrong never_restored expects=not_restored
# The homework's loop with the last line forgotten.
def numerical_gradient(loss_fn, params, eps=1e-5):
    out = {}
    for k in list(params.keys()):
        out[k] = np.zeros(params[k].shape)
        for ix in np.ndindex(*params[k].shape):
            params[k][ix] += eps
            hi = loss_fn(params)
            params[k][ix] -= 2 * eps
            lo = loss_fn(params)
            out[k][ix] = (hi - lo) / (2 * eps)
    return out


# %% wrong left_high expects=not_restored
# Like the one before, the other way round: every number stays moved up.
def numerical_gradient(loss_fn, params, eps=1e-5):
    out = {}
    for k in params:
        out[k] = np.zeros(params[k].shape)
        for ix in np.ndindex(*params[k].shape):
            params[k][ix] -= eps
            lo = loss_fn(params)
            params[k][ix] += 2 * eps
            hi = loss_fn(params)
            out[k][ix] = (hi - lo) / (2 * eps)
    return out


# %% wrong plus_minus_plus expects=restored_by_adding
# Restores by arithmetic: the last bits drift.
def numerical_gradient(loss_fn, params, eps=1e-5):
    out = {}
    for k, p in params.items():
        g = np.empty(p.shape)
        for ix in np.ndindex(*p.shape):
            p[ix] += eps
            hi = loss_fn(params)
            p[ix] -= 2 * eps
            lo = loss_fn(params)
            p[ix] += eps
            g[ix] = (hi - lo) / (2 * eps)
        out[k] = g
    return out


# %% wrong matrix_plus_eps expects=whole_array_moved
# W + eps moves all entries.
def numerical_gradient(loss_fn, params, eps=1e-5):
    grads = {}
    for key in params:
        original = params[key]
        params[key] = original + eps
        up = loss_fn(params)
        params[key] = original - eps
        down = loss_fn(params)
        params[key] = original
        grads[key] = np.ones(original.shape) * (up - down) / (2 * eps)
    return grads


# %% wrong one_row expects=first_row_only
# The inner loop runs over the columns of row 0; vectors are complete.
def numerical_gradient(loss_fn, params, eps=1e-5):
    grads = {}
    for key, arr in params.items():
        grads[key] = np.zeros(arr.shape)
        target = arr[0:1] if arr.ndim > 1 else arr
        slot = grads[key][0:1] if arr.ndim > 1 else grads[key]
        for ix in np.ndindex(target.shape):
            keep = target[ix]
            target[ix] = keep + eps
            a = loss_fn(params)
            target[ix] = keep - eps
            b = loss_fn(params)
            target[ix] = keep
            slot[ix] = (a - b) / (2 * eps)
    return grads


# %% wrong flatten_copies expects=copy_moved
# flatten() always copies, so the loss never notices.
def numerical_gradient(loss_fn, params, eps=1e-5):
    grads = {}
    for key, arr in params.items():
        v = arr.flatten()
        g = np.zeros(v.shape)
        for i in range(len(v)):
            keep = v[i]
            v[i] = keep + eps
            a = loss_fn(params)
            v[i] = keep - eps
            b = loss_fn(params)
            v[i] = keep
            g[i] = (a - b) / (2 * eps)
        grads[key] = g.reshape(arr.shape)
    return grads


# %% wrong ravel_of_a_view expects=flattened
# ravel() is a view of contiguous arrays only.
def numerical_gradient(loss_fn, params, eps=1e-5):
    grads = {}
    for key, arr in params.items():
        v = arr.ravel()
        g = np.zeros(v.shape)
        for i in range(len(v)):
            keep = v[i]
            v[i] = keep + eps
            a = loss_fn(params)
            v[i] = keep - eps
            b = loss_fn(params)
            v[i] = keep
            g[i] = (a - b) / (2 * eps)
        grads[key] = g.reshape(arr.shape)
    return grads


# %% wrong own_step expects=eps_ignored
# A constant inside hides the argument.
def numerical_gradient(loss_fn, params, eps=1e-5):
    h = 1e-5
    grads = {}
    for key, arr in params.items():
        grads[key] = np.zeros(arr.shape)
        for ix, keep in np.ndenumerate(arr):
            arr[ix] = keep + h
            a = loss_fn(params)
            arr[ix] = keep - h
            b = loss_fn(params)
            arr[ix] = keep
            grads[key][ix] = (a - b) / (2 * h)
    return grads


# %% wrong tiny_default expects=another_default_step
# "The smaller the better": rounding leaves three digits.
def numerical_gradient(loss_fn, params, eps=1e-12):
    grads = {}
    for key, arr in params.items():
        grads[key] = np.zeros(arr.shape)
        for ix, keep in np.ndenumerate(arr):
            arr[ix] = keep + eps
            a = loss_fn(params)
            arr[ix] = keep - eps
            b = loss_fn(params)
            arr[ix] = keep
            grads[key][ix] = (a - b) / (2 * eps)
    return grads


# %% wrong two_loops_only expects=two_axes_only
# Rows and columns: vectors and three axes crash.
def numerical_gradient(loss_fn, params, eps=1e-5):
    grads = {}
    for key in params:
        rows, cols = params[key].shape
        g = np.zeros((rows, cols))
        for r in range(rows):
            for c in range(cols):
                keep = params[key][r, c]
                params[key][r, c] = keep + eps
                a = loss_fn(params)
                params[key][r, c] = keep - eps
                b = loss_fn(params)
                params[key][r, c] = keep
                g[r, c] = (a - b) / (2 * eps)
        grads[key] = g
    return grads


# %% wrong flat_answers expects=shape_lost
# Right numbers in one long vector per parameter.
def numerical_gradient(loss_fn, params, eps=1e-5):
    grads = {}
    for key, arr in params.items():
        column = []
        for ix, keep in np.ndenumerate(arr):
            arr[ix] = keep + eps
            a = loss_fn(params)
            arr[ix] = keep - eps
            b = loss_fn(params)
            arr[ix] = keep
            column.append((a - b) / (2 * eps))
        grads[key] = np.array(column)
    return grads


# %% right moved_copies
# Never touches params: a fresh dictionary for each question.
def numerical_gradient(loss_fn, params, eps=1e-5):
    def ask(name, place, step):
        moved = params[name].copy()
        moved[place] += step
        return loss_fn({**params, name: moved})

    return {
        name: np.array(
            [(ask(name, i, eps) - ask(name, i, -eps)) / (2 * eps) for i in np.ndindex(values.shape)]
        ).reshape(values.shape)
        for name, values in params.items()
    }


# %% right nditer_loop
# The multi_index iterator of the old assignments.
def numerical_gradient(loss_fn, params, eps=1e-5):
    numeric = {}
    for key in sorted(params):
        p = params[key]
        grad = np.zeros_like(p)
        it = np.nditer(p, flags=["multi_index"], op_flags=["readwrite"])
        for _ in it:
            ix = it.multi_index
            orig = p[ix]
            p[ix] = orig - eps
            lo = float(loss_fn(params))
            p[ix] = orig + eps
            hi = float(loss_fn(params))
            p[ix] = orig
            grad[ix] = (hi - lo) / 2.0 / eps
        numeric[key] = grad
    return numeric


# %% right flat_iterator
# .flat writes through, whatever the memory order.
def numerical_gradient(loss_fn, params, eps=1e-5):
    grads = {}
    for key, p in params.items():
        grads[key] = np.empty(p.shape)
        for i in range(p.size):
            old = p.flat[i]
            losses = []
            for sign in (+1, -1):
                p.flat[i] = old + sign * eps
                losses.append(loss_fn(params))
            p.flat[i] = old
            grads[key].flat[i] = (losses[0] - losses[1]) / (2 * eps)
    return grads


# %% right array_backup
# Restores the whole array from a backup after each scalar.
def numerical_gradient(loss_fn, params, eps=1e-5):
    grads = {key: np.zeros(np.shape(params[key])) for key in params}
    for key in params:
        backup = np.array(params[key])
        for ix in np.ndindex(backup.shape):
            params[key][ix] += eps
            plus = loss_fn(params)
            params[key][...] = backup
            params[key][ix] -= eps
            minus = loss_fn(params)
            params[key][...] = backup
            grads[key][ix] = (plus - minus) / (2.0 * eps)
    return grads


# %% right with_a_useless_base
# One more question at the start, and a try that restores even when the loss fails.
def numerical_gradient(loss_fn, params, eps=1e-5):
    baseline = loss_fn(params)
    assert np.isfinite(baseline)
    result = dict.fromkeys(params)
    for key, arr in params.items():
        result[key] = np.full(arr.shape, np.nan)
        for ix in np.ndindex(*arr.shape):
            kept = arr[ix].copy()
            try:
                arr[ix] = kept + eps
                up = loss_fn(params)
                arr[ix] = kept - eps
                down = loss_fn(params)
            finally:
                arr[ix] = kept
            result[key][ix] = (up - down) / (eps + eps)
    return result
