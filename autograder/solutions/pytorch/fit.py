# %% wrong no_zero_grad expects=gradients_never_emptied
# zero_grad forgotten.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    model.train()
    losses = []
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(b)
        losses.append(total / len(x))
    return losses


# %% wrong sgd expects=another_optimizer
# Plain gradient descent.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model.train()
    losses = []
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(b)
        losses.append(total / len(x))
    return losses


# %% wrong adamw expects=another_optimizer
# AdamW shrinks the weights, too.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    model.train()
    losses = []
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(b)
        losses.append(total / len(x))
    return losses


# %% wrong double_softmax expects=softmax_before_the_loss
# Probabilities into cross_entropy.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    model.train()
    losses = []
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(torch.softmax(model(x[b]), 1), y[b])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(b)
        losses.append(total / len(x))
    return losses


# %% wrong in_order expects=order_never_changes
# No shuffling.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    model.train()
    losses = []
    for epoch in range(epochs):
        order, total = torch.arange(len(x)), 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(b)
        losses.append(total / len(x))
    return losses


# %% wrong shuffled_once expects=order_never_changes
# Shuffled before the loop.
def fit(model, x, y, epochs, lr, batch_size=32):
    perm = torch.randperm(len(x))
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    model.train()
    losses = []
    for epoch in range(epochs):
        order, total = perm, 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(b)
        losses.append(total / len(x))
    return losses


# %% wrong last_batch_dropped expects=short_batch_never_learned
# Stops before the short batch.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    model.train()
    losses = []
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for i in range(0, len(x) - batch_size + 1, batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(b)
        losses.append(total / len(x))
    return losses


# %% wrong no_train_mode expects=trained_in_evaluation_mode
# The mode is whatever it was.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    losses = []
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(b)
        losses.append(total / len(x))
    return losses


# %% wrong mean_of_means expects=losses_weighed_wrongly
# Means of batches averaged.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    model.train()
    losses = []
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / -(-len(x) // batch_size))
    return losses


# %% wrong not_divided expects=losses_weighed_wrongly
# The sum of the batches' losses.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    model.train()
    losses = []
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total)
    return losses


# %% wrong last_loss expects=losses_weighed_wrongly
# The loss of the last batch.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    model.train()
    losses = []
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total = loss.item()
        losses.append(total)
    return losses


# %% wrong optimizer_inside expects=optimizer_made_anew
# A new optimizer each epoch.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    model.train()
    losses = []
    for epoch in range(epochs):
        optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
        order, total = torch.randperm(len(x)), 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(b)
        losses.append(total / len(x))
    return losses


# %% wrong all_trainable expects=thawed
# Thaws the model to be sure.
def fit(model, x, y, epochs, lr, batch_size=32):
    model.requires_grad_(True)
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    model.train()
    losses = []
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(b)
        losses.append(total / len(x))
    return losses


# %% wrong tensor_losses expects=losses_with_graphs
# item() forgotten.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=lr)
    model.train()
    losses = []
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total = total + loss * len(b)
        losses.append(total / len(x))
    return losses


# %% wrong default_rate expects=rate_not_used
# Adam's default rate.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.Adam(model.parameters())
    model.train()
    losses = []
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for i in range(0, len(x), batch_size):
            b = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[b]), y[b])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(b)
        losses.append(total / len(x))
    return losses


# %% right data_loader
# Dataset, DataLoader, CrossEntropyLoss, all parameters.
def fit(model, x, y, epochs, lr, batch_size=32):
    data = torch.utils.data.TensorDataset(x, y)
    loader = torch.utils.data.DataLoader(data, batch_size=batch_size, shuffle=True)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        model.train()
        seen = []
        for xb, yb in loader:
            loss = criterion(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += [float(loss)] * len(xb)
        history.append(sum(seen) / len(seen))
    return history


# %% right sums_and_numpy
# Summed losses divided by hand, NumPy's permutation, log-probabilities.
def fit(model, x, y, epochs, lr, batch_size=32):
    optimizer = torch.optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr)
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        perm = np.random.permutation(len(x))
        for start in range(0, len(x), batch_size):
            rows = torch.from_numpy(perm[start:start + batch_size])
            log_probs = F.log_softmax(model.train()(x[rows]), dim=1)
            summed = -log_probs[torch.arange(len(rows)), y[rows]].sum()
            for p in model.parameters():
                p.grad = None
            (summed / len(rows)).backward()
            optimizer.step()
            losses[epoch] += summed.item()
    return (losses / len(x)).tolist()
