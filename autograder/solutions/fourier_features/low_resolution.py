# defines: memorize
# %% wrong no_mapping expects=B_not_used
# B is not used: every mapping gives the blur of plain coordinates.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    X_train = train_data[0].reshape(-1, 2)
    y_train = train_data[1].reshape(-1, 3)
    X_test = test_data[0].reshape(-1, 2)
    y_test = test_data[1].reshape(-1, 3)
    return NN_experiment(X_train, y_train, X_test, y_test, X_train.shape[1], 4, hidden_size, 3,
                         epochs, learning_rate, 'SGD')


# %% wrong trained_on_the_whole_picture expects=trained_on_all_pixels
# Takes the test pixels for training, too.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    X_train = input_mapping(test_data[0].reshape(-1, 2), B)
    y_train = test_data[1].reshape(-1, 3)
    X_test = input_mapping(test_data[0].reshape(-1, 2), B)
    y_test = test_data[1].reshape(-1, 3)
    return NN_experiment(X_train, y_train, X_test, y_test, X_train.shape[1], 4, hidden_size, 3,
                         epochs, learning_rate, 'SGD')


# %% wrong another_b_for_the_test expects=another_B_for_the_test
# Draws a new B for the test coordinates: what was learned does not fit them.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    X_train = input_mapping(train_data[0].reshape(-1, 2), B)
    y_train = train_data[1].reshape(-1, 3)
    if B is not None:
        B = get_B_dict(len(B))['gauss_1.0']
    X_test = input_mapping(test_data[0].reshape(-1, 2), B)
    y_test = test_data[1].reshape(-1, 3)
    return NN_experiment(X_train, y_train, X_test, y_test, X_train.shape[1], 4, hidden_size, 3,
                         epochs, learning_rate, 'SGD')


# %% wrong test_not_mapped expects=test_not_mapped
# The test coordinates are not mapped: crashes for every mapping but none.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    X_train = input_mapping(train_data[0].reshape(-1, 2), B)
    y_train = train_data[1].reshape(-1, 3)
    X_test = test_data[0].reshape(-1, 2)
    y_test = test_data[1].reshape(-1, 3)
    return NN_experiment(X_train, y_train, X_test, y_test, X_train.shape[1], 4, hidden_size, 3,
                         epochs, learning_rate, 'SGD')


# %% wrong two_inputs expects=two_inputs_always
# input_size 2 whatever the mapping: crashes for the mapped ones.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    X_train = input_mapping(train_data[0].reshape(-1, 2), B)
    y_train = train_data[1].reshape(-1, 3)
    X_test = input_mapping(test_data[0].reshape(-1, 2), B)
    y_test = test_data[1].reshape(-1, 3)
    return NN_experiment(X_train, y_train, X_test, y_test, 2, 4, hidden_size, 3,
                         epochs, learning_rate, 'SGD')


# %% wrong pixels_transposed expects=colours_by_column
# Swaps the picture's axes while flattening it, not the coordinates' ones.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    X_train = input_mapping(train_data[0].reshape(-1, 2), B)
    y_train = train_data[1].transpose(1, 0, 2).reshape(-1, 3)
    X_test = input_mapping(test_data[0].reshape(-1, 2), B)
    y_test = test_data[1].transpose(1, 0, 2).reshape(-1, 3)
    return NN_experiment(X_train, y_train, X_test, y_test, X_train.shape[1], 4, hidden_size, 3,
                         epochs, learning_rate, 'SGD')


# %% wrong channels_first expects=channels_mixed
# reshape(3, -1).T is not the same as reshape(-1, 3): the colours are mixed up.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    X_train = input_mapping(train_data[0].reshape(-1, 2), B)
    y_train = train_data[1].reshape(3, -1).T
    X_test = input_mapping(test_data[0].reshape(-1, 2), B)
    y_test = test_data[1].reshape(3, -1).T
    return NN_experiment(X_train, y_train, X_test, y_test, X_train.shape[1], 4, hidden_size, 3,
                         epochs, learning_rate, 'SGD')


# %% wrong epochs_of_its_own expects=settings_fixed
# Ten epochs, whatever is asked for.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    X_train = input_mapping(train_data[0].reshape(-1, 2), B)
    y_train = train_data[1].reshape(-1, 3)
    X_test = input_mapping(test_data[0].reshape(-1, 2), B)
    y_test = test_data[1].reshape(-1, 3)
    return NN_experiment(X_train, y_train, X_test, y_test, X_train.shape[1], 4, hidden_size, 3,
                         10, learning_rate, 'SGD')


# %% wrong tiny_rate expects=rate_fixed
# A learning rate of 0.001, typed in: good for Adam, hopeless for SGD.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    X_train = input_mapping(train_data[0].reshape(-1, 2), B)
    y_train = train_data[1].reshape(-1, 3)
    X_test = input_mapping(test_data[0].reshape(-1, 2), B)
    y_test = test_data[1].reshape(-1, 3)
    return NN_experiment(X_train, y_train, X_test, y_test, X_train.shape[1], 4, hidden_size, 3,
                         epochs, 0.001, 'SGD')


# %% wrong adam_instead expects=trains_with_adam
# Trains with Adam, at SGD's learning rate.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    X_train = input_mapping(train_data[0].reshape(-1, 2), B)
    y_train = train_data[1].reshape(-1, 3)
    X_test = input_mapping(test_data[0].reshape(-1, 2), B)
    y_test = test_data[1].reshape(-1, 3)
    return NN_experiment(X_train, y_train, X_test, y_test, X_train.shape[1], 4, hidden_size, 3,
                         epochs, learning_rate, 'Adam')


# %% wrong three_layers expects=three_layers
# num_layers 3, for three hidden ones.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    X_train = input_mapping(train_data[0].reshape(-1, 2), B)
    y_train = train_data[1].reshape(-1, 3)
    X_test = input_mapping(test_data[0].reshape(-1, 2), B)
    y_test = test_data[1].reshape(-1, 3)
    return NN_experiment(X_train, y_train, X_test, y_test, X_train.shape[1], 3, hidden_size, 3,
                         epochs, learning_rate, 'SGD')


# %% wrong sigma_ten_always
# Ignores its B and draws sigma 10.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    B = get_B_dict(256)['gauss_10.0']
    X_train = input_mapping(train_data[0].reshape(-1, 2), B)
    y_train = train_data[1].reshape(-1, 3)
    X_test = input_mapping(test_data[0].reshape(-1, 2), B)
    y_test = test_data[1].reshape(-1, 3)
    return NN_experiment(X_train, y_train, X_test, y_test, X_train.shape[1], 4, hidden_size, 3,
                         epochs, learning_rate, 'SGD')


# %% wrong nothing_returned expects=nothing_returned
# Trains and does not return what NN_experiment gives.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    X_train = input_mapping(train_data[0].reshape(-1, 2), B)
    y_train = train_data[1].reshape(-1, 3)
    X_test = input_mapping(test_data[0].reshape(-1, 2), B)
    y_test = test_data[1].reshape(-1, 3)
    NN_experiment(X_train, y_train, X_test, y_test, X_train.shape[1], 4, hidden_size, 3,
                         epochs, learning_rate, 'SGD')


# %% right inputs_mapped_as_pictures
# Maps the pictures of coordinates first and flattens afterwards.
def flatten(a):
    return a.reshape(-1, a.shape[-1])


def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    (x, y), (x_test, y_test) = train_data, test_data
    x, x_test = flatten(input_mapping(x, B)), flatten(input_mapping(x_test, B))
    return NN_experiment(x, flatten(y), x_test, flatten(y_test), input_size=x.shape[-1], num_layers=4,
                         hidden_size=hidden_size, output_size=3, epochs=epochs, learning_rate=learning_rate,
                         opt='SGD')


# %% right sizes_by_hand
# The input's size from B, vstack for flattening, arguments by position, results unpacked.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    n_inputs = 2 if B is None else 2 * B.shape[0]
    X_train, X_test = [input_mapping(np.vstack(data[0]), B).astype(np.float32) for data in (train_data, test_data)]
    y_train, y_test = [np.vstack(data[1]).astype(np.float32) for data in (train_data, test_data)]
    net, train_psnr, test_psnr, losses, images = NN_experiment(
        X_train, y_train, X_test, y_test, n_inputs, 4, hidden_size, 3, epochs, learning_rate, 'SGD')
    print('final PSNR', train_psnr[-1], test_psnr[-1])
    return net, train_psnr, test_psnr, losses, images


# %% right pictures_back_in_shape
# Turns the predictions into pictures again: (epochs, h, w, 3).
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    h, w, c = test_data[1].shape
    mapped = {name: input_mapping(np.reshape(d[0], (-1, 2)), B) for name, d in zip(('a', 'b'), (train_data, test_data))}
    result = NN_experiment(mapped['a'], np.reshape(train_data[1], (-1, c)), mapped['b'], np.reshape(test_data[1], (-1, c)),
                           mapped['a'].shape[1], 4, hidden_size, c, epochs, learning_rate, 'SGD')
    pictures = np.array(result[4]).reshape(-1, h, w, c)
    return result[0], result[1], result[2], result[3], pictures


# %% right float64
# Double precision, rows of Python lists turned into arrays.
def memorize(train_data, test_data, B, epochs=300, learning_rate=2.0, hidden_size=256):
    def rows(data):
        X = np.array([xy for line in data[0] for xy in line], dtype=np.float64)
        y = np.array([rgb for line in data[1] for rgb in line], dtype=np.float64)
        return input_mapping(X, B), y

    X, y = rows(train_data)
    Xt, yt = rows(test_data)
    return NN_experiment(X, y, Xt, yt, np.shape(X)[1], 4, hidden_size, 3, epochs, learning_rate, opt='SGD')
