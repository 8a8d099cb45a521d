# %% wrong no_zero_grad expects=training_gradients_pile_up
# Gradients add up.
def train_objects(net, x, y, optimizer, epochs=1, batch_size=64):
    net.train()
    losses = []
    for _ in range(epochs):
        total = 0
        for rows in torch.randperm(len(y)).split(batch_size):
            loss = F.cross_entropy(net(mirrored(x[rows])), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / len(y))
    return losses


# %% wrong softmax_first expects=training_softmax_twice
# Two softmaxes.
def train_objects(net, x, y, optimizer, epochs=1, batch_size=64):
    net.train()
    losses = []
    for _ in range(epochs):
        total = 0
        for rows in torch.randperm(len(y)).split(batch_size):
            optimizer.zero_grad()
            loss = F.cross_entropy(F.softmax(net(mirrored(x[rows])), dim=1), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / len(y))
    return losses


# %% wrong no_train expects=training_in_evaluation_mode
# Dropout stays off after the first confusion.
def train_objects(net, x, y, optimizer, epochs=1, batch_size=64):
    losses = []
    for _ in range(epochs):
        total = 0
        for rows in torch.randperm(len(y)).split(batch_size):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(mirrored(x[rows])), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / len(y))
    return losses


# %% wrong no_mirror expects=training_never_mirrors
# The pictures as they are.
def train_objects(net, x, y, optimizer, epochs=1, batch_size=64):
    net.train()
    losses = []
    for _ in range(epochs):
        total = 0
        for rows in torch.randperm(len(y)).split(batch_size):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / len(y))
    return losses


# %% wrong mirrored_once expects=training_mirrors_once
# Augmented before the loop: one draw for all epochs.
def train_objects(net, x, y, optimizer, epochs=1, batch_size=64):
    net.train()
    x = mirrored(x)
    losses = []
    for _ in range(epochs):
        total = 0
        for rows in torch.randperm(len(y)).split(batch_size):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / len(y))
    return losses


# %% wrong one_order expects=training_order_drawn_once
# randperm outside of the loop.
def train_objects(net, x, y, optimizer, epochs=1, batch_size=64):
    net.train()
    losses, batches = [], torch.randperm(len(y)).split(batch_size)
    for _ in range(epochs):
        total = 0
        for rows in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(mirrored(x[rows])), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / len(y))
    return losses


# %% wrong batch_means expects=training_averages_batches
# The short batch weighs as much as the others.
def train_objects(net, x, y, optimizer, epochs=1, batch_size=64):
    net.train()
    losses = []
    for _ in range(epochs):
        found = []
        for rows in torch.randperm(len(y)).split(batch_size):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(mirrored(x[rows])), y[rows])
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        losses.append(sum(found) / len(found))
    return losses


# %% wrong every_batch expects=training_losses_not_by_epoch
# A loss for each batch.
def train_objects(net, x, y, optimizer, epochs=1, batch_size=64):
    net.train()
    losses = []
    for _ in range(epochs):
        for rows in torch.randperm(len(y)).split(batch_size):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(mirrored(x[rows])), y[rows])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


# %% wrong labels_stay expects=training_parts_pictures_and_labels
# The pictures are permuted, the labels are not.
def train_objects(net, x, y, optimizer, epochs=1, batch_size=64):
    net.train()
    losses = []
    for _ in range(epochs):
        total = 0
        x = x[torch.randperm(len(y))]
        for rows in torch.arange(len(y)).split(batch_size):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(mirrored(x[rows])), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / len(y))
    return losses


# %% right data_loader
# A DataLoader shuffles; the mirroring is written out here; gradients of the parameters are emptied.
def train_objects(net, x, y, optimizer, epochs=1, batch_size=64):
    from torch.utils.data import DataLoader, TensorDataset

    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=True)
    net.train()
    history = []
    for _ in range(epochs):
        running = 0.0
        for xb, yb in loader:
            flip = torch.rand(len(xb)) < 0.5
            xb = xb.clone()
            xb[flip] = xb[flip].flip(-1)
            net.zero_grad()
            loss = nn.CrossEntropyLoss()(net(xb), yb)
            loss.backward()
            optimizer.step()
            running += float(loss.detach()) * xb.size(0)
        history.append(running / len(loader.dataset))
    return history


# %% right summed_then_divided
# Sums over the rows, divided before backward; NumPy's permutation; a tuple of NumPy numbers.
def train_objects(net, x, y, optimizer, epochs=1, batch_size=64):
    net.train(True)
    means = []
    for _ in range(epochs):
        order = np.random.permutation(len(y))
        total = 0.0
        for start in range(0, len(order), batch_size):
            rows = torch.as_tensor(order[start:start + batch_size])
            summed = F.nll_loss(F.log_softmax(net(mirrored(x[rows])), dim=1), y[rows], reduction="sum")
            optimizer.zero_grad(set_to_none=False)
            (summed / len(rows)).backward()
            optimizer.step()
            total += summed.item()
        means.append(np.float64(total / len(order)))
    return tuple(means)
