# %% wrong total_losses expects=losses_summed
# Sums in the history: they grow with the data set.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss)
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl)
        history['valid_acc'].append(va)
    return params, history


# %% wrong mean_of_batches expects=losses_per_batch
# Divides by the number of batches, as the homework's script for the autoencoder does.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        batches = get_random_batches(train_x, train_y, batch_size)
        for xb, yb in batches:
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(batches))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong percent expects=accuracy_in_percent
# Accuracies in percent, for the plot.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(100 * total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(100 * va)
    return params, history


# %% wrong divides_by_batch expects=updates_averaged
# The step divided by the batch's rows.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key] / len(xb)
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong uphill expects=gradients_added
# += climbs.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] += learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong only_output expects=first_layer_frozen
# Updates the output layer only: 64 random features still read something.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong no_biases expects=biases_frozen
# Loops over the weights alone.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'Woutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong linear_everywhere expects=hidden_derivative_forgotten
# linear_deriv copied into the second call.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', linear_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong default_deriv expects=softmax_derived_twice
# Leaves out linear_deriv, so that backwards takes its default.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output')
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong early_step expects=output_updated_too_early
# Updates the output layer before its gradient has passed through it.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            d = probs - yb
            params['Woutput'] -= learning_rate * params['cache_output'][0].T @ d
            params['boutput'] -= learning_rate * d.sum(axis=0)
            delta = backwards(d, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong one_batch expects=one_batch_for_each_epoch
# A return of the loop's first batch: one update in each epoch.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size)[:1]:
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(xb))
        history['train_acc'].append(total_acc / len(xb))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong everything_is_training expects=trained_on_validation_images
# More data are better, so the validation images are added.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    train_x = np.vstack([train_x, valid_x])
    train_y = np.vstack([train_y, valid_y])
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong same_images_twice expects=validated_on_training_images
# Validation measured on the training images.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(train_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(train_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(train_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong before_the_epoch expects=validation_too_early
# Validates at the top of the loop.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong uprights expects=images_turned_over
# Stands the training images up before they go in, but not the others.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    train_x = np.array([row.reshape(32, 32).T.ravel() for row in train_x])
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong always_64 expects=hidden_size_ignored
# 64 typed where hidden_size belongs.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, 64, params, 'layer1')
    initialize_weights(64, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% wrong shuffled_labels
# x and y go through different permutations: nothing can be learned.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y[np.random.permutation(len(train_y))], batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    return params, history


# %% right measured_afterwards
# Training numbers measured after the epoch, on all images at once.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(train_x.shape[1], hidden_size, params, 'layer1')
    initialize_weights(hidden_size, train_y.shape[1], params, 'output')
    sets = {'train': (train_x, train_y), 'valid': (valid_x, valid_y)}
    history = {f'{part}_{kind}': [] for part in sets for kind in ('loss', 'acc')}
    for _ in range(max_iters):
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            probs = forward(forward(xb, params, 'layer1'), params, 'output', softmax)
            backwards(backwards(probs - yb, params, 'output', linear_deriv), params, 'layer1')
            for key in [key for key in params if '_' not in key]:
                params[key] = params[key] - learning_rate * params['grad_' + key]
        for part, (x, y) in sets.items():
            loss, acc = compute_loss_and_acc(y, forward(forward(x, params, 'layer1'), params, 'output', softmax))
            history[part + '_loss'].append(loss / len(x))
            history[part + '_acc'].append(acc)
    return params, history


# %% right own_arithmetic
# Nothing of nn.py: the whole network written out, batches by array_split.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    rng = np.random.RandomState(0)
    H, D, C = hidden_size, train_x.shape[1], train_y.shape[1]
    W1 = rng.uniform(-1, 1, (D, H)) * np.sqrt(6 / (D + H))
    W2 = rng.uniform(-1, 1, (H, C)) * np.sqrt(6 / (H + C))
    b1, b2 = np.zeros(H), np.zeros(C)
    tl, ta, vl, va = [], [], [], []

    def run(x):
        A = 0.5 * (1 + np.tanh(0.5 * (x @ W1 + b1)))
        Z = A @ W2 + b2
        E = np.exp(Z - Z.max(1, keepdims=True))
        return A, E / E.sum(1, keepdims=True)

    for _ in range(max_iters):
        L = hits = 0
        for idx in np.array_split(rng.permutation(len(train_x)), -(-len(train_x) // batch_size)):
            X, Y = train_x[idx], train_y[idx]
            A, P = run(X)
            L -= np.sum(np.log((P * Y).sum(1)))
            hits += np.sum(P.argmax(1) == Y.argmax(1))
            D2 = P - Y
            D1 = D2 @ W2.T * A * (1 - A)
            W2 -= learning_rate * A.T @ D2
            b2 -= learning_rate * D2.sum(0)
            W1 -= learning_rate * X.T @ D1
            b1 -= learning_rate * D1.sum(0)
        P = run(valid_x)[1]
        tl.append(L / len(train_x))
        ta.append(hits / len(train_x))
        vl.append(-np.mean(np.log((P * valid_y).sum(1))))
        va.append(np.mean(P.argmax(1) == valid_y.argmax(1)))
    params = {'Wlayer1': W1, 'blayer1': b1, 'Woutput': W2, 'boutput': b2}
    return params, {'train_loss': tl, 'train_acc': ta, 'valid_loss': vl, 'valid_acc': va}


# %% right clean_params
# Returns only the four arrays, and the history as NumPy arrays.
def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    for itr in range(max_iters):
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = forward(forward(valid_x, params, 'layer1'), params, 'output', softmax)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
    params = {key: params[key] for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput')}
    return params, {key: np.array(values) for key, values in history.items()}


# %% right helper_and_bar
# A helper for one layer after the other, a progress bar with numbers.
def _run(x, params):
    return forward(forward(x, params, 'layer1'), params, 'output', softmax)


def train_network(train_x, train_y, valid_x, valid_y, hidden_size=64, max_iters=30, batch_size=32,
                  learning_rate=0.005):
    params = {}
    initialize_weights(1024, hidden_size, params, 'layer1')
    initialize_weights(hidden_size, 36, params, 'output')
    history = {'train_loss': [], 'train_acc': [], 'valid_loss': [], 'valid_acc': []}
    bar = tqdm(range(max_iters))
    for itr in bar:
        total_loss, total_acc = 0, 0
        for xb, yb in get_random_batches(train_x, train_y, batch_size):
            h1 = forward(xb, params, 'layer1')
            probs = forward(h1, params, 'output', softmax)
            loss, acc = compute_loss_and_acc(yb, probs)
            total_loss += loss
            total_acc += acc * len(xb)
            delta = backwards(probs - yb, params, 'output', linear_deriv)
            backwards(delta, params, 'layer1', sigmoid_deriv)
            for key in ('Wlayer1', 'blayer1', 'Woutput', 'boutput'):
                params[key] -= learning_rate * params['grad_' + key]
        vp = _run(valid_x, params)
        vl, va = compute_loss_and_acc(valid_y, vp)
        history['train_loss'].append(total_loss / len(train_x))
        history['train_acc'].append(total_acc / len(train_x))
        history['valid_loss'].append(vl / len(valid_x))
        history['valid_acc'].append(va)
        bar.set_postfix(valid=f'{va:.2f}')
    return params, history
