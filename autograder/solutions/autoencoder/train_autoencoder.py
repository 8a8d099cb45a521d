# %% wrong totals expects=losses_not_divided
# The epoch's total as it is.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    params = {}
    D = train_x.shape[1]
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    losses = []
    for e in range(epochs):
        total = 0
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            out = forward_autoencoder(xb, params)
            loss, delta = autoencoder_loss_and_delta(xb, out)
            total += loss
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate, momentum)
        losses.append(total)
        if e % 20 == 19:
            learning_rate *= 0.9
    return params, losses


# %% wrong by_batches expects=losses_per_batch
# The mean of the batches' losses.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    params, D = {}, train_x.shape[1]
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    losses = []
    for e in range(epochs):
        batches = get_random_batches(train_x, train_x, batch_size)
        total = 0
        for xb, _ in batches:
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total += loss
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate, momentum)
        losses.append(total / len(batches))
        if (e + 1) % 20 == 0:
            learning_rate *= 0.9
    return params, losses


# %% wrong overwritten_total expects=last_batch_reported
# = for +=.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    params, D = {}, train_x.shape[1]
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    losses = []
    for e in range(epochs):
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total = loss
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate, momentum)
        losses.append(total / len(train_x))
        if e % 20 == 19:
            learning_rate *= 0.9
    return params, losses


# %% wrong appends_inside expects=losses_for_each_batch
# One indentation too deep.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    params, D = {}, train_x.shape[1]
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    losses = []
    for e in range(epochs):
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate, momentum)
            losses.append(loss / len(xb))
        if e % 20 == 19:
            learning_rate *= 0.9
    return params, losses


# %% wrong default_momentum expects=momentum_not_handed_on
# momentum_update gets two arguments.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    params, D = {}, train_x.shape[1]
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    losses = []
    for e in range(epochs):
        total = 0
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total += loss
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate)
        losses.append(total / train_x.shape[0])
        if e % 20 == 19:
            learning_rate *= 0.9
    return params, losses


# %% wrong plain_descent expects=no_momentum
# The update of train_network.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    params, D = {}, train_x.shape[1]
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    losses = []
    for e in range(epochs):
        total = 0
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total += loss
            backward_autoencoder(delta, params)
            for n in ('layer1', 'layer2', 'layer3', 'output'):
                params['W' + n] -= learning_rate * params['grad_W' + n]
                params['b' + n] -= learning_rate * params['grad_b' + n]
        losses.append(total / train_x.shape[0])
        if e % 20 == 19:
            learning_rate *= 0.9
    return params, losses


# %% wrong constant_rate expects=no_decay
# The decay is forgotten.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    params, D = {}, train_x.shape[1]
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    losses = []
    for e in range(epochs):
        total = 0
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total += loss
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate, momentum)
        losses.append(total / train_x.shape[0])
    return params, losses


# %% wrong modulo_zero expects=decay_off_by_one
# 0 % 20 == 0: the first epoch decays already.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    params, D = {}, train_x.shape[1]
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    losses = []
    for e in range(epochs):
        if e % 20 == 0:
            learning_rate = learning_rate * 0.9
        total = 0
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total += loss
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate, momentum)
        losses.append(total / train_x.shape[0])
    return params, losses


# %% wrong modulo_zero_at_the_end expects=decay_off_by_one
# The same mistake at the end of the loop: decays after the first epoch.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    params, D = {}, train_x.shape[1]
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    losses = []
    for e in range(epochs):
        total = 0
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total += loss
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate, momentum)
        losses.append(total / train_x.shape[0])
        if e % 20 == 0:
            learning_rate *= 0.9
    return params, losses


# %% wrong each_epoch_shorter expects=decay_every_epoch
# Decays every epoch: after 100 there is no step left.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    params, D = {}, train_x.shape[1]
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    losses = []
    for e in range(epochs):
        total = 0
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total += loss
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate, momentum)
        losses.append(total / train_x.shape[0])
        learning_rate *= 0.9
    return params, losses


# %% wrong starts_over expects=weights_drawn_each_epoch
# Initialises inside the loop.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    D = train_x.shape[1]
    losses = []
    for e in range(epochs):
        params = {}
        initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
        total = 0
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total += loss
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate * 0.9 ** (e // 20), momentum)
        losses.append(total / train_x.shape[0])
    return params, losses


# %% wrong average_step expects=updates_averaged
# delta divided by the batch's rows.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    D = train_x.shape[1]
    params, losses = {}, []
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    for e in range(epochs):
        total = 0
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total += loss
            backward_autoencoder(delta / len(xb), params)
            momentum_update(params, learning_rate * 0.9 ** (e // 20), momentum)
        losses.append(total / train_x.shape[0])
    return params, losses


# %% wrong thirty_two expects=hidden_ignored
# The width typed in.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    D = train_x.shape[1]
    params, losses = {}, []
    initialize_autoencoder(params, (D, 32, 32, 32, D))
    for e in range(epochs):
        total = 0
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total += loss
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate * 0.9 ** (e // 20), momentum)
        losses.append(total / train_x.shape[0])
    return params, losses


# %% wrong empties_accumulators expects=no_momentum
# New zeros at each epoch's start.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    D = train_x.shape[1]
    params, losses = {}, []
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    for e in range(epochs):
        for k in [k for k in params if k.startswith('m_')]:
            params[k] = np.zeros_like(params[k])
        total = 0
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total += loss
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate * 0.9 ** (e // 20), momentum)
        losses.append(total / train_x.shape[0])
    return params, losses


# %% wrong losses_first expects=returned_in_reverse
# The pair the wrong way round.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    D = train_x.shape[1]
    params, losses = {}, []
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    for e in range(epochs):
        total = 0
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total += loss
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate * 0.9 ** (e // 20), momentum)
        losses.append(total / train_x.shape[0])
    return losses, params


# %% wrong weight_decay
# A habit from elsewhere: shrinks the weights in each step.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    D = train_x.shape[1]
    params, losses = {}, []
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    for e in range(epochs):
        total = 0
        for xb, _ in get_random_batches(train_x, train_x, batch_size):
            loss, delta = autoencoder_loss_and_delta(xb, forward_autoencoder(xb, params))
            total += loss
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate * 0.9 ** (e // 20), momentum)
            for k in ('Wlayer1', 'Wlayer2', 'Wlayer3', 'Woutput'):
                params[k] = params[k] * 0.97
        losses.append(total / train_x.shape[0])
    return params, losses


# %% right counter_and_numpy
# A Counter, own batches with array_split, losses measured after the epoch, as an array.
from collections import Counter

def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    params = Counter()
    n, D = train_x.shape
    initialize_autoencoder(params, (D, hidden, hidden, hidden, D))
    losses = np.zeros(epochs)
    for e in range(epochs):
        for rows in np.array_split(np.random.permutation(n), max(1, n // batch_size)):
            out = forward_autoencoder(train_x[rows], params)
            backward_autoencoder(autoencoder_loss_and_delta(train_x[rows], out)[1], params)
            momentum_update(params, learning_rate, momentum)
        losses[e] = autoencoder_loss_and_delta(train_x, forward_autoencoder(train_x, params))[0] / n
        if e % 20 == 19:
            learning_rate *= 0.9
    return params, losses


# %% right all_in_one
# Everything in one function, no helper used, clean params returned.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    names, D = ['layer1', 'layer2', 'layer3', 'output'], train_x.shape[1]
    widths = [D, hidden, hidden, hidden, D]
    W = [np.random.uniform(-1, 1, (a, b)) * np.sqrt(6 / (a + b)) for a, b in zip(widths, widths[1:])]
    b = [np.zeros(w) for w in widths[1:]]
    mW, mb = [0 * w for w in W], [0 * v for v in b]
    losses, lr = [], learning_rate
    for epoch in range(1, epochs + 1):
        order, loss = np.random.permutation(len(train_x)), 0.0
        for start in range(0, len(train_x), batch_size):
            a = [train_x[order[start:start + batch_size]]]
            for i in range(4):
                z = a[i] @ W[i] + b[i]
                a.append(np.maximum(z, 0) if i < 3 else 1 / (1 + np.exp(-z)))
            d = a[4] - a[0]
            loss += (d * d).sum()
            d = 2 * d * a[4] * (1 - a[4])
            for i in (3, 2, 1, 0):
                gW, gb = a[i].T @ d, d.sum(axis=0)
                d = (d @ W[i].T) * (a[i] > 0)
                mW[i] = momentum * mW[i] - lr * gW
                mb[i] = momentum * mb[i] - lr * gb
                W[i] = W[i] + mW[i]
                b[i] = b[i] + mb[i]
        losses.append(loss / len(train_x))
        if epoch % 20 == 0:
            lr = lr * 0.9
    params = {'W' + n: w for n, w in zip(names, W)}
    params.update({'b' + n: v for n, v in zip(names, b)})
    return params, losses


# %% right short_batches_dropped
# Full batches only, weighted mean of batch means, progress printed.
def train_autoencoder(train_x, epochs=100, batch_size=36, learning_rate=3e-5, momentum=0.9, hidden=32):
    params, losses, seen = {}, [], 0
    initialize_autoencoder(params, [train_x.shape[1]] + 3 * [hidden] + [train_x.shape[1]])
    for e in range(epochs):
        means, counts = [], []
        for xb, target in get_random_batches(train_x, train_x.copy(), batch_size):
            if len(xb) < batch_size:
                continue
            loss, delta = autoencoder_loss_and_delta(target, forward_autoencoder(xb, params))
            backward_autoencoder(delta, params)
            momentum_update(params, learning_rate=0.9 ** (e // 20) * learning_rate, momentum=momentum)
            means.append(loss / len(xb))
            counts.append(len(xb))
        losses.append(float(np.average(means, weights=counts)))
        if e % 20 == 0:
            print('epoch', e, losses[-1])
    return params, losses
