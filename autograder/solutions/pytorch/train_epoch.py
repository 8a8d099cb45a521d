# %% wrong no_zero_grad expects=gradients_pile_up
# The classic: gradients of all batches add up.
def train_epoch(model, loader, optimizer):
    model.train()
    total, n = 0.0, 0
    for xb, yb in loader:
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
        n += len(xb)
    return total / n


# %% wrong zero_grad_above_the_loop expects=gradients_pile_up
# Once an epoch.
def train_epoch(model, loader, optimizer):
    model.train()
    optimizer.zero_grad()
    total, n = 0.0, 0
    for xb, yb in loader:
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
        n += len(xb)
    return total / n


# %% wrong zero_grad_after_backward expects=nothing_to_step
# The right lines in a wrong order.
def train_epoch(model, loader, optimizer):
    model.train()
    total, n = 0.0, 0
    for xb, yb in loader:
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        total += loss.item() * len(xb)
        n += len(xb)
    return total / n


# %% wrong double_softmax expects=softmax_before_cross_entropy
# nn.CrossEntropyLoss after a softmax.
def train_epoch(model, loader, optimizer):
    criterion = nn.CrossEntropyLoss()
    model.train()
    total, n = 0.0, 0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(torch.softmax(model(xb), dim=1), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
        n += len(xb)
    return total / n


# %% wrong no_train_mode expects=not_in_training_mode
# After the first evaluate dropout and batch norm hold still for ever.
def train_epoch(model, loader, optimizer):
    total = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
    return total / len(loader.dataset)


# %% wrong mean_of_batches expects=loss_averaged_over_batches
# len(loader) is the number of batches.
def train_epoch(model, loader, optimizer):
    model.train()
    total = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


# %% wrong keeps_graphs expects=tensor_returned
# Adds tensors up, graphs and all.
def train_epoch(model, loader, optimizer):
    model.train()
    total, n = 0.0, 0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss * len(xb)
        n += len(xb)
    return total / n


# %% wrong returns_inside expects=first_batch_alone
# One indentation too deep.
def train_epoch(model, loader, optimizer):
    model.train()
    total, n = 0.0, 0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
        n += len(xb)
        return total / n


# %% wrong measured_twice
# Two epochs for each call: the loader is walked through a second time for the loss, training on.
def train_epoch(model, loader, optimizer):
    model.train()
    for _ in range(2):
        total, n = 0.0, 0
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(xb), yb)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(xb)
            n += len(xb)
    return total / n


# %% right emptied_at_the_end
# zero_grad after the step, of the model; NLL of the log-softmax; len(loader.dataset).
def train_epoch(model, loader, optimizer):
    model.train(True)
    model.zero_grad()
    losses = []
    for batch in loader:
        xb, yb = (part.to(device) for part in batch)
        loss = F.nll_loss(F.log_softmax(model(xb), dim=1), yb)
        loss.backward()
        optimizer.step()
        model.zero_grad(set_to_none=False)
        losses += [loss.item()] * len(xb)
    return float(np.mean(losses))


# %% right closure
# optimizer.step with a closure; the sum divided by hand.
def train_epoch(model, loader, optimizer):
    model.train()
    total = torch.zeros(())
    for xb, yb in loader:
        def closure():
            optimizer.zero_grad()
            loss = F.cross_entropy(model(xb), yb, reduction='sum') / len(yb)
            loss.backward()
            return loss
        total += optimizer.step(closure).detach() * len(yb)
    return (total / len(loader.dataset)).item()
