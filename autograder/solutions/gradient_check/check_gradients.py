# %% wrong large_is_bad expects=nan_passes
# Starts with True and looks for errors above the tolerance.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    numeric = numerical_gradient(loss_fn, params)
    ok = {}
    for name in params:
        ok[name] = True
        if name not in grads or grads[name].shape != params[name].shape:
            ok[name] = False
        elif relative_error(grads[name], numeric[name]) > tolerance:
            ok[name] = False
    return ok


# %% wrong maximum_difference expects=absolute_difference
# The largest absolute difference against the tolerance.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    numeric = numerical_gradient(loss_fn, params)
    return {
        k: k in grads and grads[k].shape == n.shape and bool((abs(grads[k] - n) <= tolerance).all())
        for k, n in numeric.items()
    }


# %% wrong every_entry expects=entry_by_entry
# Relative errors entry by entry: rounding fails tiny entries.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    verdict = {}
    for k, n in numerical_gradient(loss_fn, params).items():
        if k not in grads or np.shape(grads[k]) != np.shape(n):
            verdict[k] = False
            continue
        flat_a, flat_n = np.ravel(grads[k]), np.ravel(n)
        verdict[k] = all(relative_error(np.array(p), np.array(q)) <= tolerance for p, q in zip(flat_a, flat_n))
    return verdict


# %% wrong normalised expects=scaled_alike
# Compares directions, "to make the numbers comparable".
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    verdict = {}
    for k, n in numerical_gradient(loss_fn, params).items():
        if k not in grads or grads[k].shape != n.shape:
            verdict[k] = False
            continue
        la, ln = np.linalg.norm(grads[k]), np.linalg.norm(n)
        if la == 0 or ln == 0:
            verdict[k] = True
        else:
            verdict[k] = bool(relative_error(grads[k] / la, n / ln) <= tolerance)
    return verdict


# %% wrong no_shapes expects=shapes_ignored
# A row passes for a vector; what cannot be broadcast is caught.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    verdict = {}
    for k, n in numerical_gradient(loss_fn, params).items():
        try:
            verdict[k] = bool(relative_error(grads[k], n) <= tolerance)
        except (KeyError, ValueError):
            verdict[k] = False
    return verdict


# %% wrong loop_over_grads expects=missing_not_mentioned
# No verdict for a parameter without a gradient.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    numeric = numerical_gradient(loss_fn, params)
    out = {}
    for k, g in grads.items():
        out[k] = bool(g.shape == numeric[k].shape and relative_error(g, numeric[k]) <= tolerance)
    return out


# %% wrong zipped expects=paired_by_position
# zip() over two dictionaries.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    numeric = numerical_gradient(loss_fn, params)
    if set(grads) != set(numeric):
        return {k: k in grads and bool(relative_error(grads[k], numeric[k]) <= tolerance) for k in numeric}
    out = {}
    for (k, n), g in zip(numeric.items(), grads.values()):
        out[k] = bool(n.shape == g.shape and relative_error(g, n) <= tolerance)
    return out


# %% wrong fixed_number expects=tolerance_ignored
# The tolerance is written into the line.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    numeric = numerical_gradient(loss_fn, params)
    return {
        k: bool(k in grads and grads[k].shape == n.shape and relative_error(grads[k], n) <= 0.000001)
        for k, n in numeric.items()
    }


# %% wrong one_percent expects=wide_tolerance
# One percent is good enough, is it not?
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    numeric = numerical_gradient(loss_fn, params)
    good = {}
    for k in params:
        good[k] = False
        if k in grads and grads[k].shape == numeric[k].shape:
            good[k] = bool(relative_error(numeric[k], grads[k]) < 0.01)
    return good


# %% wrong top_row expects=first_rows_compared
# Looks at [0] only, "to save time".
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    numeric = numerical_gradient(loss_fn, params)
    good = {}
    for k in params:
        if k not in grads or grads[k].shape != numeric[k].shape:
            good[k] = False
        else:
            good[k] = bool(relative_error(grads[k][0], numeric[k][0]) <= tolerance)
    return good


# %% wrong true_means_faulty expects=wrong_way_round
# True where the error is large.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    numeric = numerical_gradient(loss_fn, params)
    faulty = {}
    for k in params:
        fine = k in grads and grads[k].shape == numeric[k].shape
        faulty[k] = not (fine and relative_error(grads[k], numeric[k]) <= tolerance)
    return faulty


# %% wrong numbers_for_verdicts expects=errors_returned
# The errors themselves, infinite for what cannot be compared.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    numeric = numerical_gradient(loss_fn, params)
    errors = {}
    for k in numeric:
        try:
            errors[k] = relative_error(grads[k], numeric[k])
        except (KeyError, ValueError):
            errors[k] = float("inf")
    return errors


# %% wrong all_or_nothing expects=one_verdict
# One bool for the whole network.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    for k, n in numerical_gradient(loss_fn, params).items():
        if k not in grads or grads[k].shape != n.shape or not relative_error(grads[k], n) <= tolerance:
            return False
    return True


# %% wrong always_true expects=everything_passes
# Prints the errors and believes.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    return dict.fromkeys(params, True)


# %% wrong allclose_defaults expects=absolute_slack
# np.allclose adds an absolute 1e-8: a tiny wrong gradient passes.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    numeric = numerical_gradient(loss_fn, params)
    return {
        k: k in grads and grads[k].shape == n.shape and np.allclose(grads[k], n, rtol=tolerance)
        for k, n in numeric.items()
    }


# %% wrong checks_itself expects=everything_passes
# Measures twice and compares the measurements: the claimed gradients are never looked at.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    one, two = numerical_gradient(loss_fn, params), numerical_gradient(loss_fn, params, 2e-5)
    return {k: k in grads and bool(relative_error(one[k], two[k]) <= tolerance) for k in one}


# %% wrong signs_only expects=signs_compared
# Same sign everywhere, so it goes downhill.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    numeric = numerical_gradient(loss_fn, params)
    return {
        k: k in grads and grads[k].shape == n.shape and bool((np.sign(grads[k]) == np.sign(n)).all())
        for k, n in numeric.items()
    }


# %% wrong infinity_passes expects=infinity_passes
# Multiplied out to avoid 0/0: infinite gradients satisfy inf <= inf.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    norm, out = np.linalg.norm, {}
    for k, n in numerical_gradient(loss_fn, params).items():
        out[k] = False
        if k in grads and grads[k].shape == n.shape:
            out[k] = bool(norm(grads[k] - n) <= tolerance * (norm(grads[k]) + norm(n)))
    return out


# %% right guard_clauses
# One rule after the other, with continue.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    result = {}
    numeric = numerical_gradient(loss_fn, params)
    for name in params:
        result[name] = False
        if name not in grads:
            continue
        claimed = np.asarray(grads[name])
        if claimed.shape != params[name].shape:
            continue
        if not np.all(np.isfinite(claimed)):
            continue
        result[name] = relative_error(claimed, numeric[name]) < tolerance
    return result


# %% right numbers_as_verdicts
# NumPy bools, and a wider step.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    slopes = numerical_gradient(loss_fn, params, eps=3e-5)
    return {
        name: np.bool_(np.shape(grads.get(name)) == s.shape) & (_err(grads.get(name), s) <= tolerance)
        for name, s in slopes.items()
    }


def _err(g, s):
    return relative_error(g, s) if np.shape(g) == s.shape else np.inf


# %% right all_its_own
# Uses neither of the earlier functions.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    said = {}
    for name, w in params.items():
        g = grads[name] if name in grads else None
        if g is None or g.shape != w.shape:
            said[name] = False
            continue
        n, h = np.zeros(w.shape), 1e-5
        for ix in np.ndindex(w.shape):
            up, dn = w.copy(), w.copy()
            up[ix] += h
            dn[ix] -= h
            n[ix] = (loss_fn({**params, name: up}) - loss_fn({**params, name: dn})) / (2 * h)
        size = np.sqrt((g**2).sum()) + np.sqrt((n**2).sum())
        gap = np.sqrt(((g - n) ** 2).sum())
        said[name] = bool(gap < np.inf and gap <= tolerance * size)
    return said


# %% right one_parameter_at_a_time
# Measures each parameter by itself, through a loss of one array.
def check_gradients(loss_fn, params, grads, tolerance=1e-6):
    def judge(name):
        part = numerical_gradient(lambda p: loss_fn({**params, **p}), {name: params[name]})
        try:
            g = grads[name]
        except KeyError:
            return False
        return g.shape == part[name].shape and bool(relative_error(part[name], g) <= tolerance)

    return {name: judge(name) for name in params}
