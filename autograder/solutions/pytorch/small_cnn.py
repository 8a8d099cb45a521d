# defines: SmallCNN
# %% wrong with_softmax expects=softmax_at_the_end_of_the_cnn
# Probabilities for cross_entropy.
class SmallCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 24, 3)
        self.fc = nn.Linear(864, 36)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x.view(-1, 1, 32, 32))), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return F.softmax(self.fc(x.view(-1, 864)), dim=1)


# %% wrong mean_pooling expects=average_pooling
# AvgPool2d.
class SmallCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 8, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(8, 24, 3), nn.ReLU(), nn.AvgPool2d(2),
            nn.Flatten(), nn.Linear(864, 36))

    def forward(self, x):
        return self.net(x.reshape(len(x), 1, 32, 32))


# %% wrong no_relu expects=relu_missing
# Convolution and pooling only.
class SmallCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 24, 3)
        self.fc = nn.Linear(864, 36)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x.view(-1, 1, 32, 32)), 2)
        x = F.max_pool2d(self.conv2(x), 2)
        return self.fc(x.flatten(1))


# %% wrong relu_last expects=relu_at_the_end
# The bend after every layer.
class SmallCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 24, 3)
        self.fc = nn.Linear(864, 36)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x.view(-1, 1, 32, 32))), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return F.relu(self.fc(x.flatten(1)))


# %% wrong padded_convolutions expects=other_sizes
# padding=1 keeps 32 and 16, so the linear layer gets 24 x 8 x 8.
class SmallCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 24, 3, padding=1)
        self.fc = nn.Linear(24 * 64, 36)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x.view(-1, 1, 32, 32))), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


# %% wrong mixed_rows expects=rows_mixed
# Transposed before it is flattened: every row gets a bit of every image.
class SmallCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 24, 3)
        self.fc = nn.Linear(864, 36)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x.view(-1, 1, 32, 32))), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.transpose(0, 1).reshape(-1, 864))


# %% wrong layers_in_forward expects=cnn_layers_hidden
# New layers in every call: parameters() is empty, and nothing can be learned.
class SmallCNN(nn.Module):
    def forward(self, x):
        x = F.max_pool2d(F.relu(nn.Conv2d(1, 8, 3)(x.view(-1, 1, 32, 32))), 2)
        x = F.max_pool2d(F.relu(nn.Conv2d(8, 24, 3)(x)), 2)
        return nn.Linear(864, 36)(x.flatten(1))


# %% right pooled_first
# Max pooling and ReLU commute, and pooling first is cheaper; upright letters; log-softmax.
class SmallCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(864, 36)
        self.convs = nn.ModuleList([nn.Conv2d(1, 8, 3), nn.Conv2d(8, 24, 3)])
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        x = x.unflatten(1, (1, 32, 32)).mT
        for conv in self.convs:
            x = torch.relu(self.pool(conv(x)))
        return F.log_softmax(self.fc(x.flatten(1)), dim=-1)


# %% right one_sequential
# Everything a layer, the first one too.
class SmallCNN(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Unflatten(1, (1, 32, 32)),
            nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 24, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(24 * 6 * 6, 36))
