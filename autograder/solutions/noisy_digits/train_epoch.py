# %% wrong forgets_zero_grad expects=gradients_not_cleared
# The line that everybody forgets once.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    total, n = 0.0, 0
    order = rng.permutation(len(images))
    for start in range(0, len(order), batch_size):
        rows = order[start:start + batch_size]
        xb = images[rows]
        if augment is not None:
            xb = augment(xb, rng)
        loss = F.nll_loss(model(to_tensor(xb)), torch.from_numpy(labels[rows]).to(device))
        loss.backward()
        optimizer.step()
        total += loss.item()
        n += 1
    return total / n


# %% wrong sums_the_loss expects=loss_summed
# reduction="sum", and the mean made only for the report.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    total = 0.0
    order = rng.permutation(len(images))
    for start in range(0, len(order), batch_size):
        rows = order[start:start + batch_size]
        xb = images[rows] if augment is None else augment(images[rows], rng)
        optimizer.zero_grad()
        loss = F.nll_loss(model(to_tensor(xb)), torch.from_numpy(labels[rows]), reduction="sum")
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(images)


# %% wrong softmax_again expects=softmax_before_the_loss
# Applies softmax to log-probabilities, then cross entropy, which has its own.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    losses = []
    for rows in np.array_split(rng.permutation(len(images)), max(len(images) // batch_size, 1) + (len(images) % batch_size > 0 and len(images) > batch_size)):
        xb = images[rows] if augment is None else augment(images[rows], rng)
        optimizer.zero_grad()
        probs = torch.softmax(model(to_tensor(xb)), dim=1)
        loss = nn.CrossEntropyLoss()(probs, torch.from_numpy(labels[rows]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.mean(losses)


# %% wrong no_step expects=optimizer_never_steps
# backward, but no step.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    losses = []
    for rows in np.array_split(rng.permutation(len(images)), -(-len(images) // batch_size)):
        xb = images[rows] if augment is None else augment(images[rows], rng)
        loss = F.nll_loss(model(to_tensor(xb)), torch.from_numpy(labels[rows]))
        optimizer.zero_grad()
        loss.backward()
        losses.append(loss.item())
    return np.mean(losses)


# %% wrong in_order expects=never_shuffled
# A plain walk through the data.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    losses = []
    for i in range(0, len(images), batch_size):
        xb, yb = images[i:i + batch_size], labels[i:i + batch_size]
        if augment:
            xb = augment(xb, rng)
        optimizer.zero_grad()
        loss = F.nll_loss(model(to_tensor(xb)), torch.as_tensor(yb))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.mean(losses)


# %% wrong own_generator expects=same_shuffle_again
# A fixed seed inside the function, for reproducibility.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    order = np.random.default_rng(42).permutation(len(images))
    losses = []
    for i in range(0, len(images), batch_size):
        rows = order[i:i + batch_size]
        xb = images[rows] if augment is None else augment(images[rows], rng)
        optimizer.zero_grad()
        loss = F.nll_loss(model(to_tensor(xb)), torch.as_tensor(labels[rows]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.mean(losses)


# %% wrong random_rows expects=drawn_with_replacement
# rng.choice draws with replacement by default.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    losses = []
    for _ in range(-(-len(images) // batch_size)):
        rows = rng.choice(len(images), min(batch_size, len(images)))
        xb = images[rows] if augment is None else augment(images[rows], rng)
        optimizer.zero_grad()
        loss = F.nll_loss(model(to_tensor(xb)), torch.as_tensor(labels[rows]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.mean(losses)


# %% wrong shuffles_pictures_only expects=labels_left_behind
# The labels are sliced in their old order.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    shuffled = images[rng.permutation(len(images))]
    losses = []
    for i in range(0, len(images), batch_size):
        xb = shuffled[i:i + batch_size]
        xb = xb if augment is None else augment(xb, rng)
        optimizer.zero_grad()
        loss = F.nll_loss(model(to_tensor(xb)), torch.as_tensor(labels[i:i + batch_size]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.mean(losses)


# %% wrong ignores_augment expects=noise_thrown_away
# The argument is there, and nobody uses it.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    losses = []
    for rows in np.array_split(rng.permutation(len(images)), -(-len(images) // batch_size)):
        optimizer.zero_grad()
        loss = F.nll_loss(model(to_tensor(images[rows])), torch.as_tensor(labels[rows]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.mean(losses)


# %% wrong noise_on_noise expects=noise_piles_up
# images[:] = ... overwrites the caller's clean pictures.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    if augment is not None:
        images[:] = augment(images, rng)
    losses = []
    for rows in np.array_split(rng.permutation(len(images)), -(-len(images) // batch_size)):
        optimizer.zero_grad()
        loss = F.nll_loss(model(to_tensor(images[rows])), torch.as_tensor(labels[rows]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.mean(losses)


# %% wrong noise_kept expects=augmented_once
# Makes the noisy pictures in the first epoch and keeps them, to save time.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    if augment is not None:
        if not hasattr(model, "noisy"):
            model.noisy = augment(images, rng)
        images = model.noisy
    losses = []
    for rows in np.array_split(rng.permutation(len(images)), -(-len(images) // batch_size)):
        optimizer.zero_grad()
        loss = F.nll_loss(model(to_tensor(images[rows])), torch.as_tensor(labels[rows]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.mean(losses)


# %% wrong no_train_mode expects=evaluation_mode
# model.train() is missing.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    losses = []
    for rows in np.array_split(rng.permutation(len(images)), -(-len(images) // batch_size)):
        xb = images[rows] if augment is None else augment(images[rows], rng)
        optimizer.zero_grad()
        loss = F.nll_loss(model(to_tensor(xb)), torch.as_tensor(labels[rows]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.mean(losses)


# %% wrong returns_last expects=last_loss_reported
# return loss.item() after the loop.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    for rows in np.array_split(rng.permutation(len(images)), -(-len(images) // batch_size)):
        xb = images[rows] if augment is None else augment(images[rows], rng)
        optimizer.zero_grad()
        loss = F.nll_loss(model(to_tensor(xb)), torch.as_tensor(labels[rows]))
        loss.backward()
        optimizer.step()
    return loss.item()


# %% wrong returns_total expects=losses_added_up
# Never divided.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    total = 0
    for rows in np.array_split(rng.permutation(len(images)), -(-len(images) // batch_size)):
        xb = images[rows] if augment is None else augment(images[rows], rng)
        optimizer.zero_grad()
        loss = F.nll_loss(model(to_tensor(xb)), torch.as_tensor(labels[rows]))
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total


# %% right with_a_data_loader
# torch's own loader, cross_entropy (log-softmax twice is harmless), gradients cleared at the end.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    from torch.utils.data import DataLoader

    model.train()
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    model.zero_grad()
    weighted = 0.0
    for rows in DataLoader(range(len(images)), batch_size=batch_size, shuffle=True, generator=generator):
        rows = rows.numpy()
        xb = images[rows] if augment is None else augment(images[rows], rng)
        loss = F.cross_entropy(model(to_tensor(xb)), torch.tensor(labels[rows], device=device))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        weighted += loss.detach() * len(rows)
    return weighted / len(images)


# %% right augments_the_epoch
# Fresh noise for all pictures at the beginning of each epoch, the last short batch left out, loss by hand.
def train_epoch(model, images, labels, optimizer, rng, augment=None, batch_size=64):
    model.train()
    order = rng.permutation(len(images))
    x, y = images[order], labels[order]
    if augment is not None:
        x = augment(x, rng)
    losses = []
    for i in range(len(x) // batch_size):
        part = slice(i * batch_size, (i + 1) * batch_size)
        log_p = model(to_tensor(x[part]))
        loss = -log_p[torch.arange(batch_size), torch.from_numpy(y[part]).to(device)].mean()
        for p in model.parameters():
            p.grad = None
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    return sum(losses) / len(losses)
