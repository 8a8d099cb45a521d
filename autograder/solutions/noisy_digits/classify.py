# %% wrong no_eval expects=training_mode_left_on
# no_grad is not eval.
def classify(model, x):
    with torch.no_grad():
        return model(x).argmax(dim=1)


# %% wrong first_axis expects=largest_of_the_batch
# The wrong axis.
def classify(model, x):
    model.eval()
    with torch.no_grad():
        return torch.argmax(model(x), 0)


# %% wrong counts_from_one expects=labels_off_by_one
# Labels as in MATLAB.
def classify(model, x):
    model.eval()
    with torch.no_grad():
        return model(x).max(1)[1] + 1


# %% wrong max_itself expects=values_for_labels
# The first part of max.
def classify(model, x):
    model.eval()
    with torch.no_grad():
        values, _ = model(x).max(dim=1)
    return values


# %% wrong rows_of_probabilities expects=probabilities_for_labels
# Probabilities instead of decisions.
def classify(model, x):
    model.eval()
    return torch.exp(model(x)).detach()


# %% wrong keeps_the_axis expects=column_of_labels
# (N, 1).
def classify(model, x):
    model.eval()
    with torch.no_grad():
        return model(x).argmax(dim=1, keepdim=True)


# %% wrong smallest expects=least_likely
# Takes log-probabilities for losses.
def classify(model, x):
    model.eval()
    with torch.no_grad():
        return model(x).argmin(dim=1)


# %% right numpy_labels
# An int32 NumPy array, batches of 50.
def classify(model, x):
    was = model.training
    model.eval()
    with torch.inference_mode():
        parts = [model(part).exp().cpu().numpy().argmax(axis=1) for part in torch.split(x, 50)]
    model.train(was)
    return np.concatenate(parts).astype(np.int32)


# %% right topk
# topk, with gradients on.
def classify(model, x):
    return model.eval()(x).topk(1, dim=1).indices.squeeze(1)
