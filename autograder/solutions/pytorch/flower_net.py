# defines: FlowerNet
# %% wrong softmax_last expects=softmax_behind_the_logits
# Probabilities.
class FlowerNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 5, padding=2)
        self.c2 = nn.Conv2d(8, 16, 3, padding=1)
        self.c3 = nn.Conv2d(16, 32, 3, padding=1)
        self.f1 = nn.Linear(32 * 8 * 8, 100)
        self.f2 = nn.Linear(100, classes)

    def forward(self, x):
        for conv in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(conv(x)), 2)
        x = F.relu(self.f1(x.flatten(1)))
        return F.softmax(self.f2(x), dim=1)


# %% wrong relu_last expects=relu_behind_the_logits
# ReLU after every layer.
class FlowerNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 5, padding=2)
        self.c2 = nn.Conv2d(8, 16, 3, padding=1)
        self.c3 = nn.Conv2d(16, 32, 3, padding=1)
        self.f1 = nn.Linear(32 * 8 * 8, 100)
        self.f2 = nn.Linear(100, classes)

    def forward(self, x):
        for conv in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(conv(x)), 2)
        x = F.relu(self.f1(x.flatten(1)))
        return F.relu(self.f2(x))


# %% wrong two_convolutions expects=not_three_convolutions
# One convolution less.
class FlowerNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 5, padding=2)
        self.c2 = nn.Conv2d(8, 16, 3, padding=1)
        self.f1 = nn.Linear(16 * 16 * 16, 100)
        self.f2 = nn.Linear(100, classes)

    def forward(self, x):
        for conv in (self.c1, self.c2):
            x = F.max_pool2d(F.relu(conv(x)), 2)
        x = F.relu(self.f1(x.flatten(1)))
        return self.f2(x)


# %% wrong one_linear expects=not_two_linear_layers
# One fully connected layer.
class FlowerNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 5, padding=2)
        self.c2 = nn.Conv2d(8, 16, 3, padding=1)
        self.c3 = nn.Conv2d(16, 32, 3, padding=1)
        self.f1 = nn.Linear(32 * 8 * 8, classes)

    def forward(self, x):
        for conv in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(conv(x)), 2)
        return self.f1(x.flatten(1))


# %% wrong no_pooling expects=far_too_large
# 13 million numbers in the first linear layer.
class FlowerNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 5, padding=2)
        self.c2 = nn.Conv2d(8, 16, 3, padding=1)
        self.c3 = nn.Conv2d(16, 32, 3, padding=1)
        self.f1 = nn.Linear(32 * 64 * 64, 100)
        self.f2 = nn.Linear(100, classes)

    def forward(self, x):
        for conv in (self.c1, self.c2, self.c3):
            x = F.relu(conv(x))
        x = F.relu(self.f1(x.flatten(1)))
        return self.f2(x)


# %% wrong seventeen expects=classes_fixed
# The flowers' number of classes.
class FlowerNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 5, padding=2)
        self.c2 = nn.Conv2d(8, 16, 3, padding=1)
        self.c3 = nn.Conv2d(16, 32, 3, padding=1)
        self.f1 = nn.Linear(32 * 8 * 8, 100)
        self.f2 = nn.Linear(100, 17)

    def forward(self, x):
        for conv in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(conv(x)), 2)
        x = F.relu(self.f1(x.flatten(1)))
        return self.f2(x)


# %% wrong detached expects=convolutions_cut_off
# detach before the linear layers.
class FlowerNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 5, padding=2)
        self.c2 = nn.Conv2d(8, 16, 3, padding=1)
        self.c3 = nn.Conv2d(16, 32, 3, padding=1)
        self.f1 = nn.Linear(32 * 8 * 8, 100)
        self.f2 = nn.Linear(100, classes)

    def forward(self, x):
        for conv in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(conv(x)), 2)
        x = F.relu(self.f1(x.detach().flatten(1)))
        return self.f2(x)


# %% wrong dropout_always expects=dropout_in_evaluation
# F.dropout without training=.
class FlowerNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 5, padding=2)
        self.c2 = nn.Conv2d(8, 16, 3, padding=1)
        self.c3 = nn.Conv2d(16, 32, 3, padding=1)
        self.f1 = nn.Linear(32 * 8 * 8, 100)
        self.f2 = nn.Linear(100, classes)

    def forward(self, x):
        for conv in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(conv(x)), 2)
        x = F.relu(self.f1(x.flatten(1)))
        return self.f2(F.dropout(x, 0.5))


# %% right strides_and_norms
# Strides for pooling, batch normalization, lazy layers in one row.
class FlowerNet(nn.Sequential):
    def __init__(self, classes):
        layers = []
        for channels in (16, 32, 64):
            layers += [nn.LazyConv2d(channels, 3, stride=2, padding=1), nn.BatchNorm2d(channels), nn.LeakyReLU()]
        super().__init__(*layers, nn.Flatten(), nn.LazyLinear(128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, classes))


# %% right mean_pooling
# Average pooling to 4 x 4, tanh between the linear layers.
class FlowerNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(a, b, 5) for a, b in ((3, 12), (12, 24), (24, 48))])
        self.full = nn.Sequential(nn.Linear(48 * 16, 200), nn.Tanh(), nn.Linear(200, classes))

    def forward(self, x):
        for conv in self.convs:
            x = F.avg_pool2d(conv(x).relu(), 2)
        return self.full(F.adaptive_avg_pool2d(x, 4).view(len(x), -1))
