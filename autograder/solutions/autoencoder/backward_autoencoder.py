# %% wrong as_for_softmax expects=output_slope_skipped
# Copies train_network: linear_deriv at the output.
def backward_autoencoder(delta, params):
    from student_lib.nn import linear_deriv
    d = backwards(delta, params, 'output', linear_deriv)
    d = backwards(d, params, 'layer3', relu_deriv)
    d = backwards(d, params, 'layer2', relu_deriv)
    backwards(d, params, 'layer1', relu_deriv)


# %% wrong default_slopes expects=sigmoid_slope_everywhere
# Leaves activation_deriv out everywhere.
def backward_autoencoder(delta, params):
    for n in ['output', 'layer3', 'layer2', 'layer1']:
        delta = backwards(delta, params, n)


# %% wrong all_relu expects=output_slope_skipped
# relu_deriv at the output too: 1 everywhere there.
def backward_autoencoder(delta, params):
    for n in ['output', 'layer3', 'layer2', 'layer1']:
        delta = backwards(delta, params, n, relu_deriv)


# %% wrong last_call_forgot expects=sigmoid_slope_in_the_first_layer
# The last call of the four lacks its argument.
def backward_autoencoder(delta, params):
    d3 = backwards(delta, params, 'output')
    d2 = backwards(d3, params, 'layer3', relu_deriv)
    d1 = backwards(d2, params, 'layer2', relu_deriv)
    backwards(d1, params, 'layer1')


# %% wrong linear_hidden expects=hidden_slopes_forgotten
# Hidden units that were off let the gradient through.
def backward_autoencoder(delta, params):
    d = backwards(delta, params, 'output')
    for n in ['layer3', 'layer2', 'layer1']:
        d = backwards(d, params, n, lambda a: np.ones(a.shape))


# %% wrong three_of_four expects=stops_too_early
# layer1 never gets a gradient.
def backward_autoencoder(delta, params):
    d = backwards(delta, params, 'output')
    d = backwards(d, params, 'layer3', relu_deriv)
    d = backwards(d, params, 'layer2', relu_deriv)
    return d


# %% wrong sigmoid_slope_by_hand expects=output_slope_twice
# Multiplies by out (1 - out), and backwards does it again.
def backward_autoencoder(delta, params):
    out = params['cache_output'][2]
    d = backwards(delta * out * (1 - out), params, 'output')
    d = backwards(d, params, 'layer3', relu_deriv)
    d = backwards(d, params, 'layer2', relu_deriv)
    d = backwards(d, params, 'layer1', relu_deriv)


# %% wrong per_row expects=gradients_averaged
# Divides by the batch at the start.
def backward_autoencoder(delta, params):
    g = delta / delta.shape[0]
    g = backwards(g, params, 'output', lambda a: a * (1 - a))
    for n in ('layer3', 'layer2', 'layer1'):
        g = backwards(g, params, n, relu_deriv)


# %% wrong doubled expects=factor_two_again
# Brings in the 2 of the square a second time.
def backward_autoencoder(delta, params):
    g = backwards(2 * delta, params, 'output')
    for n in ('layer3', 'layer2', 'layer1'):
        g = backwards(g, params, n, relu_deriv)


# %% wrong same_delta
# Never takes what backwards returns: shapes clash at the second call.
def backward_autoencoder(delta, params):
    backwards(delta, params, 'output')
    backwards(delta, params, 'layer3', relu_deriv)
    backwards(delta, params, 'layer2', relu_deriv)
    backwards(delta, params, 'layer1', relu_deriv)


# %% wrong clipped
# Clips the gradient between layers; trains, but these are no slopes.
def backward_autoencoder(delta, params):
    g = backwards(delta, params, 'output')
    for n in ('layer3', 'layer2', 'layer1'):
        g = backwards(np.clip(g, -0.05, 0.05), params, n, relu_deriv)


# %% right recursive
# A table, and a chain by reduce; returns the gradient at x.
from functools import reduce

def backward_autoencoder(delta, params):
    chain = [('output', None), ('layer3', relu_deriv), ('layer2', relu_deriv), ('layer1', relu_deriv)]
    return reduce(lambda d, item: backwards(d, params, item[0], *([item[1]] if item[1] else [])), chain, delta)


# %% right without_backwards
# Does the four layers itself, from the caches.
def backward_autoencoder(delta, params):
    g = np.array(delta)
    for n in ('output', 'layer3', 'layer2', 'layer1'):
        X, _, A = params['cache_' + n]
        dz = g * (A * (1 - A) if n == 'output' else (A > 0))
        params['grad_W' + n] = X.T.dot(dz)
        params['grad_b' + n] = dz.sum(0)
        g = dz.dot(params['W' + n].T)
