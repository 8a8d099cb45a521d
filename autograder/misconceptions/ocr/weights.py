"""Mistakes in `save_weights` and `load_weights`, train.ipynb. Their files lie in a folder that the check makes."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np

from .. import misconception


def _kept(params):
    return {key: value for key, value in params.items() if "_" not in key}


def _object_array(value):
    array = np.empty((), dtype=object)
    array[()] = value
    return array


@misconception(
    "ocr.save_weights",
    advice='Caches and gradients are in the file too. Keep only the entries without "_" in their name.',
    by_symptom=True,
    variants=[{"kept": ("grad_", "m_")}],
)
def scratch_saved_too(params, path, kept=("grad_", "m_", "cache_")):
    arrays = {
        key: _object_array(value) if key.startswith("cache_") else value for key, value in params.items()
    }
    np.savez(path, **{key: arrays[key] for key in arrays if "_" not in key or key.startswith(kept)})


@misconception(
    "ocr.save_weights",
    advice="np.savez(path, params) stores the whole dictionary as one pickled object. Unpack it: "
    "np.savez(path, **kept).",
    by_symptom=True,
)
def dictionary_not_unpacked(params, path):
    np.savez(path, _object_array(_kept(params)))


@misconception(
    "ocr.save_weights",
    advice="You write a pickle. Opening one can run anything: write arrays with np.savez.",
    by_symptom=True,
)
def pickled(params, path):
    Path(path).write_bytes(pickle.dumps(_kept(params)))


@misconception(
    "ocr.save_weights",
    advice="The file is not where path says: np.save appends .npy, and a fixed name ignores the argument.",
    by_symptom=True,
)
def path_ignored(params, path):
    np.savez(Path(path).with_name("another.npz"), **_kept(params))


@misconception(
    "ocr.save_weights",
    advice="The biases are missing: keep every entry without an underscore, also those that begin with b.",
    by_symptom=True,
)
def biases_left_out(params, path):
    np.savez(path, **{key: value for key, value in _kept(params).items() if key.startswith("W")})


@misconception(
    "ocr.save_weights",
    advice="The arrays come without their names (arr_0, arr_1, ...). Pass them as keyword arguments: **kept.",
    by_symptom=True,
)
def names_lost(params, path):
    np.savez(path, *_kept(params).values())


@misconception(
    "ocr.save_weights",
    advice="Your function removes entries from params. Build a new dictionary to save.",
    by_symptom=True,
)
def params_emptied(params, path):
    np.savez(path, **_kept(params))
    for key in [key for key in params if "_" in key]:
        del params[key]


@misconception(
    "ocr.save_weights",
    advice="The numbers are rounded to float32. Save them as they are: the same arrays should come back.",
    by_symptom=True,
)
def rounded(params, path):
    np.savez(path, **{key: value.astype(np.float32) for key, value in _kept(params).items()})


@misconception(
    "ocr.weights",
    replaces="load_weights",
    advice="np.load returns a file, which reads its arrays when asked, and not at all when closed. Build a dictionary.",
    by_symptom=True,
)
def file_not_dictionary(path):
    return np.load(path)


@misconception(
    "ocr.weights",
    replaces="load_weights",
    advice="allow_pickle=True opens pickles, and a stranger's pickle runs the stranger's code. Leave it out.",
    by_symptom=True,
)
def pickles_allowed(path):
    with np.load(path, allow_pickle=True) as file:
        return {name: file[name] for name in file.files}
