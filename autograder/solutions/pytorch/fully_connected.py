# defines: FullyConnected
# %% wrong with_softmax expects=softmax_at_the_end
# Probabilities, as the NumPy network had them; cross_entropy takes a second softmax.
class FullyConnected(nn.Module):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__()
        self.fc1 = nn.Linear(inputs, hidden)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x):
        x = torch.sigmoid(self.fc1(x))
        return F.softmax(self.fc2(x), dim=1)


# %% wrong softmax_in_a_row expects=softmax_at_the_end
# The same as a layer of nn.Sequential.
class FullyConnected(nn.Module):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(inputs, hidden), nn.Sigmoid(), nn.Linear(hidden, classes), nn.Softmax(dim=-1)
        )

    def forward(self, x):
        return self.net(x)


# %% wrong with_relu expects=another_activation
# ReLU, as in every tutorial.
class FullyConnected(nn.Module):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__()
        self.fc1 = nn.Linear(inputs, hidden)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))


# %% wrong two_linear_maps expects=another_activation
# No bend: two matrices are one.
class FullyConnected(nn.Module):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(inputs, hidden), nn.Linear(hidden, classes))

    def forward(self, x):
        return self.net(x)


# %% wrong sigmoid_twice expects=bend_at_the_end
# The bend after every layer.
class FullyConnected(nn.Module):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__()
        self.fc1 = nn.Linear(inputs, hidden)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x):
        for layer in (self.fc1, self.fc2):
            x = torch.sigmoid(layer(x))
        return x


# %% wrong typed_sizes expects=sizes_fixed
# The arguments are there and not used.
class FullyConnected(nn.Module):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__()
        self.fc1 = nn.Linear(1024, 64)
        self.fc2 = nn.Linear(64, 36)

    def forward(self, x):
        return self.fc2(torch.sigmoid(self.fc1(x)))


# %% wrong plain_list expects=layers_hidden
# A Python list of layers: parameters() is empty.
class FullyConnected(nn.Module):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__()
        self.layers = [nn.Linear(inputs, hidden), nn.Linear(hidden, classes)]

    def forward(self, x):
        return self.layers[1](torch.sigmoid(self.layers[0](x)))


# %% wrong through_numpy expects=graph_cut
# The hidden activations pass NumPy; the first layer never learns.
class FullyConnected(nn.Module):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__()
        self.fc1 = nn.Linear(inputs, hidden)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x):
        z = self.fc1(x).detach().numpy()
        return self.fc2(torch.tensor(1 / (1 + np.exp(-z))))


# %% right sequential
# One nn.Sequential.
class FullyConnected(nn.Module):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(inputs, hidden), nn.Sigmoid(), nn.Linear(hidden, classes))

    def forward(self, x):
        return self.net(x.flatten(1))


# %% right log_softmax
# Log-softmax is harmless: cross_entropy of it is the same number.
class FullyConnected(nn.Module):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__()
        self.output = nn.Linear(hidden, classes)
        self.hidden = nn.Linear(inputs, hidden)

    def forward(self, x):
        return F.log_softmax(self.output(self.hidden(x).sigmoid()), dim=1)


# %% right own_matrices
# nn.Parameter, (in, out), as the NumPy network; Xavier's start; not an attribute of a layer anywhere.
class FullyConnected(nn.Module):
    def __init__(self, inputs=1024, hidden=64, classes=36):
        super().__init__()
        r = (6 / (inputs + hidden)) ** 0.5
        self.W1 = nn.Parameter(torch.empty(inputs, hidden).uniform_(-r, r))
        self.b1 = nn.Parameter(torch.zeros(1, hidden))
        r = (6 / (hidden + classes)) ** 0.5
        self.W2 = nn.Parameter(torch.empty(hidden, classes).uniform_(-r, r))
        self.b2 = nn.Parameter(torch.zeros(1, classes))

    def forward(self, x):
        return torch.sigmoid(x @ self.W1 + self.b1) @ self.W2 + self.b2


# %% right subclass_of_sequential
# A factory function that calls itself FullyConnected.
def FullyConnected(inputs=1024, hidden=64, classes=36):
    return nn.Sequential(nn.Linear(inputs, hidden), nn.Sigmoid(), nn.Linear(hidden, classes))
