# defines: ObjectCNN
# %% wrong softmaxed expects=object_softmax_at_the_end
# Probabilities for cross_entropy.
class ObjectCNN(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.c1, self.c2, self.c3 = (nn.Conv2d(i, o, 3, padding=1) for i, o in ((3, 16), (16, 32), (32, 64)))
        self.drop, self.fc = nn.Dropout(0.5), nn.Linear(1024, classes)

    def forward(self, x):
        for c in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(c(x)), 2)
        return F.softmax(self.fc(self.drop(F.adaptive_avg_pool2d(x, 4).flatten(1))), dim=1)


# %% wrong linear_all_through expects=no_relu_between
# No bend anywhere.
class ObjectCNN(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.c1, self.c2, self.c3 = (nn.Conv2d(i, o, 3, padding=1) for i, o in ((3, 16), (16, 32), (32, 64)))
        self.drop, self.fc = nn.Dropout(0.5), nn.Linear(1024, classes)

    def forward(self, x):
        for c in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(c(x), 2)
        return self.fc(self.drop(F.adaptive_avg_pool2d(x, 4).flatten(1)))


# %% wrong mean_pools expects=averages_for_maxima
# AvgPool2d in every round.
class ObjectCNN(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        layers = []
        for i, o in ((3, 16), (16, 32), (32, 64)):
            layers += [nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2)]
        self.net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Dropout(0.5), nn.Linear(1024, classes))

    def forward(self, x):
        return self.net(x)


# %% wrong only_32 expects=one_size_only
# Flattened without the fields: 64 x 64 does not fit the linear layer.
class ObjectCNN(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.c1, self.c2, self.c3 = (nn.Conv2d(i, o, 3, padding=1) for i, o in ((3, 16), (16, 32), (32, 64)))
        self.drop, self.fc = nn.Dropout(0.5), nn.Linear(1024, classes)

    def forward(self, x):
        for c in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(c(x)), 2)
        return self.fc(self.drop(x.flatten(1)))


# %% wrong f_dropout expects=dropout_always_on
# F.dropout's default is training=True.
class ObjectCNN(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.c1, self.c2, self.c3 = (nn.Conv2d(i, o, 3, padding=1) for i, o in ((3, 16), (16, 32), (32, 64)))
        self.fc = nn.Linear(1024, classes)

    def forward(self, x):
        for c in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(c(x)), 2)
        return self.fc(F.dropout(F.adaptive_avg_pool2d(x, 4).flatten(1)))


# %% wrong no_dropout expects=dropout_missing
# The table's last row half read.
class ObjectCNN(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.c1, self.c2, self.c3 = (nn.Conv2d(i, o, 3, padding=1) for i, o in ((3, 16), (16, 32), (32, 64)))
        self.fc = nn.Linear(1024, classes)

    def forward(self, x):
        for c in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(c(x)), 2)
        return self.fc(F.adaptive_avg_pool2d(x, 4).flatten(1))


# %% wrong always_ten expects=ten_classes_always
# The scenes have eight.
class ObjectCNN(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.c1, self.c2, self.c3 = (nn.Conv2d(i, o, 3, padding=1) for i, o in ((3, 16), (16, 32), (32, 64)))
        self.drop, self.fc = nn.Dropout(0.5), nn.Linear(1024, 10)

    def forward(self, x):
        for c in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(c(x)), 2)
        return self.fc(self.drop(F.adaptive_avg_pool2d(x, 4).flatten(1)))


# %% wrong five_by_five expects=layers_of_other_sizes
# 5 x 5 kernels.
class ObjectCNN(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.c1, self.c2, self.c3 = (nn.Conv2d(i, o, 5, padding=2) for i, o in ((3, 16), (16, 32), (32, 64)))
        self.drop, self.fc = nn.Dropout(0.5), nn.Linear(1024, classes)

    def forward(self, x):
        for c in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(c(x)), 2)
        return self.fc(self.drop(F.adaptive_avg_pool2d(x, 4).flatten(1)))


# %% wrong a_plain_list expects=convolutions_hidden
# The optimizer never sees the convolutions.
class ObjectCNN(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.convs = [nn.Conv2d(i, o, 3, padding=1) for i, o in ((3, 16), (16, 32), (32, 64))]
        self.drop, self.fc = nn.Dropout(0.5), nn.Linear(1024, classes)

    def forward(self, x):
        for c in self.convs:
            x = F.max_pool2d(F.relu(c(x)), 2)
        return self.fc(self.drop(F.adaptive_avg_pool2d(x, 4).flatten(1)))


# %% wrong unpadded expects=no_padding
# Without padding=1; the fields hide it, since they fit anything.
class ObjectCNN(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.c1, self.c2, self.c3 = (nn.Conv2d(i, o, 3) for i, o in ((3, 16), (16, 32), (32, 64)))
        self.drop, self.fc = nn.Dropout(0.5), nn.Linear(1024, classes)

    def forward(self, x):
        for c in (self.c1, self.c2, self.c3):
            x = F.max_pool2d(F.relu(c(x)), 2)
        return self.fc(self.drop(F.adaptive_avg_pool2d(x, 4).flatten(1)))


# %% right one_sequential
# Pooling before ReLU, which is the same for maxima, and log-softmax, which no loss can tell from logits.
class ObjectCNN(nn.Sequential):
    def __init__(self, classes=10):
        rounds = [
            layer for i, o in ((3, 16), (16, 32), (32, 64))
            for layer in (nn.Conv2d(i, o, 3, padding="same"), nn.MaxPool2d(2), nn.ReLU())]
        super().__init__(
            *rounds, nn.AdaptiveAvgPool2d((4, 4)), nn.Flatten(), nn.Dropout(), nn.Linear(1024, classes), nn.LogSoftmax(1))


# %% right own_parameters
# Parameters by hand, another order of registration, F.dropout that is told its mode.
class ObjectCNN(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.V = nn.Parameter(torch.randn(classes, 1024) / 32)
        self.v = nn.Parameter(torch.zeros(classes))
        shapes = [(16, 3), (32, 16), (64, 32)]
        self.Ws = nn.ParameterList([torch.randn(o, i, 3, 3) * (2 / (9 * i)) ** 0.5 for o, i in shapes])
        self.bs = nn.ParameterList([torch.zeros(o) for o, _ in shapes])

    def forward(self, x):
        for W, b in zip(self.Ws, self.bs):
            x = F.conv2d(F.pad(x, (1, 1, 1, 1)), W, b).clamp(min=0)
            x = F.max_pool2d(x, kernel_size=2, stride=2)
        x = nn.functional.adaptive_avg_pool2d(x, 4)
        x = F.dropout(x.reshape(x.shape[0], -1), p=0.5, training=self.training)
        return x @ self.V.T + self.v
