# %% wrong four_relus expects=relu_at_the_end
# ReLU at the output too.
def forward_autoencoder(x, params):
    h = x
    for name in ['layer1', 'layer2', 'layer3', 'output']:
        h = forward(h, params, name, relu)
    return h


# %% wrong default_activation expects=sigmoid_everywhere
# Leaves the activation out.
def forward_autoencoder(x, params):
    h1 = forward(x, params, 'layer1')
    h2 = forward(h1, params, 'layer2')
    h3 = forward(h2, params, 'layer3')
    return forward(h3, params, 'output')


# %% wrong relu_twice expects=two_relus_only
# Two ReLUs, as if layer3 were the output.
def forward_autoencoder(x, params):
    h1 = forward(x, params, 'layer1', relu)
    h2 = forward(h1, params, 'layer2', relu)
    h3 = forward(h2, params, 'layer3', sigmoid)
    out = forward(h3, params, 'output', sigmoid)
    return out


# %% wrong bare_code expects=a_relu_missing
# The code has no ReLU: layer2 and layer3 become one linear map.
def forward_autoencoder(x, params):
    from student_lib.nn import linear
    h1 = forward(x, params, 'layer1', relu)
    code = forward(h1, params, 'layer2', linear)
    h3 = forward(code, params, 'layer3', relu)
    return forward(h3, params, 'output', sigmoid)


# %% wrong straight_to_output
# layer3 is skipped: in a network of equal widths this would run.
def forward_autoencoder(x, params):
    h = forward(x, params, 'layer1', relu)
    h = forward(h, params, 'layer2', relu)
    out = forward(h, params, 'output', sigmoid)
    return out


# %% wrong by_hand expects=no_caches
# Right values, but without forward there is nothing for backwards.
def forward_autoencoder(x, params):
    a = x
    for n in ('layer1', 'layer2', 'layer3'):
        a = np.maximum(0, a @ params['W' + n] + params['b' + n])
    z = a @ params['Woutput'] + params['boutput']
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


# %% wrong weights_only expects=no_biases
# No biases anywhere.
def forward_autoencoder(x, params):
    a = x
    for n in ('layer1', 'layer2', 'layer3'):
        z = a @ params['W' + n]
        params['cache_' + n] = (a, z, relu(z))
        a = relu(z)
    z = a @ params['Woutput']
    params['cache_output'] = (a, z, sigmoid(z))
    return sigmoid(z)


# %% right nested
# One nested expression.
def forward_autoencoder(x, params):
    return forward(forward(forward(forward(x, params, 'layer1', relu), params, 'layer2', relu), params,
                           'layer3', relu), params, 'output', sigmoid)


# %% right table_of_layers
# A table of names and activations, with the default for the sigmoid.
ARCHITECTURE = [('layer1', relu), ('layer2', relu), ('layer3', relu), ('output', None)]

def forward_autoencoder(x, params):
    values = [np.asarray(x, dtype=float)]
    for name, f in ARCHITECTURE:
        values.append(forward(values[-1], params, name, f) if f else forward(values[-1], params, name))
    return values[-1].copy()


# %% right with_own_caches
# Does the layers itself and stores the caches as forward would.
def forward_autoencoder(x, params):
    def layer(X, name, act):
        Z = np.einsum('nd,dh->nh', X, params['W' + name]) + params['b' + name]
        A = act(Z)
        params['cache_' + name] = (X, Z, A)
        return A
    out = layer(x, 'layer1', relu)
    out = layer(out, 'layer2', relu)
    out = layer(out, 'layer3', relu)
    return layer(out, 'output', sigmoid)
