# %% wrong everything expects=scratch_saved_too
# Saves caches as objects.
def save_weights(params, path):
    arrays = {}
    for key, value in params.items():
        if isinstance(value, tuple):
            arrays[key] = np.empty(len(value), dtype=object)
            arrays[key][:] = value
        else:
            arrays[key] = value
    np.savez(path, **arrays)


# %% wrong gradients_too expects=scratch_saved_too
# Leaves only the caches out.
def save_weights(params, path):
    np.savez(path, **{k: v for k, v in params.items() if not k.startswith('cache')})


# %% wrong one_object expects=dictionary_not_unpacked
# The dictionary as one object.
def save_weights(params, path):
    np.savez(path, {k: v for k, v in params.items() if '_' not in k})


# %% wrong with_pickle expects=pickled
# As the homework's script does.
def save_weights(params, path):
    import pickle
    with open(path, 'wb') as handle:
        pickle.dump({k: v for k, v in params.items() if '_' not in k}, handle)


# %% wrong other_name expects=path_ignored
# np.save writes path.npy, a pickled dictionary.
def save_weights(params, path):
    np.save(path, {k: v for k, v in params.items() if '_' not in k})


# %% wrong weights_only expects=biases_left_out
# Keeps what begins with W.
def save_weights(params, path):
    np.savez(path, **{k: v for k, v in params.items() if k[0] == 'W'})


# %% wrong positional expects=names_lost
# * instead of **.
def save_weights(params, path):
    np.savez(path, *[v for k, v in params.items() if '_' not in k])


# %% wrong cleans_up expects=params_emptied
# Deletes the scratch from the caller's dictionary.
def save_weights(params, path):
    for k in list(params):
        if '_' in k:
            params.pop(k)
    np.savez(path, **params)


# %% wrong half_the_size expects=rounded
# float32 is half the size.
def save_weights(params, path):
    np.savez(path, **{k: np.float32(v) for k, v in params.items() if '_' not in k})


# %% right compressed
# A compressed file.
def save_weights(params, path):
    np.savez_compressed(path, **{k: v for k, v in params.items() if '_' not in k})


# %% right open_file
# Opens the file itself.
def save_weights(params, path):
    with open(path, 'wb') as handle:
        np.savez(handle, **{k: np.array(v) for k, v in params.items() if k.find('_') < 0})


# %% right four_names
# Names the four arrays.
def save_weights(params, path):
    np.savez(path, Wlayer1=params['Wlayer1'], blayer1=params['blayer1'], Woutput=params['Woutput'],
             boutput=params['boutput'])
