# %% wrong softmax expects=softmax_at_the_end
# The document's Softmax(10), before cross_entropy's own; seen keeps the probabilities.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = F.dropout(s['fc1/activation'], 0.5, self.training)
        s['fc2/net_input'] = torch.softmax(h @ self.W_fc2 + self.b_fc2, 1)
        self.seen = s
        return s['fc2/net_input']



# %% wrong softmax_returned expects=softmax_at_the_end
# seen has the logits, the result is softmax.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = F.dropout(s['fc1/activation'], 0.5, self.training)
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        self.seen = s
        return F.softmax(s['fc2/net_input'], dim=1)



# %% wrong log_probabilities expects=log_softmax_at_the_end
# For nll_loss.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = F.dropout(s['fc1/activation'], 0.5, self.training)
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        self.seen = s
        return F.log_softmax(s['fc2/net_input'], dim=-1)



# %% wrong functional_dropout expects=dropout_always
# F.dropout without training=.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = F.dropout(s['fc1/activation'], p=0.5)
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        self.seen = s
        return s['fc2/net_input']



# %% wrong no_dropout expects=dropout_missing
# Forgotten.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = s['fc1/activation']
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        self.seen = s
        return s['fc2/net_input']



# %% wrong own_mask expects=dropout_without_scaling
# A mask by hand without the factor 2.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = s['fc1/activation'] * (torch.rand(1024, device=x.device) > 0.5 if self.training else 1)
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        self.seen = s
        return s['fc2/net_input']



# %% wrong channels_last expects=flattened_places_first
# TensorFlow's order of axes.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].permute(0, 2, 3, 1).reshape(len(x), -1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = F.dropout(s['fc1/activation'], 0.5, self.training)
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        self.seen = s
        return s['fc2/net_input']



# %% wrong relu_only expects=always_relu
# torch.relu in all places.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/activation'] = torch.relu(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = torch.relu(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = torch.relu(s['fc1/net_input'])
        h = F.dropout(s['fc1/activation'], 0.5, self.training)
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        self.seen = s
        return s['fc2/net_input']



# %% wrong one_piece expects=pieces_ignored
# pieces is not used.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = 1
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = F.dropout(s['fc1/activation'], 0.5, self.training)
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        self.seen = s
        return s['fc2/net_input']



# %% wrong biasless_convolutions expects=channel_bias_left_out
# The biases exist, but take no part.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1)
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2)
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = F.dropout(s['fc1/activation'], 0.5, self.training)
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        self.seen = s
        return s['fc2/net_input']



# %% wrong linear_fc1 expects=fc1_not_bent
# No activation behind fc1.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = s['fc1/net_input']
        h = F.dropout(s['fc1/activation'], 0.5, self.training)
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        self.seen = s
        return s['fc2/net_input']



# %% wrong relu_logits expects=bent_logits
# ReLU behind the last layer, too.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = F.dropout(s['fc1/activation'], 0.5, self.training)
        s['fc2/net_input'] = self.act(h @ self.W_fc2 + self.b_fc2)
        self.seen = s
        return s['fc2/net_input']



# %% wrong pool_first expects=pooled_before_bending
# conv - pool - ReLU: the same logits with ReLU.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/pooled'] = max_pool_2x2(s['conv1/net_input'])
        s['conv1/activation'] = s['conv1/pooled'] = self.act(s['conv1/pooled'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/pooled'] = max_pool_2x2(s['conv2/net_input'])
        s['conv2/activation'] = s['conv2/pooled'] = self.act(s['conv2/pooled'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = F.dropout(s['fc1/activation'], 0.5, self.training)
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        self.seen = s
        return s['fc2/net_input']



# %% wrong local_seen expects=seen_left_empty
# The dictionary stays a local variable.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = F.dropout(s['fc1/activation'], 0.5, self.training)
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        return s['fc2/net_input']



# %% wrong dropout_in_seen
# Dropout before the activation is stored; the sums are right, the record is not.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1[:, None, None]
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        h = s['fc1/activation'] = F.dropout(self.act(s['fc1/net_input']), 0.5, self.training)
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        self.seen = s
        return s['fc2/net_input']



# %% right dropout_module
# nn.Dropout as a module, reshape for flatten, biases by broadcasting (1, C, 1, 1).
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.dropout = nn.Dropout(p=0.5)
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = conv2d(x, self.W_conv1) + self.b_conv1.reshape(1, -1, 1, 1)
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = max_pool_2x2(s['conv1/activation'])
        s['conv2/net_input'] = conv2d(s['conv1/pooled'], self.W_conv2) + self.b_conv2[:, None, None]
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = max_pool_2x2(s['conv2/activation'])
        flat = s['conv2/pooled'].reshape(-1, 3136)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = self.dropout(s['fc1/activation'])
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        self.seen = s
        return s['fc2/net_input']



# %% right hooks
# Modules for activation and pooling whose forward hooks fill seen; a dictionary that is kept and cleared.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        make = weight_variable if init is None else init
        self.act, self.seen = act, {}
        for name, shape in {'conv1': (32 * pieces, 1, 5, 5), 'conv2': (64 * pieces, 32, 5, 5),
                            'fc1': (3136, 1024 * pieces), 'fc2': (1024, 10)}.items():
            self.register_parameter('W_' + name, make(shape))
            self.register_parameter('b_' + name, bias_variable((shape[0] if 'conv' in name else shape[1],)))

    def note(self, name, value):
        self.seen[name] = value
        return value

    def conv(self, name, x):
        b = getattr(self, 'b_' + name).unsqueeze(-1).unsqueeze(-1)
        z = self.note(name + '/net_input', torch.add(conv2d(x, getattr(self, 'W_' + name)), b))
        return self.note(name + '/pooled', max_pool_2x2(self.note(name + '/activation', self.act(z))))

    def forward(self, x):
        self.seen.clear()
        x = torch.flatten(self.conv('conv2', self.conv('conv1', x)), start_dim=1)
        x = self.act(self.note('fc1/net_input', torch.addmm(self.b_fc1, x, self.W_fc1)))
        x = self.note('fc1/activation', x)
        if self.training:
            x = x * torch.bernoulli(torch.full_like(x, 0.5)) / 0.5
        return self.note('fc2/net_input', F.linear(x, self.W_fc2.T, self.b_fc2))



# %% right library_layers
# F.conv2d with its bias, in place of conv2d + b, and F.max_pool2d; extra entries in seen.
class DeepConvNet(nn.Module):
    def __init__(self, act=torch.relu, init=None, pieces=1):
        super().__init__()
        init = init or weight_variable
        self.act, self.seen = act, {}
        p = pieces
        self.W_conv1, self.b_conv1 = init((32 * p, 1, 5, 5)), bias_variable((32 * p,))
        self.W_conv2, self.b_conv2 = init((64 * p, 32, 5, 5)), bias_variable((64 * p,))
        self.W_fc1, self.b_fc1 = init((7 * 7 * 64, 1024 * p)), bias_variable((1024 * p,))
        self.W_fc2, self.b_fc2 = init((1024, 10)), bias_variable((10,))

    def forward(self, x):
        s = {}
        s['conv1/net_input'] = F.conv2d(x, self.W_conv1, self.b_conv1, padding='same')
        s['conv1/activation'] = self.act(s['conv1/net_input'])
        s['conv1/pooled'] = F.max_pool2d(kernel_size=2, input=s['conv1/activation'])
        s['conv2/net_input'] = F.conv2d(s['conv1/pooled'], self.W_conv2, self.b_conv2, padding=2)
        s['conv2/activation'] = self.act(s['conv2/net_input'])
        s['conv2/pooled'] = F.max_pool2d(kernel_size=2, input=s['conv2/activation'])
        flat = s['conv2/pooled'].flatten(1)
        s['fc1/net_input'] = flat @ self.W_fc1 + self.b_fc1
        s['fc1/activation'] = self.act(s['fc1/net_input'])
        h = F.dropout(s['fc1/activation'], 0.5, self.training)
        s['fc2/net_input'] = h @ self.W_fc2 + self.b_fc2
        s['fc2/probabilities'] = s['fc2/net_input'].softmax(1)
        self.seen = s
        return s['fc2/net_input']

