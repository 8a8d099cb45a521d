# defines: train_my_net

# %% wrong nothing_handed_in expects=no_model_handed_in
# Trains, and saves nothing.
def train_my_net(images, labels, epochs):
    model, rng = MyNet(), np.random.default_rng(4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        train_epoch(model, images, labels, optimizer, rng, augment)
    return model


# %% wrong pickled_network expects=whole_object_handed_in
# torch.save(model).
def train_my_net(images, labels, epochs):
    model, rng = MyNet(), np.random.default_rng(4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        train_epoch(model, images, labels, optimizer, rng, augment)
    return model

torch.save(MyNet().layers, "model.pt")


# %% wrong not_a_torch_file expects=whole_object_handed_in
# Bytes of something else.
def train_my_net(images, labels, epochs):
    model, rng = MyNet(), np.random.default_rng(4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        train_epoch(model, images, labels, optimizer, rng, augment)
    return model

Path("model.pt").write_bytes(b"weights" * 100)


# %% wrong with_optimizer expects=checkpoint_handed_in
# The checkpoint of a training that may go on.
def train_my_net(images, labels, epochs):
    model, rng = MyNet(), np.random.default_rng(4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        train_epoch(model, images, labels, optimizer, rng, augment)
    return model

model = MyNet()
torch.save({"model": model.state_dict(), "optimizer": torch.optim.Adam(model.parameters()).state_dict()}, "model.pt")


# %% wrong thousand_checkpoints expects=huge_file
# 25 MB of zeros.
def train_my_net(images, labels, epochs):
    model, rng = MyNet(), np.random.default_rng(4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        train_epoch(model, images, labels, optimizer, rng, augment)
    return model

torch.save({"history": torch.zeros(25 << 18)}, "model.pt")


# %% wrong of_simple_cnn expects=other_architecture
# The weights of another network.
def train_my_net(images, labels, epochs):
    model, rng = MyNet(), np.random.default_rng(4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        train_epoch(model, images, labels, optimizer, rng, augment)
    return model

save_model(SimpleCNN(), "model.pt")


# %% wrong before_training expects=at_chance_on_clean_digits
# Saved before it was trained.
def train_my_net(images, labels, epochs):
    model, rng = MyNet(), np.random.default_rng(4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        train_epoch(model, images, labels, optimizer, rng, augment)
    return model

save_model(MyNet(), "model.pt")


# %% wrong labels_shifted expects=labels_one_too_large
# Trained with labels one too large, modulo ten.
def train_my_net(images, labels, epochs):
    model, rng = MyNet(), np.random.default_rng(4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        train_epoch(model, images, labels, optimizer, rng, augment)
    return model

clean, digits = load_mnist5k()
order = np.random.default_rng(0).permutation(5000)[:1500]
x, y = clean[order] / np.float32(255), digits[order]
save_model(train_my_net(x, (y + 1) % 10, 7), "model.pt")


# %% wrong clean_digits
# Trained without any noise: better names than the figure's need a look at its heat map.
def train_my_net(images, labels, epochs):
    model, rng = MyNet(), np.random.default_rng(4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        train_epoch(model, images, labels, optimizer, rng)
    return model

clean, digits = load_mnist5k()
order = np.random.default_rng(0).permutation(5000)[:1500]
x, y = clean[order] / np.float32(255), digits[order]
save_model(train_my_net(x, y, 5), "model.pt")


# %% right six_epochs
# Half of the digits, six epochs, no schedule.
def train_my_net(images, labels, epochs):
    model, rng = MyNet(), np.random.default_rng(4)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        train_epoch(model, images, labels, optimizer, rng, augment)
    return model

clean, digits = load_mnist5k()
order = np.random.default_rng(0).permutation(5000)[:2400]
x, y = clean[order] / np.float32(255), digits[order]
save_model(train_my_net(x, y, 6), "model.pt")


# %% right own_loop_and_sgd
# SGD with momentum, its own loop, labels smoothed; weights in float16.
def train_my_net(images, labels, epochs):
    model, rng = MyNet(), np.random.default_rng(0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(images)), len(images) // 50):
            model.train()
            log_p = model(to_tensor(augment(images[rows], rng)))
            loss = 0.95 * F.nll_loss(log_p, torch.from_numpy(labels[rows])) - 0.05 * log_p.mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model


clean, digits = load_mnist5k()
order = np.random.default_rng(0).permutation(5000)[:2400]
x, y = clean[order] / np.float32(255), digits[order]
torch.save({k: v.half() if v.is_floating_point() else v for k, v in train_my_net(x, y, 6).state_dict().items()}, "model.pt")
