# %% wrong no_softmax expects=raw_scores
# Scores, as cross_entropy wants them.
class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 5)
        self.fc = nn.Linear(6 * 12 * 12, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1)
        return self.fc(x)


# %% wrong plain_softmax expects=softmax_without_logarithm
# Probabilities.
class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 5)
        self.fc = nn.Linear(6 * 12 * 12, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1)
        return self.fc(x).softmax(dim=1)


# %% wrong double_softmax expects=softmax_twice
# log_softmax of a softmax.
class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 5)
        self.fc = nn.Linear(6 * 12 * 12, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1)
        return torch.log_softmax(torch.softmax(self.fc(x), 1), 1)


# %% wrong dim_zero expects=softmax_over_the_batch
# The wrong axis.
class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 5)
        self.fc = nn.Linear(6 * 12 * 12, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1)
        return F.log_softmax(self.fc(x), dim=0)


# %% wrong functional_dropout expects=dropout_always_on
# F.dropout without training=.
class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 5)
        self.fc = nn.Linear(6 * 12 * 12, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1)
        return F.log_softmax(self.fc(F.dropout(x, 0.3)), dim=1)


# %% wrong batch_mean expects=normalised_over_the_batch
# Mean and deviation of the whole batch.
class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 5)
        self.fc = nn.Linear(6 * 12 * 12, 10)

    def forward(self, x):
        x = (x - x.mean()) / x.std()
        x = F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1)
        return F.log_softmax(self.fc(x), dim=1)


# %% wrong forgotten_layer expects=unused_layer
# conv2 is made and not used.
class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 5)
        self.fc = nn.Linear(6 * 12 * 12, 10)
        self.conv2 = nn.Conv2d(6, 12, 3)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1)
        return F.log_softmax(self.fc(x), dim=1)


# %% wrong plain_list expects=layers_in_a_list
# A Python list of layers.
class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = [nn.Conv2d(1, 6, 5), nn.Conv2d(6, 6, 5)]
        self.fc = nn.Linear(6 * 4 * 4, 10)

    def forward(self, x):
        for conv in self.convs:
            x = F.max_pool2d(F.relu(conv(x)), 2)
        return F.log_softmax(self.fc(x.flatten(1)), dim=1)


# %% wrong wide expects=too_many_parameters
# A dense layer of 4096 units on 784 pixels.
class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(784, 4096), nn.Linear(4096, 10)

    def forward(self, x):
        return F.log_softmax(self.b(F.relu(self.a(x.flatten(1)))), dim=1)


# %% right fully_connected
# No convolution at all.
class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 200), nn.Tanh(), nn.Linear(200, 10), nn.LogSoftmax(-1))

    def forward(self, x):
        return self.net(x)


# %% right residual_in_a_module_list
# Residual blocks in a ModuleList, group norm, global pooling, logsumexp.
class MyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 16, 3, stride=2, padding=1)
        self.blocks = nn.ModuleList(nn.Sequential(nn.GroupNorm(4, 16), nn.GELU(), nn.Conv2d(16, 16, 3, padding=1)) for _ in range(3))
        self.last = nn.Linear(16, 10)

    def forward(self, x):
        x = self.first((x - 0.13) / 0.31)
        for block in self.blocks:
            x = x + block(x)
        scores = self.last(x.mean(dim=(2, 3)))
        return scores - scores.logsumexp(dim=1, keepdim=True)
