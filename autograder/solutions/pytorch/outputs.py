# %% wrong no_eval expects=measured_as_it_came
# The mode is not touched.
def outputs(module, x, batch_size=64):
    with torch.no_grad():
        return torch.cat([module(b) for b in torch.split(x, batch_size)])


# %% wrong left_in_eval expects=mode_forgotten
# eval() and nothing afterwards.
def outputs(module, x, batch_size=64):
    module.eval()
    result = []
    with torch.no_grad():
        for i in range(0, len(x), batch_size):
            result.append(module(x[i:i + batch_size]))
    return torch.cat(result, dim=0)


# %% wrong always_train_again expects=mode_forgotten
# train() afterwards, whatever came.
def outputs(module, x, batch_size=64):
    module.eval()
    with torch.no_grad():
        made = torch.cat([module(x[i:i + batch_size]) for i in range(0, len(x), batch_size)])
    module.train()
    return made


# %% wrong with_graph expects=graph_recorded
# no_grad forgotten.
def outputs(module, x, batch_size=64):
    was = module.training
    module.eval()
    made = torch.cat([module(b) for b in x.split(batch_size)])
    module.train(was)
    return made


# %% wrong detached_at_the_end expects=graph_recorded
# detach for no_grad: the memory is used all the same.
def outputs(module, x, batch_size=64):
    was = module.training
    module.eval()
    made = []
    for i in range(0, len(x), batch_size):
        made.append(module(x[i:i + batch_size]))
    module.train(was)
    return torch.cat(made).detach()


# %% wrong whole_batches_only expects=short_batch_left_out
# len(x) // batch_size batches.
def outputs(module, x, batch_size=64):
    was = module.training
    module.eval()
    made = []
    with torch.no_grad():
        for i in range(max(1, len(x) // batch_size)):
            made.append(module(x[i * batch_size:(i + 1) * batch_size]))
    module.train(was)
    return torch.cat(made)


# %% wrong no_batches expects=all_at_once
# The argument is not used.
@torch.no_grad()
def outputs(module, x, batch_size=64):
    was = module.training
    module.eval()
    made = module(x)
    module.train(was)
    return made


# %% right filled_tensor
# One tensor, filled as the batches come; inference_mode.
def outputs(module, x, batch_size=64):
    training, result = module.training, None
    module.eval()
    with torch.inference_mode():
        for start in range(0, len(x), batch_size):
            part = module(x[start:start + batch_size])
            if result is None:
                result = part.new_empty((len(x), *part.shape[1:]))
            result[start:start + len(part)] = part
    module.train(training)
    return result


# %% right data_loader
# A DataLoader makes the batches, try and finally keep the mode.
def outputs(module, x, batch_size=64):
    mode = module.training
    try:
        module.eval()
        with torch.no_grad():
            return torch.cat([module(b) for b in torch.utils.data.DataLoader(x, batch_size=batch_size)])
    finally:
        module.train(mode)
