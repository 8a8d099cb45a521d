# %% wrong softmax_first expects=softmax_before_the_loss
# Softmax twice; trains, slowly.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    while step < max_steps:
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(torch.softmax(net(x_train[idx]), dim=1), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if i + batch_size >= n:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong no_zero_grad expects=gradients_never_zeroed
# zero_grad forgotten.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    while step < max_steps:
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if i + batch_size >= n:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong sum_reduction expects=summed_loss
# reduction='sum'.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    while step < max_steps:
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx], reduction='sum')
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if i + batch_size >= n:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong no_train_mode expects=training_mode_forgotten
# net.train() forgotten.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    while step < max_steps:
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if i + batch_size >= n:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong in_order expects=batches_in_order
# arange for randperm.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    while step < max_steps:
        order = torch.arange(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if i + batch_size >= n:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong random_draws expects=batches_drawn_anew
# randint in each step.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    while step < max_steps:
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = torch.randint(0, n, (batch_size,))
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if i + batch_size >= n:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong order_outside expects=one_permutation
# The permutation is drawn before the loop.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    order = torch.randperm(n)
    while step < max_steps:
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if i + batch_size >= n:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong no_modulo expects=logged_in_every_step
# The if is missing.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    while step < max_steps:
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if True:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if i + batch_size >= n:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong errors_each_step expects=errors_in_every_step
# The if is missing.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    while step < max_steps:
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if True:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong errors_with_the_loss expects=errors_when_logging
# Errors every log_every steps.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    while step < max_steps:
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if step % log_every == 0:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong loss_only expects=statistics_left_out
# As in part (a) of the document.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    while step < max_steps:
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if i + batch_size >= n:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong weights_only expects=parameters_only
# named_parameters only; seen forgotten.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    while step < max_steps:
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items() - net.seen.items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if i + batch_size >= n:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong valid_only expects=test_error_left_out
# error/test forgotten.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    while step < max_steps:
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if i + batch_size >= n:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
    return losses



# %% wrong tensors expects=tensors_returned
# The list holds tensors.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    while step < max_steps:
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.detach())
            step += 1
            if i + batch_size >= n:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong eval_inside expects=evaluation_mode_stays
# Its own evaluation, which leaves evaluation mode behind.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    while step < max_steps:
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            if step == max_steps:
                break
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if i + batch_size >= n:
                net.eval()
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% wrong one_epoch_of_steps
# max_steps counts epochs.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    x_train, y_train = sets['train']
    n = len(x_train)
    losses, step = [], 0
    net.train()
    for epoch in range(max_steps):
        order = torch.randperm(n)
        for i in range(0, n, batch_size):
            idx = order[i:i + batch_size]
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            if step % log_every == 0:
                writer.add_scalar('loss', loss.item(), step)
                for tag, values in monitored(net).items():
                    log_statistics(writer, tag, values, step)
            optimizer.step()
            losses.append(loss.item())
            step += 1
            if i + batch_size >= n:
                writer.add_scalar('error/valid', error_rate(net, *sets['valid']), step)
                writer.add_scalar('error/test', error_rate(net, *sets['test']), step)
    return losses



# %% right data_loader
# A DataLoader that drops the last batch; log after the step, counted from 1; own loop over names.
def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    dataset = torch.utils.data.TensorDataset(*sets['train'])
    loader = torch.utils.data.DataLoader(dataset, batch_size=batch_size, shuffle=True, drop_last=True)
    criterion = nn.CrossEntropyLoss()
    history = []
    while True:
        for inputs, targets in loader:
            if len(history) >= max_steps:
                return history
            net.train()
            loss = criterion(net(inputs), targets)
            net.zero_grad()
            loss.backward()
            optimizer.step()
            history.append(loss.item())
            if len(history) % log_every == 0:
                writer.add_scalar('loss', history[-1], len(history))
                for name in (everything := monitored(net)):
                    log_statistics(writer, name, everything[name], len(history))
        for name in ('valid', 'test'):
            writer.add_scalar('error/' + name, error_rate(net, *sets[name]), len(history))



# %% right generator
# Batches from a generator, log_softmax and nll_loss, gradients set to None, a flush at the end.
def endless_batches(n, batch_size):
    while True:
        pieces = np.array_split(np.random.permutation(n), max(1, n // batch_size))
        for k, piece in enumerate(pieces, start=1):
            yield torch.from_numpy(piece), k == len(pieces)


def train_dcn(net, sets, optimizer, writer, max_steps=5500, batch_size=50, log_every=100):
    X, Y = sets["train"]
    batches, record = endless_batches(len(X), batch_size), []
    for it in range(max_steps):
        net.train(True)
        rows, is_last = next(batches)
        optimizer.zero_grad(set_to_none=True)
        log_p = net(X[rows]).log_softmax(dim=-1)
        loss = -log_p[torch.arange(len(rows)), Y[rows]].mean()
        loss.backward()
        record += [loss.item()]
        if not it % log_every:
            writer.add_scalar(tag="loss", scalar_value=record[-1], global_step=it)
            [log_statistics(writer, t, v, it) for t, v in monitored(net).items()]
        optimizer.step()
        if is_last:
            for split in ("valid", "test"):
                writer.add_scalar("error/" + split, error_rate(net, sets[split][0], sets[split][1]), it)
    writer.flush()
    return record

