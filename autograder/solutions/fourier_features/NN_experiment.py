# %% wrong trained_on_test expects=trained_on_test_rows
# The batches come from the test set: the pixels between are seen. Trains well.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_test), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_test[rows])
            losses.append(net.backward(y_test[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong psnr_of_the_last_batch expects=psnr_of_the_last_batch
# The training PSNR is that of the epoch's last batch.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            p = net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train[rows], p))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong psnr_averaged_over_batches expects=psnr_of_batches
# A mean of decibels, measured while the network was still changing.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses, values = [], []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            p = net.forward(X_train[rows])
            values.append(psnr(y_train[rows], p))
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(np.mean(values))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong curve_by_batch expects=entry_for_each_batch
# The indentation: a value for each batch, not for each epoch.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
            train_loss.append(losses[-1])
            train_psnr.append(psnr(y_train, net.forward(X_train)))
            prediction = net.forward(X_test)
            test_psnr.append(psnr(y_test, prediction))
            predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong never_updated expects=never_updated
# backward without update: the curves are flat.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong updated_once_an_epoch expects=updated_once_an_epoch
# The update stands after the loop over the batches.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
        net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong default_rate expects=rate_not_passed
# learning_rate is not passed on: update takes its default of 0.001.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update()
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong width_of_its_own expects=hidden_size_ignored
# hidden_size is not used: always 256 units.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [256] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong one_batch expects=one_batch_an_epoch
# One random batch is called an epoch.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for rows in [order[:batch_size]]:
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong full_batch expects=all_rows_at_once
# The whole training set in one batch: 1 step an epoch in the place of N / 32.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for rows in [order]:
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong colours_not_permuted expects=colours_not_shuffled
# The coordinates are shuffled, the colours are not.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[i:i + batch_size]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong in_file_order expects=never_shuffled
# No permutation: the same batches, row by row of the picture, in each epoch.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.arange(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong permuted_once expects=shuffled_once
# One permutation, drawn before the loop: each epoch has the same batches.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    order = np.random.permutation(N)
    for epoch in range(epochs):
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong with_replacement expects=drawn_with_replacement
# np.random.choice draws rows twice and leaves others out.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.choice(N, N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong measured_before expects=measured_before_the_epoch
# The PSNR and the picture are taken before the epoch: everything is one epoch late.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong test_curve_of_training expects=test_psnr_of_training_rows
# The test PSNR is computed on the training set.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_train, net.forward(X_train)))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong pictures_of_training expects=training_rows_predicted
# Keeps the predictions of the training set.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(net.forward(X_train))
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong optimiser_of_its_own expects=optimizer_ignored
# opt is not passed on: always SGD.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, 'SGD')
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong new_network_each_epoch expects=new_network_in_every_epoch
# The network is made inside the loop and starts anew each epoch.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong picture_at_the_start expects=predicted_before_training
# One picture, made before the training.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    predicted_images.append(net.forward(X_test))
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong returned_in_another_order expects=loss_before_psnr
# Loss before PSNR in what is returned.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_loss, train_psnr, test_psnr, predicted_images


# %% wrong network_not_returned expects=network_not_returned
# Four values instead of five.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return train_psnr, test_psnr, train_loss, predicted_images


# %% wrong returns_in_the_loop expects=returned_after_one_epoch
# The return is indented too far: one epoch, whatever was asked.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
        return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong psnr_of_the_loss_in_natural_log
# PSNR from the epoch's mean loss with the natural logarithm.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(-10 * np.log(train_loss[-1]))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong short_batch_dropped_in_order expects=short_batch_never_seen
# No permutation, and the last short batch is left out: some pixels are never seen.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.arange(N)
        losses = []
        for i in range(0, N - batch_size + 1, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong summed_loss
# The batches' losses are added up, not averaged.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.sum(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong hidden_list_too_long expects=one_layer_too_many
# num_layers hidden sizes in the place of num_layers - 1: the class refuses them.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * num_layers
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong same_seed_each_epoch expects=shuffled_once
# np.random.seed in the loop: each epoch has the same permutation.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        np.random.seed(0)
        order = np.random.permutation(N)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong targets_shuffled_apart expects=colours_not_shuffled
# Shuffles both arrays, each with a permutation of its own.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.random.permutation(N)
        losses = []
        Xs, ys = X_train[np.random.permutation(N)], y_train[order]
        for i in range(0, N, batch_size):
            net.forward(Xs[i:i + batch_size])
            losses.append(net.backward(ys[i:i + batch_size]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% wrong shuffled_in_place expects=data_shuffled_in_place
# Shuffles the caller's arrays: the picture's rows come back in disorder.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    hidden_sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    N, batch_size = len(X_train), 32
    for epoch in range(epochs):
        order = np.arange(N)
        state = np.random.get_state()
        np.random.shuffle(X_train)
        np.random.set_state(state)
        np.random.shuffle(y_train)
        losses = []
        for i in range(0, N, batch_size):
            rows = order[i:i + batch_size]
            net.forward(X_train[rows])
            losses.append(net.backward(y_train[rows]))
            net.update(lr=learning_rate)
        train_loss.append(np.mean(losses))
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        prediction = net.forward(X_test)
        test_psnr.append(psnr(y_test, prediction))
        predicted_images.append(prediction)
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% right helpers
# A generator of batches, tqdm, arrays, and pictures in one array.
from tqdm import tqdm


def batches(n, size, rng):
    perm = rng.permutation(n)
    for k in range(0, n, size):
        yield perm[k:k + size]


def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    rng = np.random.default_rng(0)
    net = NeuralNetwork(input_size, [hidden_size for _ in range(num_layers - 1)], output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss = np.zeros(epochs), np.zeros(epochs), np.zeros(epochs)
    predicted_images = np.zeros((epochs, y_test.shape[0], y_test.shape[1]), dtype=np.float32)
    bar = tqdm(range(epochs), disable=None)
    for epoch in bar:
        for rows in batches(X_train.shape[0], 32, rng):
            net.forward(X_train[rows])
            train_loss[epoch] += net.backward(y_train[rows]) * len(rows) / len(X_train)
            net.update(learning_rate)
        predicted_images[epoch] = net.forward(X_test)
        train_psnr[epoch] = psnr(y_train, net.forward(X_train))
        test_psnr[epoch] = psnr(y_test, predicted_images[epoch])
        bar.set_postfix(test=test_psnr[epoch])
    return net, train_psnr, test_psnr, train_loss, predicted_images


# %% right array_split
# Batches of nearly equal size by array_split; the loss measured after the epoch; a picture every tenth epoch and the last.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    sizes = [hidden_size] * (num_layers - 1)
    net = NeuralNetwork(input_size, sizes, output_size, num_layers, opt)
    history = {'train': [], 'test': [], 'loss': []}
    images = []
    parts = max(1, round(len(X_train) / 32))
    for e in range(epochs):
        for idx in np.array_split(np.random.permutation(len(X_train)), parts):
            net.forward(X_train[idx])
            net.backward(y_train[idx])
            net.update(lr=learning_rate)
        p = net.forward(X_train)
        history['loss'].append(float(np.mean((p - y_train) ** 2)))
        history['train'].append(psnr(y_train, p))
        p = net.forward(X_test)
        history['test'].append(psnr(y_test, p))
        if e % 10 == 0 or e == epochs - 1:
            images.append(p.copy())
    return net, history['train'], history['test'], history['loss'], images


# %% right batches_of_sixteen
# Batches of 16, shuffled copies of both arrays, PSNR without the function psnr, a tuple of lists.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    net = NeuralNetwork(input_size, (num_layers - 1) * [hidden_size], output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    for epoch in range(1, epochs + 1):
        keys = np.argsort(np.random.rand(len(X_train)))
        Xs, ys = X_train[keys], y_train[keys]
        total = 0
        for start in range(0, len(Xs), 16):
            xb, yb = Xs[start:start + 16], ys[start:start + 16]
            net.forward(xb)
            total += float(net.backward(yb)) * len(xb)
            net.update(lr=learning_rate)
        train_loss += [total / len(Xs)]
        out = net.forward(X_test)
        train_psnr += [-10 * np.log10(np.mean((net.forward(X_train) - y_train) ** 2))]
        test_psnr += [-10 * np.log10(np.mean((out - y_test) ** 2))]
        predicted_images += [out]
    return (net, train_psnr, test_psnr, train_loss, predicted_images)


# %% right batches_of_sixty_four
# Batches of 64 out of a shuffled list of numbers, a progress line every fiftieth epoch.
import random


def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    net = NeuralNetwork(input_size, [hidden_size] * (num_layers - 1), output_size, num_layers, opt)
    train_psnr, test_psnr, train_loss, predicted_images = [], [], [], []
    order = list(range(len(X_train)))
    for epoch in range(epochs):
        random.shuffle(order)
        epoch_loss, count = 0.0, 0
        for i in range(0, len(order), 64):
            net.forward(X_train[order[i:i + 64]])
            epoch_loss += net.backward(y_train[order[i:i + 64]])
            count += 1
            net.update(learning_rate)
        train_loss.append(epoch_loss / count)
        train_psnr.append(psnr(y_train, net.forward(X_train)))
        test_psnr.append(psnr(y_test, net.forward(X_test)))
        predicted_images.append(net.forward(X_test))
        if epoch % 50 == 0:
            print(f'epoch {epoch}: train {train_psnr[-1]:.1f} dB, test {test_psnr[-1]:.1f} dB')
    return net, np.array(train_psnr), np.array(test_psnr), np.array(train_loss), np.array(predicted_images)


# %% right while_loops
# The document's starter: range over the number of batches, the last one short; single precision asked for.
def NN_experiment(X_train, y_train, X_test, y_test, input_size, num_layers, hidden_size, output_size,
                  epochs, learning_rate, opt):
    X_train, y_train = X_train.astype(np.float32), y_train.astype(np.float32)
    hidden_sizes = []
    while len(hidden_sizes) < num_layers - 1:
        hidden_sizes.append(hidden_size)
    net = NeuralNetwork(input_size, hidden_sizes, output_size, num_layers, opt)
    num_images, batch = X_train.shape[0], 32
    train_psnr = np.zeros((epochs))
    test_psnr = np.zeros((epochs))
    train_loss = np.zeros((epochs))
    predicted_images = np.zeros((epochs, y_test.shape[0], y_test.shape[1]))
    epoch = 0
    while epoch < epochs:
        perm = np.random.permutation(num_images)
        for b in range(int(np.ceil(num_images / batch))):
            lo, hi = b * batch, min((b + 1) * batch, num_images)
            net.forward(X_train[perm[lo:hi]])
            loss = net.backward(y_train[perm[lo:hi]])
            net.update(lr=learning_rate)
            train_loss[epoch] += loss * (hi - lo)
        train_loss[epoch] /= num_images
        predicted_images[epoch, :, :] = net.forward(X_test)
        test_psnr[epoch] = psnr(predicted_images[epoch], y_test)
        train_psnr[epoch] = psnr(net.forward(X_train), y_train)
        epoch += 1
    return net, train_psnr, test_psnr, train_loss, predicted_images
