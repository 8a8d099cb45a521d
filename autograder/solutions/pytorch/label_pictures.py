# %% wrong over_255 expects=not_normalised
# Divided by 255, and nothing else.
def label_pictures(net, pictures):
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    return outputs(net, x).argmax(dim=1).numpy()


# %% wrong raw expects=not_normalised
# 0 to 255.
def label_pictures(net, pictures):
    x = torch.from_numpy(pictures.transpose(0, 3, 1, 2).astype(np.float32))
    return outputs(net, x).argmax(dim=1).numpy()


# %% wrong bgr expects=colours_reversed
# As OpenCV reads files.
def label_pictures(net, pictures):
    bgr = pictures[..., ::-1].copy()
    return outputs(net, as_input(bgr)).argmax(1).numpy()


# %% wrong train_mode expects=labelled_in_training_mode
# The network as it came.
def label_pictures(net, pictures):
    with torch.no_grad():
        return net(as_input(pictures)).argmax(dim=1).numpy()


# %% wrong scores expects=scores_for_labels
# No argmax.
def label_pictures(net, pictures):
    return outputs(net, as_input(pictures)).numpy()


# %% wrong axis_zero expects=argmax_of_the_wrong_axis
# argmax over the pictures.
def label_pictures(net, pictures):
    return outputs(net, as_input(pictures)).argmax(dim=0).numpy()


# %% wrong flat_argmax expects=argmax_of_the_wrong_axis
# argmax of everything.
def label_pictures(net, pictures):
    return outputs(net, as_input(pictures)).argmax().numpy()


# %% wrong mean_without_deviation
# The mean is subtracted, the deviation forgotten.
def label_pictures(net, pictures):
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    x = x - torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1)
    return outputs(net, x).argmax(dim=1).numpy()


# %% right by_hand
# Normalised by hand, one picture after another, a list of numbers.
def label_pictures(net, pictures):
    net.eval()
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    labels = []
    for picture in pictures:
        x = torch.tensor(((picture / 255 - mean) / std).transpose(2, 0, 1)[None], dtype=torch.float32)
        labels.append(int(net(x).softmax(1).argmax()))
    return labels


# %% right tensor
# A tensor, in batches of one's own.
def label_pictures(net, pictures):
    return torch.cat([outputs(net, as_input(pictures[i:i + 5])).max(dim=1)[1] for i in range(0, len(pictures), 5)])
