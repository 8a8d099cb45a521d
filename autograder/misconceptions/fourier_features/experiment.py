"""Mistakes in NN_experiment: a right loop with one thing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import misconception
from ._fourier import names_of_the_notebook


class Experiment:
    """A right experiment; `names` are the notebook's, so that checks see which network is trained."""

    def __init__(self, *args):
        names = ("X_train", "y_train", "X_test", "y_test", "input_size", "num_layers", "hidden_size")
        names += ("output_size", "epochs", "learning_rate", "opt")
        vars(self).update(zip(names, args, strict=True))
        self.names = names_of_the_notebook()
        self.net = self.network()
        self.lists: tuple[list, ...] = ([], [], [], [])

    def network(self):
        return self.make([self.hidden_size] * (self.num_layers - 1), self.opt)

    def make(self, hidden, opt):
        make = self.names["NeuralNetwork"]
        return make(self.input_size, hidden, self.output_size, len(hidden) + 1, opt)

    def run(self):
        for _ in range(self.epochs):
            losses = [self.step(rows) for rows in self.batches()]
            self.evaluate(losses)
        return self.result()

    def batches(self):
        return self.slices(np.random.permutation(len(self.X_train)))

    def slices(self, order, size=32):
        return [order[start : start + size] for start in range(0, len(order), size)]

    def step(self, rows):
        self.net.forward(self.X_train[rows])
        loss = self.net.backward(self.y_train[rows])
        self.net.update(lr=self.learning_rate)
        return loss

    def evaluate(self, losses):
        train_psnr, test_psnr, train_loss, images = self.lists
        train_loss.append(np.mean(losses))
        train_psnr.append(self.psnr(self.y_train, self.net.forward(self.X_train)))
        images.append(self.net.forward(self.X_test))
        test_psnr.append(self.psnr(self.y_test, images[-1]))

    def psnr(self, y, p):
        return self.names["psnr"](y, p)

    def result(self):
        train_psnr, test_psnr, train_loss, images = self.lists
        return self.net, train_psnr, test_psnr, train_loss, np.array(images)


def wrong(method: str, advice: str, crashes_at: str = "") -> Callable[[Callable[..., Any]], None]:
    """Register an experiment with a wrong `method`. Draws differ from student to student: symptoms are compared."""

    def register(changed: Callable[..., Any]) -> None:
        faulty = type("Experiment", (Experiment,), {method: changed})

        def NN_experiment(
            X_train,
            y_train,
            X_test,
            y_test,
            input_size,
            num_layers,
            hidden_size,
            output_size,
            epochs,
            learning_rate,
            opt,
        ):
            sizes = (input_size, num_layers, hidden_size, output_size, epochs, learning_rate, opt)
            return faulty(X_train, y_train, X_test, y_test, *sizes).run()

        NN_experiment.__name__ = changed.__name__
        misconception("fourier_features.NN_experiment", advice, random=True, crashes_at=crashes_at)(
            NN_experiment
        )

    return register


@wrong(
    "step",
    "You train on the test rows: update only after batches of X_train, or the test PSNR means nothing.",
)
def trained_on_test_rows(self, rows):
    loss = Experiment.step(self, rows)
    self.net.forward(self.X_test)
    self.net.backward(self.y_test)
    self.net.update(lr=self.learning_rate)
    return loss


@wrong("batches", "Your rows have the same order in every epoch. Draw a permutation at the start of each.")
def never_shuffled(self):
    return self.slices(np.arange(len(self.X_train)))


@wrong("batches", "You shuffle once, before the epochs. Draw a new permutation at the start of each.")
def shuffled_once(self):
    self.order = getattr(self, "order", np.random.permutation(len(self.X_train)))
    return self.slices(self.order)


@wrong("batches", "The last, shorter batch is left out: some rows are never trained on in an epoch.")
def last_batch_dropped(self):
    return [rows for rows in Experiment.batches(self) if len(rows) == 32]


@wrong("batches", "Each epoch is a single batch of all rows. Go through it in batches of 32.")
def all_rows_at_once(self):
    return self.slices(np.random.permutation(len(self.X_train)), len(self.X_train))


@wrong("batches", "You train on single rows. Go through each epoch in batches of 32.")
def single_rows(self):
    return self.slices(np.random.permutation(len(self.X_train)), 1)


@wrong("batches", "Your batches are drawn with replacement: some rows come twice in an epoch, others never.")
def drawn_with_replacement(self):
    return self.slices(np.random.randint(len(self.X_train), size=len(self.X_train)))


@wrong(
    "step", "X is shuffled, y is not: every pixel gets another one's colour. Index both with the same rows."
)
def colours_not_shuffled(self, rows):
    self.net.forward(self.X_train[rows])
    loss = self.net.backward(self.y_train[np.sort(rows)])
    self.net.update(lr=self.learning_rate)
    return loss


@wrong(
    "step", "learning_rate does not reach update, which then takes its default: net.update(lr=learning_rate)."
)
def rate_not_passed(self, rows):
    self.net.forward(self.X_train[rows])
    loss = self.net.backward(self.y_train[rows])
    self.net.update()
    return loss


@wrong("step", "You call backward twice in a batch: once, and keep the loss that it returns.")
def backward_twice(self, rows):
    self.net.forward(self.X_train[rows])
    self.net.backward(self.y_train[rows])
    loss = self.net.backward(self.y_train[rows])
    self.net.update(lr=self.learning_rate)
    return loss


@wrong(
    "batches",
    "The network is made anew in every epoch and forgets what it learned. Make it once, before the loop.",
)
def new_network_in_every_epoch(self):
    self.net = self.network()
    return Experiment.batches(self)


@wrong("network", "hidden_size does not reach the network: hidden_sizes is [hidden_size] * (num_layers - 1).")
def hidden_size_ignored(self):
    return self.make([256] * (self.num_layers - 1), self.opt)


@wrong("network", "Your network is always made with opt 'SGD': pass opt on.")
def optimizer_ignored(self):
    return self.make([self.hidden_size] * (self.num_layers - 1), "SGD")


@wrong("run", "Your PSNR is a mean over batches, each before its update. Take the whole set after the epoch.")
def psnr_of_batches(self):
    for _ in range(self.epochs):
        losses, quality = [], []
        for rows in self.batches():
            quality.append(self.psnr(self.y_train[rows], self.net.forward(self.X_train[rows])))
            losses.append(self.step(rows))
        self.evaluate(losses)
        self.lists[0][-1] = np.mean(quality)
    return self.result()


@wrong(
    "run",
    "Your lists are filled before the epoch's updates: the last entries are not those of the returned network.",
)
def measured_before_the_epoch(self):
    for _ in range(self.epochs):
        self.evaluate([1.0])
        self.lists[2][-1] = np.mean([self.step(rows) for rows in self.batches()])
    return self.result()


@wrong("result", "train_psnr and test_psnr are exchanged in what you return.")
def lists_exchanged(self):
    train_psnr, test_psnr, train_loss, images = self.lists
    return self.net, test_psnr, train_psnr, train_loss, np.array(images)


@wrong("result", "Your lists hold the last value only. Append an entry after every epoch.")
def last_values_only(self):
    train_psnr, test_psnr, train_loss, images = self.lists
    return self.net, train_psnr[-1:], test_psnr[-1:], train_loss[-1:], np.array(images)


@wrong(
    "evaluate", "predicted_images holds predictions for the training rows. They are for X_test, all pixels."
)
def training_rows_predicted(self, losses):
    Experiment.evaluate(self, losses)
    self.lists[3][-1] = self.net.forward(self.X_train)


@wrong("result", "predicted_images holds the true test pixels. It must hold what the network predicts.")
def true_pixels_returned(self):
    net, *lists, images = Experiment.result(self)
    return net, *lists, np.broadcast_to(self.y_test, images.shape)


@wrong("result", "You return another order: net, train_psnr, test_psnr, train_loss, predicted_images.")
def loss_before_psnr(self):
    net, train_psnr, test_psnr, train_loss, images = Experiment.result(self)
    return net, train_loss, train_psnr, test_psnr, images


@wrong(
    "result", "The first thing that you return is the dictionary of parameters. Return the network itself."
)
def parameters_returned(self):
    return self.net.params, *Experiment.result(self)[1:]


@wrong(
    "network",
    "Your hidden_sizes has num_layers entries. One of the layers is the output's: [hidden_size] * (num_layers - 1).",
    # Without the source of the class at hand, as in process, the line is empty.
    crashes_at="layers need|^$",
)
def one_layer_too_many(self):
    hidden = [self.hidden_size] * self.num_layers
    return self.names["NeuralNetwork"](self.input_size, hidden, self.output_size, self.num_layers, self.opt)


@wrong(
    "run",
    "Your train_psnr is that of the epoch's last batch, before its update. Take the whole training set.",
)
def psnr_of_the_last_batch(self):
    for _ in range(self.epochs):
        batches, losses = self.batches(), []
        for rows in batches:
            quality = self.psnr(self.y_train[rows], self.net.forward(self.X_train[rows]))
            losses.append(self.step(rows))
        self.evaluate(losses)
        self.lists[0][-1] = quality
    return self.result()


@wrong("run", "Your lists have an entry for each batch. Append once for each epoch, after its last batch.")
def entry_for_each_batch(self):
    for _ in range(self.epochs):
        for rows in self.batches():
            self.evaluate([self.step(rows)])
    return self.result()


@wrong("step", "You never call update: the network stays as it was drawn.")
def never_updated(self, rows):
    self.net.forward(self.X_train[rows])
    return self.net.backward(self.y_train[rows])


@wrong("run", "You update once in an epoch, with the last batch's gradients. Update after every batch.")
def updated_once_an_epoch(self):
    for _ in range(self.epochs):
        losses = [gradients_only(self, rows) for rows in self.batches()]
        self.net.update(lr=self.learning_rate)
        self.evaluate(losses)
    return self.result()


def gradients_only(self, rows):
    self.net.forward(self.X_train[rows])
    return self.net.backward(self.y_train[rows])


@wrong("batches", "Each epoch trains on a single batch. Go on until every row had its turn.")
def one_batch_an_epoch(self):
    return Experiment.batches(self)[:1]


@wrong(
    "batches",
    "Your batches go through the rows in order, and the last, shorter one is left out: it is never seen.",
)
def short_batch_never_seen(self):
    return [rows for rows in self.slices(np.arange(len(self.X_train))) if len(rows) == 32]


@wrong("evaluate", "Your test_psnr is that of the training rows. It belongs to X_test and y_test.")
def test_psnr_of_training_rows(self, losses):
    Experiment.evaluate(self, losses)
    self.lists[1][-1] = self.lists[0][-1]


@wrong("run", "Your predicted image is from before training. Predict after each epoch.")
def predicted_before_training(self):
    first = self.net.forward(self.X_test)
    net, *lists, _ = Experiment.run(self)
    return net, *lists, [first]


@wrong(
    "result",
    "You return four things. The network comes first: net, train_psnr, test_psnr, train_loss, images.",
)
def network_not_returned(self):
    return Experiment.result(self)[1:]


@wrong("run", "Your return stands inside the loop: you stop after the first epoch.")
def returned_after_one_epoch(self):
    self.epochs = 1
    return Experiment.run(self)


@wrong(
    "batches", "np.random.shuffle changes X_train and y_train, which are the caller's. Shuffle row numbers."
)
def data_shuffled_in_place(self):
    state = np.random.get_state()
    np.random.shuffle(self.X_train)
    np.random.set_state(state)
    np.random.shuffle(self.y_train)
    return self.slices(np.arange(len(self.X_train)))
