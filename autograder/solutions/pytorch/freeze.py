# %% wrong all_of_it expects=everything_frozen
# The loop and nothing else.
def freeze(net):
    for p in net.parameters():
        p.requires_grad = False


# %% wrong turned_around expects=head_frozen
# The head is frozen.
def freeze(net):
    for p in net.classifier.parameters():
        p.requires_grad_(False)


# %% wrong eval_only expects=eval_for_freezing
# The forum's advice.
def freeze(net):
    net.eval()


# %% wrong features_eval expects=eval_for_freezing
# eval of the body alone.
def freeze(net):
    net.features.eval()
    net.classifier.train()


# %% wrong module_attribute expects=switch_that_nobody_reads
# An attribute of the module.
def freeze(net):
    net.requires_grad = False
    net.classifier[1].requires_grad = True


# %% wrong of_each_child expects=switch_that_nobody_reads
# An attribute of each layer.
def freeze(net):
    for layer in net.features:
        layer.requires_grad = False


# %% wrong and_eval expects=mode_changed_too
# Right, and eval() on top.
def freeze(net):
    for name, p in net.named_parameters():
        p.requires_grad = name.startswith("classifier")
    net.eval()


# %% wrong weight_alone expects=head_half_frozen
# Only the head's weight learns.
def freeze(net):
    for p in net.parameters():
        p.requires_grad = False
    net.classifier[1].weight.requires_grad = True


# %% right module_method
# Module.requires_grad_ does the loop.
def freeze(net):
    net.requires_grad_(False)
    net.classifier[1].requires_grad_(True)
    return net


# %% right by_identity
# By the parameters' ids.
def freeze(net):
    head = {id(p) for p in net.classifier[1].parameters()}
    for p in net.parameters():
        p.requires_grad = id(p) in head
