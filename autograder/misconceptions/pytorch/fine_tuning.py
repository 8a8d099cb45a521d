"""Mistakes in `source/pytorch/fine_tuning.ipynb`: a new head, a frozen body, a network from scratch, pictures.

Modules start at random, so equal symptoms are enough wherever they take part.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from student_lib.squeezenet import as_input, squeezenet

from .. import misconception

# --- outputs


def _outputs(advice: str, variants=()):
    return misconception("pytorch.outputs", advice, by_symptom=True, variants=variants)


def _made(module, x, batch_size):
    with torch.no_grad():
        return torch.cat([module(rows) for rows in x.split(batch_size)])


@_outputs("The module runs in the mode in which it came, so dropout may be on. Call module.eval() first.")
def measured_as_it_came(module, x, batch_size=64):
    return _made(module, x, batch_size)


@_outputs(
    "The module is left in another mode than it came in. Remember module.training, and give it back.",
    variants=[{"after": True}],
)
def mode_forgotten(module, x, batch_size=64, after=False):
    made = _made(module.eval(), x, batch_size)
    module.train(after)
    return made


@_outputs(
    "A graph is recorded in every batch. That costs memory for nothing: with torch.no_grad(): around the loop.",
    variants=[{"cut": True}],
)
def graph_recorded(module, x, batch_size=64, cut=False):
    mode = module.training
    module.eval()
    made = torch.cat([module(rows) for rows in x.split(batch_size)])
    module.train(mode)
    return made.detach() if cut else made


@_outputs("The last batch is left out where it is short. Every row counts: x.split(batch_size) has it, too.")
def short_batch_left_out(module, x, batch_size=64):
    mode = module.training
    rows = x[: max(len(x) // batch_size, 1) * batch_size]
    made = _made(module.eval(), rows, batch_size)
    module.train(mode)
    return made


@_outputs("All rows pass at once. Use batch_size: a whole set of pictures may not fit into memory.")
def all_at_once(module, x, batch_size=64):
    mode = module.training
    made = _made(module.eval(), x, len(x))
    module.train(mode)
    return made


# --- replace_head


def _head(advice: str, variants=()):
    return misconception("pytorch.replace_head", advice, by_symptom=True, variants=variants)


@_head("A layer is put behind the old head, which stays. Replace net.classifier[1].")
def head_appended(net, classes):
    net.classifier.append(nn.Conv2d(net.classifier[1].out_channels, classes, 1))
    return net


@_head(
    "The whole classifier is replaced, and with it went dropout, ReLU or the mean over places. Replace its [1] alone."
)
def classifier_thrown_away(net, classes):
    net.classifier = nn.Conv2d(512, classes, 1)
    return net


@_head("Setting an attribute changes no weights. Make a new nn.Conv2d, and put it into net.classifier[1].")
def sizes_renamed(net, classes):
    net.classifier[1].out_channels = classes
    net.num_classes = classes
    return net


@_head(
    "You return another network: its body has none of the weights of the one that came in. Change the given net.",
    variants=[{"pretrained": True}],
)
def body_thrown_away(net, classes, pretrained=False):
    net = squeezenet(pretrained)
    net.classifier[1] = nn.Conv2d(512, classes, 1)
    return net


@_head("Nothing is returned, so that net = replace_head(...) makes None of it. End with return net.")
def nothing_returned(net, classes):
    net.classifier[1] = nn.Conv2d(512, classes, 1)


@_head("The new head has no bias. nn.Conv2d's default has one.")
def head_without_bias(net, classes):
    net.classifier[1] = nn.Conv2d(512, classes, 1, bias=False)
    return net


@_head("The kernel is larger than 1 x 1: the head has many times the weights, and mixes places.")
def head_with_a_larger_kernel(net, classes):
    net.classifier[1] = nn.Conv2d(512, classes, 3, padding=1)
    return net


# --- freeze


def _freeze(advice: str, variants=()):
    return misconception("pytorch.freeze", advice, by_symptom=True, variants=variants)


def _switch(net, body, head):
    for parameter in net.features.parameters():
        parameter.requires_grad = body
    for parameter in net.classifier.parameters():
        parameter.requires_grad = head


@_freeze(
    "Everything is frozen, the head as well, so nothing learns. Switch net.classifier[1]'s parameters on again."
)
def everything_frozen(net):
    _switch(net, False, False)


@_freeze("The wrong part is frozen: here the body learns, and the head does not.")
def head_frozen(net):
    _switch(net, True, False)


@_freeze(
    "eval() freezes nothing: it switches dropout off. The body goes on learning. Set requires_grad of each parameter.",
    variants=[{"part": "features"}],
)
def eval_for_freezing(net, part=""):
    (net.features if part else net).eval()


@_freeze(
    "requires_grad on a module is an attribute that nobody reads: the body learns on. Set it on each parameter."
)
def switch_that_nobody_reads(net):
    net.features.requires_grad = False


@_freeze(
    "Right weights are frozen, but the mode was changed, too. Whether dropout acts is another question: leave out "
    "eval() and train().",
    variants=[{"mode": True}, {"part": "features"}],
)
def mode_changed_too(net, mode=False, part=""):
    _switch(net, False, True)
    (net.features if part else net).train(mode)


@_freeze("A part of the head is frozen: weights and bias both learn.")
def head_half_frozen(net):
    _switch(net, False, True)
    net.classifier[1].bias.requires_grad = False


# --- fit


def _fit(advice: str, variants=()):
    return misconception("pytorch.fit", advice, by_symptom=True, variants=variants)


def _loop(
    model, x, y, epochs, lr, batch_size=32, *, zero=True, kind=torch.optim.Adam, mode=True, shuffle=True,
    logits=lambda z: z, count="rows", short=True, renew=False,
):  # fmt: skip
    """The training loop, with a switch for each mistake."""
    moving = [p for p in model.parameters() if p.requires_grad]
    optimizer = kind(moving, lr=lr)
    if mode is not None:
        model.train(mode)
    losses = []
    for _ in range(epochs):
        optimizer = kind(moving, lr=lr) if renew else optimizer
        order = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
        batches = [rows for rows in order.split(batch_size) if short or len(rows) == batch_size]
        found = []
        for rows in batches:
            if zero:
                optimizer.zero_grad()
            loss = F.cross_entropy(logits(model(x[rows])), y[rows])
            loss.backward()
            optimizer.step()
            found.append((loss.item(), len(rows)))
        value, rows = np.array(found).reshape(-1, 2).T
        means = {
            "rows": value @ rows / len(x),
            "batches": value.sum() / max(len(value), 1),
            "sum": value.sum(),
            "last": value[-1:].sum(),
        }
        losses.append(float({**means, "all": value @ rows, "divided": value.sum() / len(x)}[count]))
    return losses


@_fit("Gradients of all steps add up: empty them with optimizer.zero_grad() before each backward().")
def gradients_never_emptied(*args, **settings):
    return _loop(*args, **settings, zero=False)


@_fit(
    "The steps are not Adam's: another optimizer. torch.optim.Adam(..., lr=lr).",
    variants=[{"kind": torch.optim.AdamW}],
)
def another_optimizer(*args, kind=torch.optim.SGD, **settings):
    return _loop(*args, **settings, kind=kind)


@_fit("A softmax stands before cross_entropy, which has one of its own. Give it the logits.")
def softmax_before_the_loss(*args, **settings):
    return _loop(*args, **settings, logits=lambda z: z.softmax(dim=1))


@_fit(
    "The rows come in the same order in each epoch. Draw a new one: torch.randperm.",
    variants=[{"once": True}],
)
def order_never_changes(model, x, y, epochs, lr, batch_size=32, once=False):
    order = torch.randperm(len(x)) if once else torch.arange(len(x))
    return _loop(model, x[order], y[order], epochs, lr, batch_size, shuffle=False)


@_fit("Rows of a short last batch never take part.")
def short_batch_never_learned(*args, **settings):
    return _loop(*args, **settings, short=False)


@_fit(
    "The model may come in evaluation mode, and then stays in it: no dropout. Call model.train().",
    [{"mode": False}],
)
def trained_in_evaluation_mode(*args, mode=None, **settings):
    return _loop(*args, **settings, mode=mode)


@_fit(
    "The losses are not the mean over rows: weigh each batch's loss by its rows, and divide by all rows.",
    variants=[{"count": "sum"}, {"count": "last"}, {"count": "all"}, {"count": "divided"}],
)
def losses_weighed_wrongly(*args, count="batches", **settings):
    return _loop(*args, **settings, count=count)


@_fit(
    "A new Adam in each epoch forgets what it has learned about step lengths. Make it once, before the loop."
)
def optimizer_made_anew(*args, **settings):
    return _loop(*args, **settings, renew=True)


@_fit("The loop thaws what was frozen: leave requires_grad as it came.")
def thawed(model, *args, **settings):
    for parameter in model.parameters():
        parameter.requires_grad = True
    return _loop(model, *args, **settings)


@_fit("The losses are tensors that carry a graph: keep loss.item(), a plain number.")
def losses_with_graphs(*args, **settings):
    return [torch.tensor(loss, requires_grad=True) for loss in _loop(*args, **settings)]


@_fit("The argument lr is not used.")
def rate_not_used(model, x, y, epochs, lr, batch_size=32):
    return _loop(model, x, y, epochs, 1e-3, batch_size)


# --- FlowerNet


def _flower(advice: str, variants=()):
    return misconception("pytorch.flower_net", advice, "FlowerNet", by_symptom=True, variants=variants)


class _FlowerNet(nn.Module):
    convolutions, wide = (3, 8, 16, 32), 64

    def __init__(self, classes):
        super().__init__()
        layers = []
        for inputs, made in zip(self.convolutions, self.convolutions[1:], strict=False):
            layers += [nn.Conv2d(inputs, made, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        self.conv = nn.Sequential(*layers)
        side = 64 // 2 ** (len(self.convolutions) - 1)
        self.one = nn.Linear(self.convolutions[-1] * side**2, self.wide)
        self.two = nn.Linear(self.wide, classes)

    def forward(self, x):
        return self.two(F.relu(self.one(self.conv(x).flatten(1))))


@_flower("The network ends with a softmax, and cross_entropy contains another. Return the logits.")
class softmax_behind_the_logits(_FlowerNet):
    def forward(self, x):
        return super().forward(x).softmax(dim=1)


# Some of these networks are dead from the start, others learn: one with biases of 1 is of the second kind.
@_flower(
    "A ReLU follows the last linear layer, so no logit is negative. Nothing follows it.",
    variants=[{"bias": 1.0}],
)
class relu_behind_the_logits(_FlowerNet):
    def __init__(self, classes, bias=0.0):
        super().__init__(classes)
        nn.init.constant_(self.two.bias, bias)

    def forward(self, x):
        return super().forward(x).relu()


@_flower(
    "There are not three convolutions.", variants=[{"channels": (3, 8, 16, 32, 32)}, {"channels": (3, 16)}]
)
class not_three_convolutions(_FlowerNet):
    def __init__(self, classes, channels=(3, 16, 32)):
        self.convolutions = channels
        super().__init__(classes)


@_flower("There are not two linear layers.", variants=[{"more": 1}])
class not_two_linear_layers(_FlowerNet):
    def __init__(self, classes, more=0):
        super().__init__(classes)
        self.two = nn.Linear(self.wide, self.wide) if more else nn.Identity()
        self.three = nn.Linear(self.wide, classes)

    def forward(self, x):
        return self.three(super().forward(x).relu())


@_flower("Without pooling too many numbers reach the first linear layer: above 2 million parameters.")
class far_too_large(_FlowerNet):
    wide = 2048


@_flower("The number of classes is fixed. Use the argument classes.", variants=[{"fixed": 10}])
class classes_fixed(_FlowerNet):
    def __init__(self, classes, fixed=17):
        super().__init__(fixed)


@_flower(
    "The graph is cut before the linear layers (.detach(), .data, NumPy), so the convolutions never learn."
)
class convolutions_cut_off(_FlowerNet):
    def forward(self, x):
        return self.two(F.relu(self.one(self.conv(x).detach().flatten(1))))


@_flower("F.dropout drops always, unless told otherwise: training=self.training, or a layer nn.Dropout.")
class dropout_in_evaluation(_FlowerNet):
    def forward(self, x):
        return self.two(F.dropout(F.relu(self.one(self.conv(x).flatten(1))), 0.5))


# --- nearest


def _nearest(advice: str, variants=()):
    return misconception("pytorch.nearest", advice, variants=variants)


def _unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def _best(similarity, k):
    return np.argsort(-similarity, axis=1)[:, :k]


@_nearest("Lengths take part: a long row looks similar to everything. Divide each row by its length.")
def lengths_take_part(queries, database, k=5):
    return _best(queries @ database.T, k)


@_nearest("You compare distances, in which lengths take part. The cosine sees the angle alone.")
def by_distance(queries, database, k=5):
    return _best(-np.linalg.norm(queries[:, None] - database, axis=2), k)


@_nearest("The order is reversed: these are the least similar rows. Sort by the negative similarity.")
def least_similar_first(queries, database, k=5):
    return np.argsort(_unit(queries) @ _unit(database).T, axis=1)[:, :k]


@_nearest("The right rows, but the best comes last.")
def best_comes_last(queries, database, k=5):
    return np.argsort(_unit(queries) @ _unit(database).T, axis=1)[:, -k:]


@_nearest("These are similarities; asked are the numbers of the rows: np.argsort.")
def similarities_returned(queries, database, k=5):
    return -np.sort(-_unit(queries) @ _unit(database).T, axis=1)[:, :k]


@_nearest("Columns are divided by their lengths, not rows: axis=1, keepdims=True.")
def columns_normalised(queries, database, k=5):
    return _best(
        (queries / np.linalg.norm(queries, axis=0)) @ (database / np.linalg.norm(database, axis=0)).T, k
    )


@_nearest("x /= ... changes the caller's array. Make a new one: x = x / ...")
def normalised_in_place(queries, database, k=5):
    for x in (queries, database):
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    return _best(queries @ database.T, k)


@_nearest("The argument k is not used.")
def always_five(queries, database, k=5):
    return _best(_unit(queries) @ _unit(database).T, 5)


# --- label_pictures


def _label(advice: str, variants=()):
    return misconception("pytorch.label_pictures", advice, by_symptom=True, variants=variants)


def _labels(net, x):
    with torch.no_grad():
        return net(x).argmax(dim=1).numpy()


def _raw(pictures):
    return torch.tensor(np.asarray(pictures)).permute(0, 3, 1, 2).float()


@_label(
    "The pictures are not prepared as the weights expect: mean and deviation are missing. Use as_input.",
    variants=[{"scale": 1.0}],
)
def not_normalised(net, pictures, scale=255.0):
    return _labels(net.eval(), _raw(pictures) / scale)


@_label(
    "Red and blue have changed places. The pictures are RGB, and the weights want RGB.",
)
def colours_reversed(net, pictures):
    return _labels(net.eval(), as_input(np.ascontiguousarray(pictures[..., ::-1])))


@_label(
    "reshape does not move axes: it reads the numbers in another order. as_input transposes.",
)
def reshaped_for_transposed(net, pictures):
    mixed = pictures.reshape(len(pictures), 3, *pictures.shape[1:3])
    return _labels(net.eval(), as_input(mixed.transpose(0, 2, 3, 1)))


@_label("The network runs in training mode, so dropout changes the labels. Use outputs, or net.eval().")
def labelled_in_training_mode(net, pictures):
    return _labels(net, as_input(pictures))


@_label("These are scores. The label is the place of the largest: argmax(dim=1).")
def scores_for_labels(net, pictures):
    with torch.no_grad():
        return net.eval()(as_input(pictures)).numpy()


@_label("argmax runs over the pictures instead of the classes: dim=1.", variants=[{"dim": None}])
def argmax_of_the_wrong_axis(net, pictures, dim=0):
    with torch.no_grad():
        return net.eval()(as_input(pictures)).argmax(dim=dim).numpy()
