# %% wrong uphill expects=gradients_added
# The sign of the gradient is lost.
def momentum_update(params, learning_rate, momentum=0.9):
    for l in ('layer1', 'layer2', 'layer3', 'output'):
        for k in ('W' + l, 'b' + l):
            params['m_' + k] = momentum * params['m_' + k] + learning_rate * params['grad_' + k]
            params[k] += params['m_' + k]


# %% wrong subtracts_m expects=accumulators_of_the_other_sign
# m gathers the gradient, w loses m: the same path, another m than the text's.
def momentum_update(params, learning_rate, momentum=0.9):
    for k in [k for k in params if 'm_' + k in params]:
        params['m_' + k] = momentum * params['m_' + k] + learning_rate * params['grad_' + k]
        params[k] = params[k] - params['m_' + k]


# %% wrong torch_style expects=rate_outside_the_accumulator
# As torch.optim.SGD does it: the rate multiplies m.
def momentum_update(params, learning_rate, momentum=0.9):
    for k in [k for k in params if 'm_' + k in params]:
        params['m_' + k] = momentum * params['m_' + k] + params['grad_' + k]
        params[k] = params[k] - learning_rate * params['m_' + k]


# %% wrong moving_average expects=running_average
# An average, ten times too slow.
def momentum_update(params, learning_rate, momentum=0.9):
    for k in [k for k in params if 'm_' + k in params]:
        params['m_' + k] = momentum * params['m_' + k] - (1 - momentum) * learning_rate * params['grad_' + k]
        params[k] = params[k] + params['m_' + k]


# %% wrong local_velocity expects=accumulators_not_kept
# m is computed, used, and thrown away.
def momentum_update(params, learning_rate, momentum=0.9):
    for k in [k for k in params if 'm_' + k in params]:
        m = params['m_' + k]
        m = momentum * m - learning_rate * params['grad_' + k]
        params[k] = params[k] + m


# %% wrong order_reversed expects=old_accumulator_moves
# The second equation first.
def momentum_update(params, learning_rate, momentum=0.9):
    for k in [k for k in params if 'm_' + k in params]:
        params[k] = params[k] + params['m_' + k]
        params['m_' + k] = momentum * params['m_' + k] - learning_rate * params['grad_' + k]


# %% wrong point_nine expects=momentum_ignored
# The text's number instead of the argument.
def momentum_update(params, learning_rate, momentum=0.9):
    for k in [k for k in params if 'm_' + k in params]:
        params['m_' + k] = 0.9 * params['m_' + k] - learning_rate * params['grad_' + k]
        params[k] += params['m_' + k]


# %% wrong only_weights expects=biases_forgotten
# Biases never move.
def momentum_update(params, learning_rate, momentum=0.9):
    for name in ['Wlayer1', 'Wlayer2', 'Wlayer3', 'Woutput']:
        params['m_' + name] = momentum * params['m_' + name] - learning_rate * params['grad_' + name]
        params[name] += params['m_' + name]


# %% wrong descent_and_momentum expects=gradient_twice
# Plain descent stays in, and momentum comes on top.
def momentum_update(params, learning_rate, momentum=0.9):
    for k in [k for k in params if 'm_' + k in params]:
        params['m_' + k] = momentum * params['m_' + k] - learning_rate * params['grad_' + k]
        params[k] = params[k] - learning_rate * params['grad_' + k]
        params[k] = params[k] + params['m_' + k]


# %% wrong looks_ahead expects=nesterov
# Nesterov's version from a course page.
def momentum_update(params, learning_rate, momentum=0.9):
    for k in [k for k in params if 'm_' + k in params]:
        v_prev = params['m_' + k]
        params['m_' + k] = momentum * v_prev - learning_rate * params['grad_' + k]
        params[k] = params[k] - momentum * v_prev + (1 + momentum) * params['m_' + k]


# %% wrong one_m expects=one_accumulator_for_all
# A single variable runs through the loop over parameters.
def momentum_update(params, learning_rate, momentum=0.9):
    m = 0
    for k in ['Wlayer1', 'blayer1', 'Wlayer2', 'blayer2', 'Wlayer3', 'blayer3', 'Woutput', 'boutput']:
        m = momentum * m - learning_rate * params['grad_' + k]
        params[k] = params[k] + m
        params['m_' + k] = m


# %% wrong scaled_in_place expects=gradients_changed
# grad *= learning_rate: right steps, changed gradients.
def momentum_update(params, learning_rate, momentum=0.9):
    for k in [k for k in params if 'm_' + k in params]:
        params['grad_' + k] *= learning_rate
        params['m_' + k] = momentum * params['m_' + k] - params['grad_' + k]
        params[k] = params[k] + params['m_' + k]


# %% right in_place
# Every array stays the same object.
def momentum_update(params, learning_rate, momentum=0.9):
    for layer in ['layer1', 'layer2', 'layer3', 'output']:
        for kind in ['W', 'b']:
            m = params[f'm_{kind}{layer}']
            m *= momentum
            m -= learning_rate * params[f'grad_{kind}{layer}']
            np.add(params[f'{kind}{layer}'], m, out=params[f'{kind}{layer}'])


# %% right by_gradient_keys
# Goes through the gradients and cuts the names; keeps the gradients.
def momentum_update(params, learning_rate, momentum=0.9):
    for key in sorted(params):
        if key.startswith('grad_'):
            name = key[len('grad_'):]
            old = params.get('m_' + name, 0)
            params['m_' + name] = -(learning_rate * params[key] - momentum * old)
            params[name] = params['m_' + name] + params[name]
    return params
