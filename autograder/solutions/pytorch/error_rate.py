# %% wrong accuracy expects=accuracy_returned
# Right ones.
def error_rate(net, images, labels):
    mode = net.training
    net.eval()
    wrong = 0
    with torch.no_grad():
        for i in range(0, len(images), 100):
            predicted = net(images[i:i + 100]).argmax(dim=1)
            wrong += (predicted == labels[i:i + 100]).sum().item()
    net.train(mode)
    return wrong / len(images)



# %% wrong percent expects=percent_returned
# Times 100.
def error_rate(net, images, labels):
    mode = net.training
    net.eval()
    wrong = 0
    with torch.no_grad():
        for i in range(0, len(images), 100):
            predicted = net(images[i:i + 100]).argmax(dim=1)
            wrong += (predicted != labels[i:i + 100]).sum().item()
    net.train(mode)
    return 100 * wrong / len(images)



# %% wrong not_divided expects=count_returned
# The count.
def error_rate(net, images, labels):
    mode = net.training
    net.eval()
    wrong = 0
    with torch.no_grad():
        for i in range(0, len(images), 100):
            predicted = net(images[i:i + 100]).argmax(dim=1)
            wrong += (predicted != labels[i:i + 100]).sum().item()
    net.train(mode)
    return wrong



# %% wrong no_eval expects=evaluation_mode_forgotten
# Measures in the mode it finds.
def error_rate(net, images, labels):
    mode = net.training
    wrong = 0
    with torch.no_grad():
        for i in range(0, len(images), 100):
            predicted = net(images[i:i + 100]).argmax(dim=1)
            wrong += (predicted != labels[i:i + 100]).sum().item()
    net.train(mode)
    return wrong / len(images)



# %% wrong stays_in_eval expects=mode_not_given_back
# Leaves evaluation mode behind.
def error_rate(net, images, labels):
    mode = net.training
    net.eval()
    wrong = 0
    with torch.no_grad():
        for i in range(0, len(images), 100):
            predicted = net(images[i:i + 100]).argmax(dim=1)
            wrong += (predicted != labels[i:i + 100]).sum().item()
    return wrong / len(images)



# %% wrong train_at_the_end expects=always_back_to_training
# net.train() whatever it was.
def error_rate(net, images, labels):
    mode = net.training
    net.eval()
    wrong = 0
    with torch.no_grad():
        for i in range(0, len(images), 100):
            predicted = net(images[i:i + 100]).argmax(dim=1)
            wrong += (predicted != labels[i:i + 100]).sum().item()
    net.train()
    return wrong / len(images)



# %% wrong with_graph expects=gradients_kept
# no_grad forgotten.
def error_rate(net, images, labels):
    mode = net.training
    net.eval()
    wrong = 0
    if True:
        for i in range(0, len(images), 100):
            predicted = net(images[i:i + 100]).argmax(dim=1)
            wrong += (predicted != labels[i:i + 100]).sum().item()
    net.train(mode)
    return wrong / len(images)



# %% wrong averaged_batches expects=mean_of_batches
# The mean of the batches' errors.
def error_rate(net, images, labels):
    mode = net.training
    net.eval()
    errors = []
    with torch.no_grad():
        for xb, yb in zip(torch.split(images, 100), torch.split(labels, 100)):
            errors.append((net(xb).argmax(1) != yb).float().mean().item())
    net.train(mode)
    return sum(errors) / len(errors)



# %% wrong overwritten expects=last_batch_only
# = for +=, divided by that batch.
def error_rate(net, images, labels):
    mode = net.training
    net.eval()
    wrong = 0
    with torch.no_grad():
        for i in range(0, len(images), 100):
            predicted = net(images[i:i + 100]).argmax(dim=1)
            wrong = (predicted != labels[i:i + 100]).float().mean().item()
    net.train(mode)
    return wrong



# %% right inference_mode
# torch.inference_mode as a decorator, 64 at a time, accuracy subtracted from 1, a tensor comes back.
@torch.inference_mode()
def error_rate(net, images, labels):
    was_training = net.training
    net.train(False)
    predictions = torch.cat([net(batch).max(1).indices for batch in images.split(64)])
    if was_training:
        net.train()
    return 1 - (predictions == labels).double().mean()



# %% right one_by_one
# NumPy's mean, batches of 250.
def error_rate(net, images, labels):
    before = net.training
    net.eval()
    guesses = []
    for k in range(0, len(labels), 250):
        with torch.no_grad():
            guesses.extend(net(images[k:k + 250]).argmax(-1).tolist())
    net.train(before)
    return float(np.mean(np.array(guesses) != labels.cpu().numpy()))

