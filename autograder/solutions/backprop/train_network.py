# %% wrong hidden_frozen expects=first_layer_frozen
# Never updates the first layer; reaches .975 on the clouds.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for epoch in range(max_iters):
        loss_sum, hits = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h = forward(xb, params, 'layer1')
            probs = forward(h, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            loss_sum += loss
            hits += acc * len(xb)
            backwards(probs - yb, params, 'output', linear_deriv)
            params['Woutput'] -= learning_rate * params['grad_Woutput']
            params['boutput'] -= learning_rate * params['grad_boutput']
        history['train_loss'].append(loss_sum / len(train_x))
        history['train_acc'].append(hits / len(train_x))
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong validates_on_training_data expects=validated_on_training_rows
# Measures "valid" on the training data, after a right training.
def evaluate(x, y, params):
    probs = forward(forward(x, params, 'layer1'), params, 'output', softmax)
    loss, acc = compute_loss_and_acc(y, probs)
    return loss / len(x), acc

def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {k: [] for k in ('train_loss', 'train_acc', 'valid_loss', 'valid_acc')}
    for _ in range(max_iters):
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            g = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(g, params, 'layer1', sigmoid_deriv)
            for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
                params[k] = params[k] - learning_rate * params['grad_' + k]
        l, a = evaluate(train_x, train_y, params)
        history['train_loss'].append(l)
        history['train_acc'].append(a)
        l, a = evaluate(train_x, train_y, params)
        history['valid_loss'].append(l)
        history['valid_acc'].append(a)
    return params, history


# %% wrong uphill expects=gradients_added
# += climbs.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    p = {}
    initialize_weights(train_x.shape[1], hidden_size, p, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], p, 'output')
    tl, ta, vl, va = [], [], [], []
    for _ in range(max_iters):
        total, right = 0.0, 0.0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            probs = forward(forward(xb, p, 'layer1'), p, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total, right = total + loss, right + acc * len(yb)
            d = backwards(probs - yb, p, 'output', linear_deriv)
            backwards(d, p, 'layer1')
            for key in 'Wlayer1', 'blayer1', 'Woutput', 'boutput':
                p[key] += learning_rate * p['grad_' + key]
        probs = forward(forward(valid_x, p, 'layer1'), p, 'output', softmax)
        loss, acc = compute_loss_and_acc(valid_y, probs)
        tl.append(total / len(train_x))
        ta.append(right / len(train_x))
        vl.append(loss / len(valid_x))
        va.append(acc)
    return p, dict(train_loss=tl, train_acc=ta, valid_loss=vl, valid_acc=va)


# %% wrong divides_by_batch expects=updates_averaged
# Divides the step by the batch's rows: learns five times more slowly.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        epoch_loss = 0
        epoch_acc = 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1', sigmoid)
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            epoch_loss += loss
            epoch_acc += acc * xb.shape[0]
            delta2 = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta2, params, 'layer1', sigmoid_deriv)
            for layer in ['layer1', 'output']:
                params['W' + layer] -= learning_rate * params['grad_W' + layer] / xb.shape[0]
                params['b' + layer] -= learning_rate * params['grad_b' + layer] / xb.shape[0]
        history['train_loss'].append(epoch_loss / train_x.shape[0])
        history['train_acc'].append(epoch_acc / train_x.shape[0])
        h1 = forward(valid_x, params, 'layer1', sigmoid)
        probs = forward(h1, params, 'output', softmax)
        loss, acc = compute_loss_and_acc(valid_y, probs)
        history['valid_loss'].append(loss / valid_x.shape[0])
        history['valid_acc'].append(acc)
    return params, history


# %% wrong total_losses expects=losses_summed
# Total losses in the history: train and valid no longer share an axis; trains as it should.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    names = ['Wlayer1', 'blayer1', 'Woutput', 'boutput']
    for epoch in range(max_iters):
        total_loss, total_acc, rows = 0, 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            out = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, out)
            total_loss += loss
            total_acc += acc * len(xb)
            rows += len(xb)
            back = backwards(out - yb, params, 'output', linear_deriv)
            backwards(back, params, 'layer1')
            for n in names:
                params[n] = params[n] - learning_rate * params['grad_' + n]
        out = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        loss, acc = compute_loss_and_acc(valid_y, out)
        history['train_loss'].append(total_loss)
        history['train_acc'].append(total_acc / rows)
        history['valid_loss'].append(loss)
        history['valid_acc'].append(acc)
    return params, history


# %% wrong bias_left_out expects=biases_frozen
# Updates the weights alone; trains well.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')

    def measure(x, y):
        pr = forward(forward(x, params, 'layer1'), params, 'output', softmax)
        lo, ac = compute_loss_and_acc(y, pr)
        return lo / x.shape[0], ac

    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for ep in range(max_iters):
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            pr = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            backwards(backwards(pr - yb, params, 'output', linear_deriv), params, 'layer1')
            params['Wlayer1'] -= learning_rate * params['grad_Wlayer1']
            params['Woutput'] -= learning_rate * params['grad_Woutput']
        for split, x, y in [('train', train_x, train_y), ('valid', valid_x, valid_y)]:
            lo, ac = measure(x, y)
            history[split + '_loss'].append(lo)
            history[split + '_acc'].append(ac)
    return params, history


# %% wrong sigmoid_slope_at_the_end expects=softmax_derived_twice
# The output layer's backwards keeps its default sigmoid_deriv; trains.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for epoch in range(max_iters):
        L, A = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h = forward(xb, params, 'layer1')
            p = forward(h, params, 'output', softmax)
            l, a = compute_loss_and_acc(yb, p)
            L += l
            A += a * len(yb)
            d = backwards(p - yb, params, 'output')
            backwards(d, params, 'layer1')
            for w in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[w] -= learning_rate * params['grad_' + w]
        h = forward(valid_x, params, 'layer1')
        l, a = compute_loss_and_acc(valid_y, forward(h, params, 'output', softmax))
        history['train_loss'].append(L / len(train_y))
        history['train_acc'].append(A / len(train_y))
        history['valid_loss'].append(l / len(valid_y))
        history['valid_acc'].append(a)
    return params, history


# %% wrong probs_overwritten expects=probabilities_overwritten
# delta is another name for probs, so loss and accuracy are computed from probs - y; trains well.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for epoch in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            delta1 = probs
            delta1[np.arange(len(yb)), yb.argmax(axis=1)] -= 1
            delta2 = backwards(delta1, params, 'output', linear_deriv)
            backwards(delta2, params, 'layer1', sigmoid_deriv)
            for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
                params[k] -= learning_rate * params['grad_' + k]
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(yb)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        h1 = forward(valid_x, params, 'layer1')
        loss, acc = compute_loss_and_acc(valid_y, forward(h1, params, 'output', softmax))
        history['valid_loss'].append(loss / len(valid_x))
        history['valid_acc'].append(acc)
    return params, history


# %% wrong sigmoid_before_softmax expects=sigmoid_before_softmax
# Squashes the logits with sigmoid before softmax.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}

    def net(x):
        return softmax(forward(forward(x, params, 'layer1', sigmoid), params, 'output', sigmoid))

    for epoch in range(max_iters):
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            delta = net(xb) - yb
            delta = backwards(delta, params, 'output', sigmoid_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
                params[k] -= learning_rate * params['grad_' + k]
        loss, acc = compute_loss_and_acc(train_y, net(train_x))
        history['train_loss'].append(loss / len(train_x))
        history['train_acc'].append(acc)
        loss, acc = compute_loss_and_acc(valid_y, net(valid_x))
        history['valid_loss'].append(loss / len(valid_x))
        history['valid_acc'].append(acc)
    return params, history


# %% wrong history_by_batch expects=history_for_each_batch
# One entry for each batch instead of each epoch.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for epoch in range(max_iters):
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            history['train_loss'].append(loss / len(xb))
            history['train_acc'].append(acc)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1')
            for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
                params[k] -= learning_rate * params['grad_' + k]
            vprobs = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
            loss, acc = compute_loss_and_acc(valid_y, vprobs)
            history['valid_loss'].append(loss / len(valid_x))
            history['valid_acc'].append(acc)
    return params, history


# %% wrong settings_by_hand expects=hidden_size_ignored
# Ignores hidden_size and learning_rate; trains well.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    hidden_size = 32
    learning_rate = 0.01
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for epoch in range(max_iters):
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1')
            for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
                params[k] -= learning_rate * params['grad_' + k]
        for part, x, y in (('train', train_x, train_y), ('valid', valid_x, valid_y)):
            probs = forward(forward(x, params, 'layer1'), params, 'output', softmax)
            loss, acc = compute_loss_and_acc(y, probs)
            history[part + '_loss'].append(loss / len(x))
            history[part + '_acc'].append(acc)
    return params, history


# %% wrong fresh_weights_each_epoch expects=weights_drawn_each_epoch
# Starts again from new weights in every epoch: the curves never fall.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for epoch in range(max_iters):
        params = {}
        initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
        initialize_weights(hidden_size, train_y.shape[1], params, 'output')
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1')
            for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
                params[k] -= learning_rate * params['grad_' + k]
        for part, x, y in (('train', train_x, train_y), ('valid', valid_x, valid_y)):
            probs = forward(forward(x, params, 'layer1'), params, 'output', softmax)
            loss, acc = compute_loss_and_acc(y, probs)
            history[part + '_loss'].append(loss / len(x))
            history[part + '_acc'].append(acc)
    return params, history


# %% wrong sees_the_validation_set expects=trained_on_validation_rows
# Trains on the validation rows too; the curves look better than they are.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    all_x, all_y = np.vstack([train_x, valid_x]), np.vstack([train_y, valid_y])
    params = {}
    initialize_weights(all_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, all_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for epoch in range(max_iters):
        for xb, yb in get_random_batches(all_x, all_y, batch_size):
            probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1')
            for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
                params[k] -= learning_rate * params['grad_' + k]
        for part, x, y in (('train', train_x, train_y), ('valid', valid_x, valid_y)):
            probs = forward(forward(x, params, 'layer1'), params, 'output', softmax)
            loss, acc = compute_loss_and_acc(y, probs)
            history[part + '_loss'].append(loss / len(x))
            history[part + '_acc'].append(acc)
    return params, history


# %% wrong stops_early
# Stops after half of the epochs when asked for more than one: the lists are too short.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    patience = max(1, max_iters // 2)
    for epoch in range(max_iters):
        if epoch >= patience:
            break
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1')
            for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
                params[k] -= learning_rate * params['grad_' + k]
        for part, x, y in (('train', train_x, train_y), ('valid', valid_x, valid_y)):
            probs = forward(forward(x, params, 'layer1'), params, 'output', softmax)
            loss, acc = compute_loss_and_acc(y, probs)
            history[part + '_loss'].append(loss / len(x))
            history[part + '_acc'].append(acc)
    return params, history


# %% wrong names_do_not_match expects=layer_names_differ
# Initialises 'hidden' and forwards 'layer1': crashes with a KeyError.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'hidden')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for epoch in range(max_iters):
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1')
            for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
                params[k] -= learning_rate * params['grad_' + k]
    return params, history


# %% wrong step_between_the_layers expects=output_updated_too_early
# Updates the output layer before the gradient passes through it; trains well.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for epoch in range(max_iters):
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            delta = probs - yb
            backwards(delta, params, 'output', linear_deriv)
            params['Woutput'] = params['Woutput'] - learning_rate * params['grad_Woutput']
            params['boutput'] = params['boutput'] - learning_rate * params['grad_boutput']
            backwards(delta @ params['Woutput'].T, params, 'layer1', sigmoid_deriv)
            params['Wlayer1'] = params['Wlayer1'] - learning_rate * params['grad_Wlayer1']
            params['blayer1'] = params['blayer1'] - learning_rate * params['grad_blayer1']
        for part, x, y in (('train', train_x, train_y), ('valid', valid_x, valid_y)):
            probs = forward(forward(x, params, 'layer1'), params, 'output', softmax)
            loss, acc = compute_loss_and_acc(y, probs)
            history[part + '_loss'].append(loss / len(x))
            history[part + '_acc'].append(acc)
    return params, history


# %% wrong linear_both_times expects=hidden_derivative_forgotten
# linear_deriv for the hidden layer too; trains well.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for epoch in range(max_iters):
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', linear_deriv)
            for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
                params[k] -= learning_rate * params['grad_' + k]
        for part, x, y in (('train', train_x, train_y), ('valid', valid_x, valid_y)):
            probs = forward(forward(x, params, 'layer1'), params, 'output', softmax)
            loss, acc = compute_loss_and_acc(y, probs)
            history[part + '_loss'].append(loss / len(x))
            history[part + '_acc'].append(acc)
    return params, history


# %% wrong first_batch_and_out expects=one_batch_for_each_epoch
# Returns to the outer loop after one batch: max_iters counts updates.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for it in range(max_iters):
        xb, yb = get_random_batches(train_x, train_y, batch_size)[0]
        probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
        loss, acc = compute_loss_and_acc(yb, probs)
        history['train_loss'].append(loss / len(xb))
        history['train_acc'].append(acc)
        backwards(backwards(probs - yb, params, 'output', linear_deriv), params, 'layer1')
        for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
            params[k] = params[k] - learning_rate * params['grad_' + k]
        probs = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        loss, acc = compute_loss_and_acc(valid_y, probs)
        history['valid_loss'].append(loss / len(valid_x))
        history['valid_acc'].append(acc)
    return params, history


# %% wrong validates_first expects=validation_too_early
# Measures the validation set before the epoch's updates; trains as it should.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for epoch in range(max_iters):
        vprobs = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vloss, vacc = compute_loss_and_acc(valid_y, vprobs)
        history['valid_loss'].append(vloss / len(valid_x))
        history['valid_acc'].append(vacc)
        epoch_loss, epoch_hits = 0.0, 0.0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            epoch_loss += loss
            epoch_hits += acc * len(xb)
            backwards(backwards(probs - yb, params, 'output', linear_deriv), params, 'layer1')
            for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
                params[k] = params[k] - learning_rate * params['grad_' + k]
        history['train_loss'].append(epoch_loss / len(train_x))
        history['train_acc'].append(epoch_hits / len(train_x))
    return params, history


# %% wrong loss_after_the_loop expects=last_batch_reported
# Appends after the batch loop what is left of the last batch; trains as it should.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for epoch in range(max_iters):
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            backwards(backwards(probs - yb, params, 'output', linear_deriv), params, 'layer1')
            for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
                params[k] = params[k] - learning_rate * params['grad_' + k]
        history['train_loss'].append(loss / len(xb))
        history['train_acc'].append(acc)
        probs = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        loss, acc = compute_loss_and_acc(valid_y, probs)
        history['valid_loss'].append(loss / len(valid_x))
        history['valid_acc'].append(acc)
    return params, history


# %% wrong first_point_untrained expects=history_starts_before_training
# Stores the untrained network's numbers as well, so that the curves start at the top.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}

    def report():
        for part, x, y in (('train', train_x, train_y), ('valid', valid_x, valid_y)):
            probs = forward(forward(x, params, 'layer1'), params, 'output', softmax)
            loss, acc = compute_loss_and_acc(y, probs)
            history[part + '_loss'].append(loss / len(x))
            history[part + '_acc'].append(acc)

    report()
    for epoch in range(max_iters):
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1')
            for k in ['Wlayer1', 'blayer1', 'Woutput', 'boutput']:
                params[k] -= learning_rate * params['grad_' + k]
        report()
    return params, history


# %% right recomputed_with_helpers
# Recomputes the training loss after the epoch, in helpers of its own; prints every epoch.
LAYERS = ('layer1', 'output')

def predict(x, params):
    hidden = forward(x, params, 'layer1', sigmoid)
    return forward(hidden, params, 'output', softmax)

def step(xb, yb, params, lr):
    delta = predict(xb, params) - yb
    delta = backwards(delta, params, 'output', linear_deriv)
    backwards(delta, params, 'layer1', sigmoid_deriv)
    for layer in LAYERS:
        for kind in 'Wb':
            params[kind + layer] = params[kind + layer] - lr * params['grad_' + kind + layer]

def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    sizes = [train_x.shape[1], hidden_size, train_y.shape[1]]
    for n_in, n_out, layer in zip(sizes[:-1], sizes[1:], LAYERS):
        initialize_weights(n_in, n_out, params, layer)
    history = {}
    for epoch in range(max_iters):
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            step(xb, yb, params, learning_rate)
        for split, x, y in [('train', train_x, train_y), ('valid', valid_x, valid_y)]:
            loss, acc = compute_loss_and_acc(y, predict(x, params))
            history.setdefault(split + '_loss', []).append(loss / len(x))
            history.setdefault(split + '_acc', []).append(acc)
        print('epoch', epoch, {k: round(float(v[-1]), 3) for k, v in history.items()})
    return params, history


# %% right no_calls_to_the_layers
# Writes the whole network out, with its own batches; caches nothing in params.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    W1, b1 = params['Wlayer1'], params['blayer1']
    W2, b2 = params['Woutput'], params['boutput']

    def run(x):
        h = 0.5 + 0.5 * np.tanh((x @ W1 + b1) / 2)
        z = h @ W2 + b2
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return h, e / e.sum(axis=1, keepdims=True)

    def score(p, y):
        labels = y.argmax(axis=1)
        return -np.log(p[np.arange(len(y)), labels]).sum(), np.sum(p.argmax(axis=1) == labels)

    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    n = len(train_x)
    for epoch in range(max_iters):
        order = np.random.permutation(n)
        loss_sum = hits = 0
        for start in range(0, n, batch_size):
            rows = order[start:start + batch_size]
            xb, yb = train_x[rows], train_y[rows]
            h, p = run(xb)
            loss, hit = score(p, yb)
            loss_sum += loss
            hits += hit
            d2 = p - yb
            d1 = d2 @ W2.T * h * (1 - h)
            W2 -= learning_rate * h.T @ d2
            b2 -= learning_rate * d2.sum(axis=0)
            W1 -= learning_rate * xb.T @ d1
            b1 -= learning_rate * d1.sum(axis=0)
        history['train_loss'].append(loss_sum / n)
        history['train_acc'].append(hits / n)
        loss, hit = score(run(valid_x)[1], valid_y)
        history['valid_loss'].append(loss / len(valid_x))
        history['valid_acc'].append(hit / len(valid_x))
    return params, history


# %% right more_than_asked
# Counter for params, defaultdict for history, further keys in both.
from collections import Counter, defaultdict

def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    params = Counter()
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    hist = defaultdict(list)
    best = float('inf')
    for it in range(max_iters):
        seen, loss_sum, acc_sum = 0, 0.0, 0.0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, name='layer1', activation=sigmoid)
            out = forward(h1, params, name='output', activation=softmax)
            batch_loss, batch_acc = compute_loss_and_acc(yb, out)
            seen += len(xb)
            loss_sum += float(batch_loss)
            acc_sum += float(batch_acc) * len(xb)
            d_h = backwards(out - yb, params, name='output', activation_deriv=linear_deriv)
            backwards(d_h, params, name='layer1', activation_deriv=sigmoid_deriv)
            for key in [k for k in params if k.startswith('grad_')]:
                params[key[len('grad_'):]] = params[key[len('grad_'):]] - learning_rate * params[key]
        hist['train_loss'].append(loss_sum / seen)
        hist['train_acc'].append(acc_sum / seen)
        h1 = forward(valid_x, params, 'layer1')
        v_loss, v_acc = compute_loss_and_acc(valid_y, forward(h1, params, 'output', softmax))
        hist['valid_loss'].append(float(v_loss) / len(valid_x))
        hist['valid_acc'].append(float(v_acc))
        hist['learning_rate'].append(learning_rate)
        best = min(best, hist['valid_loss'][-1])
    params['best_valid_loss'] = best
    return params, hist


# %% right a_class
# A class around the functions, and a while loop.
class Trainer:
    def __init__(self, n_in, n_hidden, n_out, lr):
        self.lr = lr
        self.params = {}
        initialize_weights(n_in, n_hidden, self.params, 'layer1')
        initialize_weights(n_hidden, n_out, self.params, 'output')

    def __call__(self, x):
        return forward(forward(x, self.params, 'layer1'), self.params, 'output', softmax)

    def epoch(self, batches):
        loss = rows = hits = 0
        for xb, yb in batches:
            p = self(xb)
            l, a = compute_loss_and_acc(yb, p)
            loss, rows, hits = loss + l, rows + len(xb), hits + a * len(xb)
            backwards(backwards(p - yb, self.params, 'output', linear_deriv), self.params, 'layer1')
            for k in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                np.subtract(self.params[k], self.lr * self.params['grad_' + k], out=self.params[k])
        return loss / rows, hits / rows

def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=50, batch_size=5,
                  learning_rate=1e-3):
    t = Trainer(train_x.shape[1], hidden_size, train_y.shape[1], learning_rate)
    rows = []
    while len(rows) < max_iters:
        train = t.epoch(get_random_batches(train_x, train_y, batch_size))
        loss, acc = compute_loss_and_acc(valid_y, t(valid_x))
        rows.append([*train, loss / len(valid_x), acc])
    columns = [list(c) for c in zip(*rows)] or [[], [], [], []]
    return t.params, dict(zip(['train_loss', 'train_acc', 'valid_loss', 'valid_acc'], columns))
