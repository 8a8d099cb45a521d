# %% wrong summed expects=gradients_added_up
# .sum(axis=0) for .mean(axis=0): with batches of 32 the steps are 32 times too long.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    criterion = SE()
    history = []
    for epoch in range(epochs):
        idx = np.random.permutation(x.shape[0])
        loss = 0
        for i in range(0, len(idx), batch_size):
            xb, yb = x[idx[i:i + batch_size]], y[idx[i:i + batch_size]]
            for layer in model:
                xb = layer.forward(xb)
            loss += criterion.forward(xb, yb).sum()
            g = criterion.backward()
            for layer in model[::-1]:
                g = layer.backward(g)
            for layer in model:
                if hasattr(layer, "params"):
                    p, gr = layer.params(), layer.grads()
                    for k in p:
                        p[k] -= learning_rate * gr[k].sum(axis=0)
        history.append(loss / y.size)
    return history


# %% wrong climbing expects=steps_uphill
# += instead of -=.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    criterion = SE()
    history = []
    for epoch in range(epochs):
        idx = np.random.permutation(x.shape[0])
        loss = 0
        for i in range(0, len(idx), batch_size):
            rows = idx[i:i + batch_size]
            a = x[rows]
            for layer in model:
                a = layer.forward(a)
            loss += criterion.forward(a, y[rows]).sum()
            g = criterion.backward()
            for layer in reversed(model):
                g = layer.backward(g)
                if hasattr(layer, "params"):
                    for k, p in layer.params().items():
                        p += learning_rate * layer.grads()[k].mean(0)
        history.append(loss / y.size)
    return history


# %% wrong fixed_divisor expects=divided_by_batch_size
# The short batch is divided by batch_size as well; trains well.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    loss_layer, out = SE(), []
    for _ in range(epochs):
        perm, total = np.random.permutation(len(x)), 0.0
        for s in range(0, len(x), batch_size):
            r = perm[s:s + batch_size]
            h = x[r]
            for m in model:
                h = m.forward(h)
            total += np.sum(loss_layer.forward(h, y[r]))
            d = loss_layer.backward()
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if not hasattr(m, "grads"):
                    continue
                for name in ("W", "b"):
                    step = np.sum(m.grads()[name], axis=0) / batch_size
                    m.params()[name][...] -= learning_rate * step
        out.append(total / y.size)
    return out


# %% wrong rebinding expects=new_arrays_lost
# p = p - ... gives a new array to a local name; nothing is learned.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        perm, total = np.random.permutation(len(x)), 0.0
        for s in range(0, len(x), batch_size):
            r = perm[s:s + batch_size]
            h = x[r]
            for m in model:
                h = m.forward(h)
            total += se.forward(h, y[r]).sum()
            d = se.backward()
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if hasattr(m, "params"):
                    params, grads = m.params(), m.grads()
                    for k in params:
                        params[k] = params[k] - learning_rate * grads[k].mean(axis=0)
        losses.append(total / y.size)
    return losses


# %% wrong weights_only expects=biases_left_out
# The biases stay where they are; trains well.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        perm, total = np.random.permutation(len(x)), 0.0
        for s in range(0, len(x), batch_size):
            r = perm[s:s + batch_size]
            h = x[r]
            for m in model:
                h = m.forward(h)
            total += se.forward(h, y[r]).sum()
            d = se.backward()
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if hasattr(m, "params"):
                    W = m.params()["W"]
                    W -= learning_rate * m.grads()["W"].mean(axis=0)
        losses.append(total / y.size)
    return losses


# %% wrong head_only expects=only_the_last_layer
# Updates the layer before the sigmoid alone.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        perm, total = np.random.permutation(len(x)), 0.0
        for s in range(0, len(x), batch_size):
            r = perm[s:s + batch_size]
            h = x[r]
            for m in model:
                h = m.forward(h)
            total += se.forward(h, y[r]).sum()
            d = se.backward()
            for m in reversed(model):
                d = m.backward(d)
            last = [m for m in model if hasattr(m, "params")][-1]
            for k in last.params():
                last.params()[k][:] -= learning_rate * last.grads()[k].mean(0)
        losses.append(total / y.size)
    return losses


# %% wrong one_draw expects=one_batch_an_epoch
# Draws one batch and calls that an epoch.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        r = np.random.choice(len(x), min(batch_size, len(x)), replace=False)
        h = x[r]
        for m in model:
            h = m.forward(h)
        losses.append(se.forward(h, y[r]).mean())
        d = se.backward()
        for m in reversed(model):
            d = m.backward(d)
        for m in model:
            if hasattr(m, "params"):
                for k, p in m.params().items():
                    p -= learning_rate * m.grads()[k].mean(0)
    return losses


# %% wrong whole_batches_only expects=short_batch_dropped
# len(x) // batch_size batches: the rest is lost. Trains well.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        perm, total = np.random.permutation(len(x)), 0.0
        for b in range(len(x) // batch_size):
            r = perm[b * batch_size:(b + 1) * batch_size]
            h = x[r]
            for m in model:
                h = m.forward(h)
            total += se.forward(h, y[r]).sum()
            d = se.backward()
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if hasattr(m, "params"):
                    for k, p in m.params().items():
                        p -= learning_rate * m.grads()[k].mean(0)
        losses.append(total / y.size)
    return losses


# %% wrong in_file_order expects=never_shuffled
# No permutation at all; trains well on data that happen to be shuffled.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        total = 0.0
        for s in range(0, len(x), batch_size):
            h, t = x[s:s + batch_size], y[s:s + batch_size]
            for m in model:
                h = m.forward(h)
            total += se.forward(h, t).sum()
            d = se.backward()
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if hasattr(m, "params"):
                    for k, p in m.params().items():
                        p -= learning_rate * m.grads()[k].mean(0)
        losses.append(total / y.size)
    return losses


# %% wrong with_replacement expects=drawn_with_replacement
# np.random.choice repeats rows.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        perm, total = np.random.choice(len(x), len(x)), 0.0
        for s in range(0, len(x), batch_size):
            r = perm[s:s + batch_size]
            h = x[r]
            for m in model:
                h = m.forward(h)
            total += se.forward(h, y[r]).sum()
            d = se.backward()
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if hasattr(m, "params"):
                    for k, p in m.params().items():
                        p -= learning_rate * m.grads()[k].mean(0)
        losses.append(total / y.size)
    return losses


# %% wrong sum_reported expects=losses_added_up
# The division at the end is missing; trains well.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        perm, total = np.random.permutation(len(x)), 0.0
        for s in range(0, len(x), batch_size):
            r = perm[s:s + batch_size]
            h = x[r]
            for m in model:
                h = m.forward(h)
            total += se.forward(h, y[r]).sum()
            d = se.backward()
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if hasattr(m, "params"):
                    for k, p in m.params().items():
                        p -= learning_rate * m.grads()[k].mean(0)
        losses.append(total)
    return losses


# %% wrong averaged_averages expects=mean_of_batch_means
# The short batch weighs as much as a full one; trains well.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        perm, parts = np.random.permutation(len(x)), []
        for s in range(0, len(x), batch_size):
            r = perm[s:s + batch_size]
            h = x[r]
            for m in model:
                h = m.forward(h)
            parts.append(se.forward(h, y[r]).mean())
            d = se.backward()
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if hasattr(m, "params"):
                    for k, p in m.params().items():
                        p -= learning_rate * m.grads()[k].mean(0)
        losses.append(np.mean(parts))
    return losses


# %% wrong every_batch_reported expects=loss_for_each_batch
# A curve by batch instead of by epoch; trains well.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        perm = np.random.permutation(len(x))
        for s in range(0, len(x), batch_size):
            r = perm[s:s + batch_size]
            h = x[r]
            for m in model:
                h = m.forward(h)
            losses.append(se.forward(h, y[r]).mean())
            d = se.backward()
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if hasattr(m, "params"):
                    for k, p in m.params().items():
                        p -= learning_rate * m.grads()[k].mean(0)
    return losses


# %% wrong last_loss expects=last_batch_alone
# The indentation: the loss is appended after the loop over batches; trains well.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        perm = np.random.permutation(len(x))
        for s in range(0, len(x), batch_size):
            r = perm[s:s + batch_size]
            h = x[r]
            for m in model:
                h = m.forward(h)
            value = se.forward(h, y[r])
            d = se.backward()
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if hasattr(m, "params"):
                    for k, p in m.params().items():
                        p -= learning_rate * m.grads()[k].mean(0)
        losses.append(value.mean())
    return losses


# %% wrong nothing_returned expects=losses_not_returned
# Prints instead of returning; trains well.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se = SE()
    for e in range(epochs):
        perm, total = np.random.permutation(len(x)), 0.0
        for s in range(0, len(x), batch_size):
            r = perm[s:s + batch_size]
            h = x[r]
            for m in model:
                h = m.forward(h)
            total += se.forward(h, y[r]).sum()
            d = se.backward()
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if hasattr(m, "params"):
                    for k, p in m.params().items():
                        p -= learning_rate * m.grads()[k].mean(0)
        print(e, total / y.size)


# %% wrong np_shuffle expects=data_shuffled_in_place
# Shuffles the caller's arrays with one state, to keep the pairs; trains well.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        state, total = np.random.get_state(), 0.0
        np.random.shuffle(x)
        np.random.set_state(state)
        np.random.shuffle(y)
        for s in range(0, len(x), batch_size):
            h, t = x[s:s + batch_size], y[s:s + batch_size]
            for m in model:
                h = m.forward(h)
            total += se.forward(h, t).sum()
            d = se.backward()
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if hasattr(m, "params"):
                    for k, p in m.params().items():
                        p -= learning_rate * m.grads()[k].mean(0)
        losses.append(total / y.size)
    return losses


# %% wrong forgot_reversed
# Backwards in the order of forwards: crashes, as shapes do not fit.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        perm, total = np.random.permutation(len(x)), 0.0
        for s in range(0, len(x), batch_size):
            r = perm[s:s + batch_size]
            h = x[r]
            for m in model:
                h = m.forward(h)
            total += se.forward(h, y[r]).sum()
            d = se.backward()
            for m in model:
                d = m.backward(d)
                if hasattr(m, "params"):
                    for k, p in m.params().items():
                        p -= learning_rate * m.grads()[k].mean(0)
        losses.append(total / y.size)
    return losses


# %% wrong labels_unshuffled
# The rows of x are permuted, those of y are not.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        xs, total = x[np.random.permutation(len(x))], 0.0
        for s in range(0, len(x), batch_size):
            h, t = xs[s:s + batch_size], y[s:s + batch_size]
            for m in model:
                h = m.forward(h)
            total += se.forward(h, t).sum()
            d = se.backward()
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if hasattr(m, "params"):
                    for k, p in m.params().items():
                        p -= learning_rate * m.grads()[k].mean(0)
        losses.append(total / y.size)
    return losses


# %% right helpers
# Small functions, and the layers' attributes instead of their dictionaries.
def forward_all(model, x):
    for layer in model:
        x = layer.forward(x)
    return x


def backward_all(model, grad):
    for layer in reversed(model):
        grad = layer.backward(grad)


def step(model, lr):
    for layer in model:
        if isinstance(layer, Linear):
            layer.W -= lr * np.mean(layer.dL_wrt_W, axis=0)
            layer.b -= lr * np.mean(layer.dL_wrt_b, axis=0)


def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se = SE()
    history = np.zeros(epochs)
    for e in range(epochs):
        order = np.random.default_rng().permutation(len(x))
        for rows in [order[i:i + batch_size] for i in range(0, len(order), batch_size)]:
            history[e] += se.forward(forward_all(model, x[rows]), y[rows]).sum() / y.size
            backward_all(model, se.backward())
            step(model, learning_rate)
    return history


# %% right weighted_means
# Weights each batch's mean by its rows; updates while it goes back; random.shuffle.
import random


def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    losses = []
    for _ in range(epochs):
        order = list(range(x.shape[0]))
        random.shuffle(order)
        mean = 0
        while order:
            batch, order = order[:batch_size], order[batch_size:]
            out = x[batch]
            for layer in model:
                out = layer.forward(out)
            se = SE()
            mean += np.mean(se.forward(out, y[batch])) * len(batch) / len(x)
            grad = se.backward()
            for layer in model[::-1]:
                grad = layer.backward(grad)
                try:
                    params, grads = layer.params(), layer.grads()
                except AttributeError:
                    continue
                for key in params:
                    np.subtract(params[key], learning_rate * grads[key].mean(axis=0), out=params[key])
        losses.append(mean)
    return losses


# %% right uneven_split
# array_split into batches that differ by a row at most; one pair of shuffled copies an epoch.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    n, losses, se = len(x), [], SE()
    for _ in range(epochs):
        order = np.argsort(np.random.rand(n))
        total = []
        for xb, yb in zip(np.array_split(x[order], -(-n // batch_size)), np.array_split(y[order], -(-n // batch_size))):
            for layer in model:
                xb = layer.forward(xb)
            total.extend(se.forward(xb, yb).ravel())
            g = se.backward()
            for layer in reversed(model):
                g = layer.backward(g)
            for layer in (l for l in model if hasattr(l, "params")):
                for (k, p), (k2, dp) in zip(sorted(layer.params().items()), sorted(layer.grads().items())):
                    p[...] = p - learning_rate * dp.sum(axis=0) / len(dp)
        losses.append(np.array([np.mean(total)]))
    return losses


# %% right new_arrays_in_the_layer
# Assigns new arrays to layer.W and layer.b: the layer knows them.
def train_layers(model, x, y, epochs=30, batch_size=32, learning_rate=0.5):
    se, losses = SE(), []
    for _ in range(epochs):
        perm, total = np.random.permutation(len(x)), 0.0
        for s in range(0, len(x), batch_size):
            r = perm[s:s + batch_size]
            h = x[r]
            for m in model:
                h = m.forward(h)
            total += float(np.sum((h - y[r]) ** 2))
            d = 2 * (h - y[r])
            for m in reversed(model):
                d = m.backward(d)
            for m in model:
                if hasattr(m, "W"):
                    m.W = m.W - learning_rate * m.grads()["W"].mean(axis=0)
                    m.b = m.b - learning_rate * m.grads()["b"].mean(axis=0)
        losses.append(total / y.size)
    return tuple(losses)
