# %% wrong batch_means expects=averaged_over_batches
# Mean of the batches' means, for both.
def evaluate(model, loader):
    model.eval()
    losses, accs = [], []
    with torch.no_grad():
        for xb, yb in loader:
            out = model(xb.to(device))
            losses.append(F.cross_entropy(out, yb.to(device)).item())
            accs.append((out.argmax(1) == yb.to(device)).float().mean().item())
    return sum(losses) / len(losses), sum(accs) / len(accs)


# %% wrong loss_by_batches expects=averaged_over_batches
# Rows for the accuracy, batches for the loss: len(loader) counts batches.
def evaluate(model, loader):
    model.eval()
    loss, right = 0, 0
    with torch.no_grad():
        for xb, yb in loader:
            out = model(xb)
            loss += F.cross_entropy(out, yb).item()
            right += (out.argmax(1) == yb).sum().item()
    return loss / len(loader), right / len(loader.dataset)


# %% wrong means_over_rows expects=means_divided_by_rows
# Batch means added, divided by the rows.
def evaluate(model, loader):
    model.eval()
    loss, right = 0, 0
    with torch.no_grad():
        for xb, yb in loader:
            out = model(xb)
            loss += F.cross_entropy(out, yb).item()
            right += (out.argmax(1) == yb).sum().item()
    return loss / len(loader.dataset), right / len(loader.dataset)


# %% wrong no_eval expects=left_in_training_mode
# Dropout stays on.
def evaluate(model, loader):
    loss, right, n = 0, 0, 0
    with torch.no_grad():
        for xb, yb in loader:
            out = model(xb)
            loss += F.cross_entropy(out, yb).item() * len(xb)
            right += (out.argmax(1) == yb).sum().item()
            n += len(xb)
    return loss / n, right / n


# %% wrong records expects=graph_recorded
# No torch.no_grad().
def evaluate(model, loader):
    model.eval()
    loss, right, n = 0, 0, 0
    for xb, yb in loader:
        out = model(xb)
        loss += F.cross_entropy(out, yb).item() * len(xb)
        right += (out.argmax(1) == yb).sum().item()
        n += len(xb)
    return loss / n, right / n


# %% wrong percent expects=in_percent
# 40 instead of 0.4.
def evaluate(model, loader):
    model.eval()
    loss, right, n = 0, 0, 0
    with torch.no_grad():
        for xb, yb in loader:
            out = model(xb)
            loss += F.cross_entropy(out, yb, reduction='sum').item()
            right += (out.argmax(1) == yb).sum().item()
            n += len(xb)
    return loss / n, 100 * right / n


# %% wrong tensors expects=tensors_returned
# No .item() at all.
def evaluate(model, loader):
    model.eval()
    loss, right, n = 0, 0, 0
    with torch.no_grad():
        for xb, yb in loader:
            out = model(xb)
            loss += F.cross_entropy(out, yb, reduction='sum')
            right += (out.argmax(1) == yb).sum()
            n += len(xb)
    return loss / n, right / n


# %% right all_at_once
# All logits first, one loss at the end; inference_mode, and the mode is put back.
@torch.inference_mode()
def evaluate(model, loader):
    was = model.training
    model.eval()
    outs, ys = zip(*[(model(xb.to(device)).cpu(), yb) for xb, yb in loader])
    model.train(was)
    out, y = torch.cat(outs), torch.cat(ys)
    return float(F.cross_entropy(out, y)), float((out.max(1).indices == y).float().mean())


# %% right by_hand
# The loss from log-softmax and gather; set_grad_enabled.
def evaluate(model, loader):
    model.train(False)
    with torch.set_grad_enabled(False):
        loss = hits = 0.0
        for xb, yb in loader:
            logp = torch.log_softmax(model(xb), dim=-1)
            loss -= float(logp.gather(1, yb[:, None]).sum())
            hits += int((logp.argmax(-1) == yb).sum())
    return [loss / len(loader.dataset), hits / len(loader.dataset)]
