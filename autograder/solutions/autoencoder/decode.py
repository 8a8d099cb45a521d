# %% wrong linear_third expects=decoder_without_relu
# layer3 without its ReLU.
def decode(code, params):
    h = code @ params['Wlayer3'] + params['blayer3']
    return sigmoid(h @ params['Woutput'] + params['boutput'])


# %% wrong no_squash expects=decoder_without_sigmoid
# ReLU at the end.
def decode(code, params):
    h = forward(code, params, 'layer3', relu)
    return forward(h, params, 'output', relu)


# %% wrong default_third expects=decoder_of_two_sigmoids
# layer3 with the default.
def decode(code, params):
    return forward(forward(code, params, 'layer3'), params, 'output')


# %% wrong from_layer2
# Starts one layer too early; runs in a network whose waist is square.
def decode(code, params):
    h = forward(code, params, 'layer2', relu)
    h = forward(h, params, 'layer3', relu)
    return forward(h, params, 'output', sigmoid)


# %% right on_a_copy
# Works on a copy of params, and clips rounding away.
def decode(code, params):
    scratch = dict(params)
    h = forward(np.array(code), scratch, 'layer3', relu)
    return np.clip(forward(h, scratch, 'output'), 0, 1)


# %% right tanh_sigmoid
# The sigmoid through tanh.
def decode(code, params):
    h = np.where((z := code.dot(params['Wlayer3']) + params['blayer3']) > 0, z, 0)
    return 0.5 + 0.5 * np.tanh(0.5 * (h.dot(params['Woutput']) + params['boutput']))
