# %% wrong third_layer expects=code_after_three_layers
# Takes the last hidden layer.
def encode(x, params):
    h = forward(x, params, 'layer1', relu)
    h = forward(h, params, 'layer2', relu)
    return forward(h, params, 'layer3', relu)


# %% wrong first_layer expects=code_after_one_layer
# Takes the first hidden layer: 32 numbers as well.
def encode(x, params):
    return forward(x, params, 'layer1', relu)


# %% wrong before_the_relu expects=code_without_relu
# The net input of layer2.
def encode(x, params):
    h = relu(x @ params['Wlayer1'] + params['blayer1'])
    return h @ params['Wlayer2'] + params['blayer2']


# %% wrong sigmoids expects=code_through_sigmoids
# forward's default activation.
def encode(x, params):
    return forward(forward(x, params, 'layer1'), params, 'layer2')


# %% right from_the_cache
# Runs the whole network and reads the cache.
def encode(x, params):
    forward_autoencoder(x, params)
    return params['cache_layer2'][2]


# %% right plain_numpy
# Without forward.
def encode(x, params):
    for n in (1, 2):
        x = np.maximum(x @ params[f'Wlayer{n}'] + params[f'blayer{n}'], 0)
    return x
