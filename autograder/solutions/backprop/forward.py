# %% wrong bias_forgotten expects=bias_forgotten
# XW without b; right as long as the biases are zero.
def forward(X, params, name='', activation=sigmoid):
    W = params['W' + name]
    b = params['b' + name]
    pre_act = X @ W
    post_act = activation(pre_act)
    params['cache_' + name] = (X, pre_act, post_act)
    return post_act


# %% wrong cache_swapped expects=cache_exchanged
# (X, post, pre): harmless until backwards unpacks it.
def forward(X, params, name='', activation=sigmoid):
    pre_act = np.dot(X, params['W' + name]) + params['b' + name]
    post_act = activation(pre_act)
    params['cache_' + name] = (X, post_act, pre_act)
    return post_act


# %% wrong returns_net_input expects=pre_activation_returned
# Returns the pre-activation, though the cache is right.
def forward(X, params, name='', activation=sigmoid):
    out = np.dot(X, params['W' + name]) + params['b' + name]
    act = activation(out)
    params['cache_' + name] = (X, out, act)
    return out


# %% wrong sigmoid_always expects=activation_ignored
# Applies sigmoid whatever the argument; the hidden layer works.
def forward(X, params, name='', activation=sigmoid):
    pre_act = X.dot(params['W' + name]) + params['b' + name]
    post_act = sigmoid(pre_act)
    params['cache_' + name] = (X, pre_act, post_act)
    return post_act


# %% wrong nothing_cached expects=no_cache_under_the_name
# Right output, no cache.
def forward(X, params, name='', activation=sigmoid):
    return activation(X @ params['W' + name] + params['b' + name])


# %% wrong applied_twice expects=activation_twice
# The activation of the activation.
def forward(X, params, name='', activation=sigmoid):
    W, b = params['W' + name], params['b' + name]
    pre_act = activation(X @ W + b)
    post_act = activation(pre_act)
    params['cache_' + name] = (X, X @ W + b, post_act)
    return post_act


# %% wrong layer_named_nothing expects=name_not_in_the_keys
# Reads 'W' and 'b' without the layer's name.
def forward(X, params, name='', activation=sigmoid):
    pre_act = X @ params['W'] + params['b']
    post_act = activation(pre_act)
    params['cache_'] = (X, pre_act, post_act)
    return post_act


# %% wrong bias_after_activation expects=bias_after_activation
# activation(XW) + b; right as long as the biases are zero or the activation is linear.
def forward(X, params, name='', activation=sigmoid):
    pre_act = X @ params['W' + name]
    post_act = activation(pre_act) + params['b' + name]
    params['cache_' + name] = (X, pre_act, post_act)
    return post_act


# %% wrong column_vectors expects=weights_on_the_left
# W @ X + b as in the theory part: crashes for rows.
def forward(X, params, name='', activation=sigmoid):
    W, b = params['W' + name], params['b' + name]
    pre_act = W @ X + b
    post_act = activation(pre_act)
    params['cache_' + name] = (X, pre_act, post_act)
    return post_act


# %% wrong x_reused expects=input_overwritten
# X is overwritten by the net input, so the cache loses the input.
def forward(X, params, name='', activation=sigmoid):
    X = X @ params['W' + name]
    X = X + params['b' + name]
    post_act = activation(X)
    params['cache_' + name] = (X, X, post_act)
    return post_act


# %% wrong cached_as_batch_mean
# Caches the mean over the batch, to save memory; the output is right.
def forward(X, params, name='', activation=sigmoid):
    pre_act = X @ params['W' + name] + params['b' + name]
    post_act = activation(pre_act)
    params['cache_' + name] = (X.mean(axis=0), pre_act.mean(axis=0), post_act.mean(axis=0))
    return post_act


# %% wrong everything_returned expects=more_than_the_activation_returned
# Returns the cache beside the output, as other courses do.
def forward(X, params, name='', activation=sigmoid):
    pre_act = X @ params['W' + name] + params['b' + name]
    post_act = activation(pre_act)
    cache = (X, pre_act, post_act)
    params['cache_' + name] = cache
    return post_act, cache


# %% wrong no_net_input expects=cache_of_two
# Caches input and output alone, as backwards needs no more.
def forward(X, params, name='', activation=sigmoid):
    a = activation(np.matmul(X, params['W' + name]) + params['b' + name])
    params['cache_' + name] = X, a
    return a


# %% right ones_column
# The bias as one more weight on a column of ones.
def forward(X, params, name='', activation=sigmoid):
    X1 = np.hstack([X, np.ones((X.shape[0], 1))])
    W1 = np.vstack([params['W' + name], params['b' + name]])
    pre_act = X1 @ W1
    post_act = activation(pre_act)
    params['cache_' + name] = (X, pre_act, post_act)
    return post_act


# %% right three_loops
# Sums by hand, entry by entry.
def forward(X, params, name='', activation=sigmoid):
    W, b = params['W' + name], params['b' + name]
    n_rows, n_in = X.shape
    n_out = W.shape[1]
    pre = np.zeros((n_rows, n_out))
    for n in range(n_rows):
        for k in range(n_out):
            total = b[k]
            for d in range(n_in):
                total += X[n, d] * W[d, k]
            pre[n, k] = total
    post = activation(pre)
    params['cache_' + name] = X, pre, post
    return post


# %% right einsum_and_copies
# einsum, copies in the cache, further keys: a function and a count.
def forward(X, params, name='', activation=sigmoid):
    W = params.get('W' + name)
    pre_act = np.einsum('nd,dh->nh', X, W) + params.get('b' + name)[np.newaxis, :]
    post_act = activation(pre_act.copy())
    params['cache_' + name] = (np.copy(X), pre_act, post_act.copy())
    params['activation_' + name] = activation
    params['calls_' + name] = params.get('calls_' + name, 0) + 1
    return post_act


# %% right transposed_twice
# Columns inside, rows outside.
def weighted_sum(X, W, b):
    return (W.T @ X.T + b.reshape(-1, 1)).T

def forward(X, params, name='', activation=sigmoid):
    z = weighted_sum(X, params['W' + name], params['b' + name])
    params['cache_' + name] = (X, z, activation(z))
    return params['cache_' + name][-1]
