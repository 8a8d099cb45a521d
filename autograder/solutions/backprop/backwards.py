# %% wrong mean_gradient expects=gradients_averaged
# Divides by N although the loss is a sum; trains well with a larger learning rate.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W = params['W' + name]
    X, pre_act, post_act = params['cache_' + name]
    m = X.shape[0]
    dZ = delta * activation_deriv(post_act)
    params['grad_W' + name] = X.T @ dZ / m
    params['grad_b' + name] = dZ.sum(axis=0) / m
    return dZ @ W.T


# %% wrong slope_of_delta expects=derivative_of_delta
# Calls activation_deriv(delta), as if it were the whole backward step.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W = params['W' + name]
    X, pre_act, post_act = params['cache_' + name]
    d = activation_deriv(delta)
    params['grad_W' + name] = np.dot(X.T, d)
    params['grad_b' + name] = np.sum(d, axis=0)
    return np.dot(d, W.T)


# %% wrong upside_down expects=weight_gradient_transposed
# dW as (out, in): broadcasts silently when the layer is square.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W, b = params['W' + name], params['b' + name]
    X, pre_act, post_act = params['cache_' + name]
    delta_pre = delta * activation_deriv(post_act)
    grad_W = np.matmul(delta_pre.T, X)
    grad_b = np.matmul(delta_pre.T, np.ones(X.shape[0]))
    grad_X = np.matmul(delta_pre, W.T)
    params['grad_W' + name] = grad_W
    params['grad_b' + name] = grad_b
    return grad_X


# %% wrong times_equals expects=delta_changed
# delta *= writes into the caller's array; all gradients are right, so it trains well.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    X, _, post_act = params['cache_' + name]
    delta *= activation_deriv(post_act)
    params['grad_W' + name] = X.T @ delta
    params['grad_b' + name] = delta.sum(axis=0)
    return delta @ params['W' + name].T


# %% wrong bias_mean expects=bias_gradient_averaged
# db is a mean while dW is a sum; trains well.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    X, pre_act, post_act = params['cache_' + name]
    g = delta * activation_deriv(post_act)
    params['grad_W' + name] = np.einsum('ni,no->io', X, g)
    params['grad_b' + name] = g.mean(0)
    return g.dot(params['W' + name].T)


# %% wrong slope_twice expects=derivative_twice
# Multiplies by the derivative, and again on the way to X.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W = params['W' + name]
    X, pre_act, post_act = params['cache_' + name]
    slope = activation_deriv(post_act)
    delta = delta * slope
    local = delta * slope
    params['grad_W' + name] = X.T @ local
    params['grad_b' + name] = local.sum(0)
    return local @ W.T


# %% wrong slope_of_net_input expects=derivative_of_pre_activation
# The given derivatives take the post-activation.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W = params['W' + name]
    X, z, a = params['cache_' + name]
    dz = delta * activation_deriv(z)
    params['grad_W' + name] = X.T @ dz
    params['grad_b' + name] = np.sum(dz, axis=0)
    return dz @ W.T


# %% wrong no_slope expects=derivative_forgotten
# Leaves the activation's derivative out; reaches full accuracy on the clouds.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    X, pre_act, post_act = params['cache_' + name]
    params['grad_W' + name] = X.T @ delta
    params['grad_b' + name] = delta.sum(axis=0)
    return delta @ params['W' + name].T


# %% wrong weight_decay_in_here expects=regulariser_added
# Adds 0.01*W, from another homework; trains well.
reg_lambda = 0.01

def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W = params['W' + name]
    X, pre_act, post_act = params['cache_' + name]
    d = delta * activation_deriv(post_act)
    params['grad_W' + name] = X.T @ d + reg_lambda * W
    params['grad_b' + name] = d.sum(axis=0)
    return d @ W.T


# %% wrong kept_dimension expects=bias_gradient_with_two_axes
# db as (1, H): the biases grow a dimension at the first update; trains well.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W = params['W' + name]
    X, pre_act, post_act = params['cache_' + name]
    dpre = delta * activation_deriv(post_act)
    params['grad_W' + name] = X.T.dot(dpre)
    params['grad_b' + name] = np.sum(dpre, axis=0, keepdims=True)
    return dpre.dot(W.T)


# %% wrong raw_delta_to_x expects=activation_skipped_on_the_way_down
# The weights' gradients are right, the layer below gets delta @ W.T.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W = params['W' + name]
    X, pre_act, post_act = params['cache_' + name]
    d = delta * activation_deriv(post_act)
    params['grad_W' + name] = X.T @ d
    params['grad_b' + name] = d.sum(axis=0)
    grad_X = delta @ W.T
    return grad_X


# %% wrong sigmoid_everywhere expects=derivative_ignored
# Uses sigmoid_deriv whatever the argument.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    X, pre_act, post_act = params['cache_' + name]
    d = delta * sigmoid_deriv(post_act)
    params['grad_W' + name] = X.T @ d
    params['grad_b' + name] = d.sum(axis=0)
    return d @ params['W' + name].T


# %% wrong copied_for_each_row expects=gradients_for_each_row
# The batch sum, tiled as if each row had its own gradient.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W, b = params['W' + name], params['b' + name]
    X, pre_act, post_act = params['cache_' + name]
    d = delta * activation_deriv(post_act)
    N = X.shape[0]
    params['grad_W' + name] = np.tile(X.T @ d, (N, 1, 1))
    params['grad_b' + name] = np.tile(d.sum(axis=0), (N, 1))
    return d @ W.T


# %% wrong last_row_wins expects=last_row_alone
# '=' for '+=' in the loop over rows: only the last row counts.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W = params['W' + name]
    X, pre_act, post_act = params['cache_' + name]
    d = delta * activation_deriv(post_act)
    for x_row, d_row in zip(X, d):
        gW = np.outer(x_row, d_row)
        gb = d_row
    params['grad_W' + name], params['grad_b' + name] = gW, gb
    return d @ W.T


# %% wrong missing_transpose expects=weights_not_transposed
# W for W.T on the way to X: crashes unless the layer is square.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W = params['W' + name]
    X, pre_act, post_act = params['cache_' + name]
    d = delta * activation_deriv(post_act)
    params['grad_W' + name] = X.T @ d
    params['grad_b' + name] = d.sum(axis=0)
    return d @ W


# %% wrong clipped
# Clips the gradients to [-1, 1]; trains well.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W = params['W' + name]
    X, pre_act, post_act = params['cache_' + name]
    d = delta * activation_deriv(post_act)
    params['grad_W' + name] = np.clip(X.T @ d, -1, 1)
    params['grad_b' + name] = np.clip(d.sum(axis=0), -1, 1)
    return d @ W.T


# %% wrong keeps_adding expects=gradients_accumulated
# Adds to what an earlier call stored: right once, too large from the second batch on.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W = params['W' + name]
    X, pre_act, post_act = params['cache_' + name]
    d = delta * activation_deriv(post_act)
    params['grad_W' + name] = params.get('grad_W' + name, 0) + X.T @ d
    params['grad_b' + name] = params.get('grad_b' + name, 0) + d.sum(axis=0)
    return d @ W.T


# %% wrong updates_on_the_spot expects=parameters_changed
# Takes the gradient step itself, before it computes the gradient for X.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    X, pre_act, post_act = params['cache_' + name]
    d = delta * activation_deriv(post_act)
    params['grad_W' + name] = X.T @ d
    params['grad_b' + name] = d.sum(axis=0)
    params['W' + name] = params['W' + name] - 1e-3 * params['grad_W' + name]
    params['b' + name] = params['b' + name] - 1e-3 * params['grad_b' + name]
    return d @ params['W' + name].T


# %% wrong slope_at_delta expects=derivative_of_delta
# delta * activation_deriv(delta): the slope at the gradient instead of at the activation.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W = params['W' + name]
    X, pre_act, post_act = params['cache_' + name]
    d = activation_deriv(delta) * delta
    params['grad_W' + name] = np.dot(X.T, d)
    params['grad_b' + name] = np.sum(d, axis=0)
    return np.dot(d, W.T)


# %% wrong bias_by_sample expects=bias_gradient_not_summed
# Forgets to sum over the rows for the bias.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W, b = params['W' + name], params['b' + name]
    (X, pre_act, post_act) = params['cache_' + name]
    inner = delta * activation_deriv(post_act)
    grad_W, grad_b, grad_X = X.T @ inner, inner, inner @ W.T
    params['grad_W' + name] = grad_W
    params['grad_b' + name] = grad_b
    return grad_X


# %% wrong stops_before_w expects=weights_skipped_on_the_way_down
# Returns the gradient at the net input; the weights' gradients are right.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    X, pre_act, post_act = params['cache_' + name]
    grad = delta * activation_deriv(post_act)
    params['grad_W' + name] = sum(np.outer(x, g) for x, g in zip(X, grad))
    params['grad_b' + name] = sum(grad)
    return grad


# %% wrong x_as_it_is expects=input_not_transposed
# X for X.T: crashes, as the batch is no feature.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W, b = params['W' + name], params['b' + name]
    X, pre_act, post_act = params['cache_' + name]
    d = delta * activation_deriv(post_act)
    params['grad_W' + name] = X @ d
    params['grad_b' + name] = d.sum(axis=0)
    return d @ W.T


# %% right sum_of_outer_products
# One outer product for each row, summed.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W, b = params['W' + name], params['b' + name]
    X, pre_act, post_act = params['cache_' + name]
    slope = activation_deriv(post_act)
    gW, gb, gX = np.zeros(W.shape), np.zeros(b.shape), np.zeros(X.shape)
    for n in range(len(X)):
        d = delta[n] * slope[n]
        gW += np.outer(X[n], d)
        gb += d
        gX[n] = W @ d
    params['grad_W' + name] = gW
    params['grad_b' + name] = gb
    return gX


# %% right ones_row
# dW and db in one product, through a column of ones.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    X, _, post_act = params['cache_' + name]
    d = np.multiply(delta, activation_deriv(post_act))
    both = np.c_[X, np.ones(X.shape[0])].T @ d
    params['grad_W' + name], params['grad_b' + name] = both[:-1], both[-1]
    return np.tensordot(d, params['W' + name], axes=(1, 1))


# %% right scratch_copy
# In-place multiplication, but on a copy; keeps further keys.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    X, pre_act, post_act = params['cache_' + name]
    scratch = np.array(delta, dtype=float, copy=True)
    scratch *= activation_deriv(post_act)
    params['delta_' + name] = scratch
    params['m_W' + name] = np.zeros_like(params['W' + name])
    params['grad_W' + name] = (scratch.T @ X).T
    params['grad_b' + name] = np.ones(len(X)) @ scratch
    params['grad_X' + name] = scratch @ params['W' + name].T
    return params['grad_X' + name]


# %% right net_input_again
# Recomputes the net input instead of trusting the cache, and checks it.
def backwards(delta, params, name='', activation_deriv=sigmoid_deriv):
    W, b = params['W' + name], params['b' + name]
    X, post_act = params['cache_' + name][0], params['cache_' + name][2]
    z = X @ W + b
    if z.shape != delta.shape:
        raise ValueError('delta has shape %s, the layer %s' % (delta.shape, z.shape))
    dz = np.einsum('nh,nh->nh', delta, activation_deriv(post_act))
    params['grad_W' + name] = np.einsum('nd,nh->dh', X, dz)
    params['grad_b' + name] = np.einsum('nh->h', dz)
    return np.einsum('nh,dh->nd', dz, W)
