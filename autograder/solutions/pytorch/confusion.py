# %% wrong columns_are_truths expects=rows_are_answers
# Counted the other way round.
def confusion(net, x, y, classes=10, batch_size=250):
    net.eval()
    counts = np.zeros((classes, classes), int)
    with torch.no_grad():
        for i in range(0, len(y), batch_size):
            pred = net(x[i:i + batch_size]).argmax(1)
            for t, p in zip(y[i:i + batch_size].tolist(), pred.tolist()):
                counts[p, t] += 1
    return counts


# %% wrong fancy_plus_one expects=repeats_counted_once
# A repeated pair counts once.
def confusion(net, x, y, classes=10, batch_size=250):
    net.eval()
    counts = np.zeros((classes, classes), int)
    with torch.no_grad():
        for xb, yb in zip(x.split(batch_size), y.split(batch_size)):
            counts[yb.numpy(), net(xb).argmax(1).numpy()] += 1
    return counts


# %% wrong no_eval expects=asked_in_training_mode
# Dropout answers along.
def confusion(net, x, y, classes=10, batch_size=250):
    with torch.no_grad():
        pred = torch.cat([net(b).argmax(1) for b in x.split(batch_size)])
    return np.bincount((y * classes + pred).numpy(), minlength=classes**2).reshape(classes, classes)


# %% wrong graph expects=confusion_graph_recorded
# No torch.no_grad().
def confusion(net, x, y, classes=10, batch_size=250):
    net.eval()
    pred = torch.cat([net(b).argmax(1) for b in x.split(batch_size)])
    return np.bincount((y * classes + pred).numpy(), minlength=classes**2).reshape(classes, classes)


# %% wrong shares expects=shares_of_rows
# Rows divided by their sums.
def confusion(net, x, y, classes=10, batch_size=250):
    net.eval()
    with torch.no_grad():
        pred = torch.cat([net(b).argmax(1) for b in x.split(batch_size)])
    counts = np.bincount((y * classes + pred).numpy(), minlength=classes**2).reshape(classes, classes)
    return counts / counts.sum(1, keepdims=True).clip(1)


# %% wrong full_batches_only expects=batches_left_out
# len // batch_size forgets the rest.
def confusion(net, x, y, classes=10, batch_size=250):
    net.eval()
    counts = np.zeros((classes, classes), int)
    batch_size = min(batch_size, len(y))
    with torch.no_grad():
        for b in range(len(y) // batch_size):
            rows = slice(b * batch_size, (b + 1) * batch_size)
            np.add.at(counts, (y[rows].numpy(), net(x[rows]).argmax(1).numpy()), 1)
    return counts


# %% right one_hot_product
# The product of two one-hot matrices, a tensor; inference mode; the old mode comes back.
@torch.inference_mode()
def confusion(net, x, y, classes=10, batch_size=250):
    was = net.training
    net.eval()
    pred = torch.cat([net(b).max(1).indices for b in x.split(batch_size)])
    net.train(was)
    return F.one_hot(y, classes).T @ F.one_hot(pred, classes)


# %% right nested_lists
# Lists of Python's numbers, one picture at a time.
def confusion(net, x, y, classes=10, batch_size=250):
    net.train(False)
    table = [[0] * classes for _ in range(classes)]
    with torch.set_grad_enabled(False):
        for picture, label in zip(x, y):
            table[int(label)][int(net(picture[None]).argmax())] += 1
    return table
