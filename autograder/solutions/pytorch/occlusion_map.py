# %% wrong pile expects=squares_pile_up
# One copy for all places: the squares add up.
def occlusion_map(net, picture, label, size=8, step=4):
    net.eval()
    _, H, W = picture.shape
    heat = np.zeros(((H - size) // step + 1, (W - size) // step + 1))
    p = picture.clone()
    for i in range(heat.shape[0]):
        for j in range(heat.shape[1]):
            p[:, i * step:i * step + size, j * step:j * step + size] = 0
            with torch.no_grad():
                heat[i, j] = F.softmax(net(p.unsqueeze(0)), 1)[0, label]
    return heat


# %% wrong no_clone expects=the_picture_itself_covered
# p = picture is no copy.
def occlusion_map(net, picture, label, size=8, step=4):
    net.eval()
    _, H, W = picture.shape
    heat = np.zeros(((H - size) // step + 1, (W - size) // step + 1))
    for i in range(heat.shape[0]):
        for j in range(heat.shape[1]):
            p = picture
            p[:, i * step:i * step + size, j * step:j * step + size] = 0
            with torch.no_grad():
                heat[i, j] = F.softmax(net(p[None]), 1)[0, label]
    return heat


# %% wrong logits expects=logits_by_place
# No softmax.
def occlusion_map(net, picture, label, size=8, step=4):
    net.eval()
    rows = range(0, picture.shape[1] - size + 1, step)
    cols = range(0, picture.shape[2] - size + 1, step)
    out = []
    with torch.no_grad():
        for r in rows:
            for c in cols:
                p = picture.clone()
                p[:, r:r + size, c:c + size] = 0
                out.append(net(p[None])[0, label].item())
    return np.array(out).reshape(len(rows), len(cols))


# %% wrong short_range expects=last_places_missing
# range(0, H - size, step) ends one place early where the square just fits.
def occlusion_map(net, picture, label, size=8, step=4):
    net.eval()
    rows = range(0, picture.shape[1] - size, step)
    cols = range(0, picture.shape[2] - size, step)
    out = []
    with torch.no_grad():
        for r in rows:
            for c in cols:
                p = picture.clone()
                p[:, r:r + size, c:c + size] = 0
                out.append(net(p[None]).softmax(1)[0, label].item())
    return np.array(out).reshape(len(rows), len(cols))


# %% wrong drop expects=falls_by_place
# By how much the probability falls.
def occlusion_map(net, picture, label, size=8, step=4):
    net.eval()
    rows = range(0, picture.shape[1] - size + 1, step)
    cols = range(0, picture.shape[2] - size + 1, step)
    heat = np.empty((len(rows), len(cols)))
    with torch.no_grad():
        base = net(picture[None]).softmax(1)[0, label].item()
        for i, r in enumerate(rows):
            for j, c in enumerate(cols):
                p = picture.clone()
                p[:, r:r + size, c:c + size] = 0
                heat[i, j] = base - net(p[None]).softmax(1)[0, label].item()
    return heat


# %% wrong no_eval expects=map_in_training_mode
# Dropout draws along.
def occlusion_map(net, picture, label, size=8, step=4):
    rows = range(0, picture.shape[1] - size + 1, step)
    cols = range(0, picture.shape[2] - size + 1, step)
    heat = np.empty((len(rows), len(cols)))
    with torch.no_grad():
        for i, r in enumerate(rows):
            for j, c in enumerate(cols):
                p = picture.clone()
                p[:, r:r + size, c:c + size] = 0
                heat[i, j] = net(p[None]).softmax(1)[0, label].item()
    return heat


# %% wrong white expects=squares_of_another_colour
# 1 is a light colour here, not the mean.
def occlusion_map(net, picture, label, size=8, step=4):
    net.eval()
    rows = range(0, picture.shape[1] - size + 1, step)
    cols = range(0, picture.shape[2] - size + 1, step)
    heat = np.empty((len(rows), len(cols)))
    with torch.no_grad():
        for i, r in enumerate(rows):
            for j, c in enumerate(cols):
                p = picture.clone()
                p[:, r:r + size, c:c + size] = 1.0
                heat[i, j] = net(p[None]).softmax(1)[0, label].item()
    return heat


# %% wrong always_class_0
# The label is forgotten in the index: the catalogue does not know this one.
def occlusion_map(net, picture, label, size=8, step=4):
    net.eval()
    rows = range(0, picture.shape[1] - size + 1, step)
    cols = range(0, picture.shape[2] - size + 1, step)
    heat = np.empty((len(rows), len(cols)))
    with torch.no_grad():
        for i, r in enumerate(rows):
            for j, c in enumerate(cols):
                p = picture.clone()
                p[:, r:r + size, c:c + size] = 0
                heat[i, j] = net(p[None]).softmax(1)[0, 0].item()
    return heat


# %% right masks
# One multiplication with masks, no clone; a tensor comes back.
def occlusion_map(net, picture, label, size=8, step=4):
    net.eval()
    _, H, W = picture.shape
    r, c = torch.arange(0, H - size + 1, step), torch.arange(0, W - size + 1, step)
    down = (torch.arange(H) >= r[:, None]) & (torch.arange(H) < r[:, None] + size)
    across = (torch.arange(W) >= c[:, None]) & (torch.arange(W) < c[:, None] + size)
    hidden = down[:, None, :, None] & across[None, :, None, :]
    batch = picture * ~hidden.flatten(0, 1)[:, None]
    with torch.inference_mode():
        return torch.softmax(net(batch), dim=-1)[:, label].view(len(r), len(c))


# %% right nested_lists
# A list of rows; exp of the log-softmax; the mode is put back.
def occlusion_map(net, picture, label, size=8, step=4):
    was, heat = net.training, []
    net.eval()
    with torch.no_grad():
        for r in range(0, picture.shape[1] - size + 1, step):
            line = []
            for c in range(0, picture.shape[2] - size + 1, step):
                copy = picture.detach().clone()
                copy[..., r:r + size, c:c + size] = 0.0
                line.append(F.log_softmax(net(copy.unsqueeze(0)), -1)[0, label].exp().item())
            heat.append(line)
    net.train(was)
    return heat
