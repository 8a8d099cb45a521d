# %% wrong only_out_channels expects=sizes_renamed
# The attribute, not the weights.
def replace_head(net, classes):
    net.classifier[1].out_channels = classes
    return net


# %% wrong conv_alone expects=classifier_thrown_away
# The whole classifier is one convolution.
def replace_head(net, classes):
    net.classifier = nn.Conv2d(512, classes, kernel_size=1)
    return net


# %% wrong new_network expects=body_thrown_away
# A network without pretraining.
def replace_head(net, classes):
    new = squeezenet(pretrained=False)
    new.classifier[1] = nn.Conv2d(512, classes, kernel_size=1)
    return new


# %% wrong loaded_again expects=body_thrown_away
# Loads the weights again, whatever net holds.
def replace_head(net, classes):
    net = squeezenet()
    net.classifier[1] = nn.Conv2d(512, classes, 1)
    return net


# %% wrong no_return expects=nothing_returned
# In place, as the list methods.
def replace_head(net, classes):
    net.classifier[1] = nn.Conv2d(512, classes, kernel_size=1)


# %% wrong without_bias expects=head_without_bias
# bias=False.
def replace_head(net, classes):
    net.classifier[1] = nn.Conv2d(512, classes, kernel_size=1, bias=False)
    return net


# %% wrong three_by_three expects=head_with_a_larger_kernel
# A 3 x 3 kernel.
def replace_head(net, classes):
    net.classifier[1] = nn.Conv2d(512, classes, kernel_size=3, padding=1)
    return net


# %% wrong one_more_layer expects=head_appended
# A linear layer behind the thousand classes.
def replace_head(net, classes):
    old = net.classifier[1].out_channels
    net.classifier = nn.Sequential(*net.classifier, nn.Flatten(), nn.Linear(old, classes), nn.Unflatten(1, (-1, 1, 1)))
    return net


# %% right classifier_rebuilt
# All four layers anew, sizes read from the old head, a start of one's own.
def replace_head(net, classes):
    head = nn.Conv2d(net.classifier[1].in_channels, classes, (1, 1))
    nn.init.normal_(head.weight, std=0.01)
    nn.init.zeros_(head.bias)
    net.classifier = nn.Sequential(nn.Dropout(p=0.5), head, nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d((1, 1)))
    return net


# %% right copied_network
# A copy, so that the given network keeps its head.
def replace_head(net, classes):
    import copy

    new = copy.deepcopy(net)
    new.classifier[1] = nn.LazyConv2d(classes, 1)
    new.classifier[1](torch.zeros(1, 512, 1, 1))
    return new
