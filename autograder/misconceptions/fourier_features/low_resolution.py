"""Mistakes in memorize, which hands a picture to NN_experiment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import misconception
from ._fourier import names_of_the_notebook


class Memorize:
    """A right memorize, in parts; the functions below it are the notebook's, as a check has left them."""

    def __init__(self, train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
        self.train_data, self.test_data, self.B = train_data, test_data, B
        self.settings = {"epochs": epochs, "learning_rate": learning_rate, "hidden_size": hidden_size}
        self.settings |= {"num_layers": 4, "output_size": 3, "opt": "SGD"}
        self.names = names_of_the_notebook()

    def run(self):
        (train_coords, train_rgb), (test_coords, test_rgb) = self.train_data, self.test_data
        X_train, X_test = self.inputs(train_coords, test_coords)
        y_train, y_test = self.colours(train_rgb), self.colours(test_rgb)
        result = self.names["NN_experiment"](
            X_train, y_train, X_test, y_test, input_size=X_train.shape[1], **self.chosen()
        )
        return self.returned(result)

    def inputs(self, train, test):
        return self.mapped(train, self.B), self.mapped(test, self.B)

    def mapped(self, coords, B):
        return self.names["input_mapping"](coords.reshape(-1, 2), B)

    def colours(self, rgb):
        return rgb.reshape(-1, 3)

    def chosen(self):
        return self.settings

    def returned(self, result):
        return result


def wrong(method: str, advice: str) -> Callable[[Callable[..., Any]], None]:
    """Register a memorize with a wrong `method`; draws decide the values, so symptoms are compared."""

    def register(changed: Callable[..., Any]) -> None:
        faulty = type("Memorize", (Memorize,), {method: changed})

        def memorize(*args: Any, **kwargs: Any) -> Any:
            return faulty(*args, **kwargs).run()

        memorize.__name__ = changed.__name__
        misconception("fourier_features.low_resolution", advice, replaces="memorize", random=True)(memorize)

    return register


@wrong("inputs", "Only the training coordinates are mapped. The test coordinates need the same mapping.")
def test_not_mapped(self, train, test):
    X_train, plain = self.mapped(train, self.B), test.reshape(-1, 2)
    return X_train, plain


@wrong(
    "inputs", "The test set gets a B of its own. Map both sets with the same one, or nothing learned fits."
)
def another_B_for_the_test(self, train, test):
    other = None if self.B is None else np.random.normal(size=np.shape(self.B))
    return self.mapped(train, self.B), self.mapped(test, other)


@wrong("inputs", "Your memorize never maps: B is not used. Send the coordinates through input_mapping.")
def B_not_used(self, train, test):
    return train.reshape(-1, 2), test.reshape(-1, 2)


@wrong("inputs", "Your training and test coordinates are exchanged.")
def sets_exchanged(self, train, test):
    return self.mapped(test, self.B), self.mapped(train, self.B)


@wrong(
    "colours",
    "reshape(3, -1).T mixes the channels of neighbouring pixels. Rows of colours are reshape(-1, 3).",
)
def channels_mixed(self, rgb):
    return rgb.reshape(3, -1).T


@wrong(
    "colours",
    "Your colours are flattened column by column, the coordinates row by row. Use reshape(-1, 3) for both.",
)
def colours_by_column(self, rgb):
    return rgb.transpose(1, 0, 2).reshape(-1, 3)


@wrong("chosen", "epochs, learning_rate and hidden_size do not reach NN_experiment: you pass fixed numbers.")
def settings_fixed(self):
    return self.settings | {"epochs": 300, "hidden_size": 256}


@wrong("chosen", "Your network has three layers here. memorize trains four.")
def three_layers(self):
    return self.settings | {"num_layers": 3}


@wrong("chosen", "memorize trains with 'Adam' in your version. It is 'SGD' here, with a rate that fits it.")
def trains_with_adam(self):
    return self.settings | {"opt": "Adam"}


@wrong("returned", "memorize returns the predicted images alone. Return all that NN_experiment returns.")
def images_only(self, result):
    return result[4]


@wrong("returned", "memorize returns nothing: return NN_experiment(...).")
def nothing_returned(self, result):
    return None


@wrong("run", "You train on all pixels, the test pixels among them. Training rows are those of train_data.")
def trained_on_all_pixels(self):
    self.train_data = self.test_data
    return Memorize.run(self)


@wrong("chosen", "learning_rate does not reach NN_experiment: you pass a fixed number.")
def rate_fixed(self):
    return self.settings | {"learning_rate": 0.001}


@wrong("run", "Your input_size is 2 whatever the mapping. It is the number of columns of the mapped rows.")
def two_inputs_always(self):
    experiment = self.names["NN_experiment"]

    def with_two(*rows, input_size, **settings):
        return experiment(*rows, input_size=2, **settings)

    self.names = self.names | {"NN_experiment": with_two}
    return Memorize.run(self)
