# %% wrong forgot_momentum expects=no_accumulators
# The layers alone; momentum_update crashes later.
def initialize_autoencoder(params, sizes=(1024, 32, 32, 32, 1024)):
    initialize_weights(sizes[0], sizes[1], params, 'layer1')
    initialize_weights(sizes[1], sizes[2], params, 'layer2')
    initialize_weights(sizes[2], sizes[3], params, 'layer3')
    initialize_weights(sizes[3], sizes[4], params, 'output')


# %% wrong weights_have_momentum expects=accumulators_for_weights_only
# Biases get no accumulator.
def initialize_autoencoder(params, sizes=(1024, 32, 32, 32, 1024)):
    for i, name in enumerate(['layer1', 'layer2', 'layer3', 'output']):
        initialize_weights(sizes[i], sizes[i + 1], params, name)
        params['m_W' + name] = np.zeros((sizes[i], sizes[i + 1]))


# %% wrong one_zeros_array expects=accumulators_shared
# Accumulators of one shape are one array: with in-place updates, layers push each other.
def initialize_autoencoder(params, sizes=(1024, 32, 32, 32, 1024)):
    names = ['layer1', 'layer2', 'layer3', 'output']
    for n, a, b in zip(names, sizes[:-1], sizes[1:]):
        initialize_weights(a, b, params, n)
    cache = dict()
    for n, a, b in zip(names, sizes[:-1], sizes[1:]):
        if (a, b) not in cache:
            cache[(a, b)] = np.zeros((a, b))
        if b not in cache:
            cache[b] = np.zeros(b)
        params['m_W' + n] = cache[(a, b)]
        params['m_b' + n] = cache[b]


# %% wrong copies_of_weights expects=accumulators_not_zero
# Accumulators start as copies of the parameters.
def initialize_autoencoder(params, sizes=(1024, 32, 32, 32, 1024)):
    for n, a, b in zip(['layer1', 'layer2', 'layer3', 'output'], sizes[:-1], sizes[1:]):
        initialize_weights(a, b, params, n)
    for k in list(params.keys()):
        params['m_' + k] = np.array(params[k])


# %% wrong two_hidden_layers expects=third_layer_missing
# Follows the homework's words "2 hidden layer autoencoder".
def initialize_autoencoder(params, sizes=(1024, 32, 32, 32, 1024)):
    initialize_weights(sizes[0], sizes[1], params, 'layer1')
    initialize_weights(sizes[1], sizes[2], params, 'layer2')
    initialize_weights(sizes[3], sizes[4], params, 'output')
    for k in [k for k in params]:
        params['m_' + k] = np.zeros(params[k].shape)


# %% wrong typed_sizes expects=sizes_ignored
# The sizes of the homework, typed in.
def initialize_autoencoder(params, sizes=(1024, 32, 32, 32, 1024)):
    hidden_size = 32
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, hidden_size, params, 'layer2')
    initialize_weights(hidden_size, hidden_size, params, 'layer3')
    initialize_weights(hidden_size, 1024, params, 'output')
    for k in list(params):
        params['m_' + k] = np.zeros_like(params[k])


# %% wrong out_in expects=inputs_and_outputs_swapped
# Weights as (out, in).
def initialize_autoencoder(params, sizes=(1024, 32, 32, 32, 1024)):
    for i, name in enumerate(('layer1', 'layer2', 'layer3', 'output')):
        initialize_weights(sizes[i + 1], sizes[i], params, name)
    for k in list(params):
        params['m_' + k] = np.zeros_like(params[k])


# %% right line_by_line
# Everything written out, accumulators by shape.
def initialize_autoencoder(params, sizes=(1024, 32, 32, 32, 1024)):
    d, h1, h2, h3, o = sizes
    initialize_weights(d, h1, params, 'layer1')
    params['m_Wlayer1'] = np.zeros((d, h1))
    params['m_blayer1'] = np.zeros(h1)
    initialize_weights(h1, h2, params, 'layer2')
    params['m_Wlayer2'] = np.zeros((h1, h2))
    params['m_blayer2'] = np.zeros(h2)
    initialize_weights(h2, h3, params, 'layer3')
    params['m_Wlayer3'] = np.zeros((h2, h3))
    params['m_blayer3'] = np.zeros(h3)
    initialize_weights(h3, o, params, 'output')
    params['m_Woutput'] = np.zeros((h3, o))
    params['m_boutput'] = np.zeros(o)


# %% right own_draws
# Draws the weights itself, and keeps further keys.
def initialize_autoencoder(params, sizes=(1024, 32, 32, 32, 1024)):
    rng = np.random.default_rng()
    for name, (n, m) in {k: s for k, s in zip(('layer1', 'layer2', 'layer3', 'output'),
                                              zip(sizes, sizes[1:]))}.items():
        a = np.sqrt(6 / (n + m))
        params['W' + name] = (2 * rng.random((n, m)) - 1) * a
        params['b' + name] = np.zeros(m)
        for kind in 'Wb':
            params['m_' + kind + name] = 0 * params[kind + name]
    params['sizes'] = list(sizes)
