# %% wrong no_histogram expects=histogram_left_out
# Four numbers only.
def log_statistics(writer, tag, values, step):
    v = values.detach()
    writer.add_scalar(tag + '/min', v.min(), step)
    writer.add_scalar(tag + '/max', v.max(), step)
    writer.add_scalar(tag + '/mean', v.mean(), step)
    writer.add_scalar(tag + '/std', v.std(), step)



# %% wrong plain_tag expects=histogram_under_the_tag
# The histogram under the tag.
def log_statistics(writer, tag, values, step):
    v = values.detach()
    writer.add_scalar(tag + '/min', v.min(), step)
    writer.add_scalar(tag + '/max', v.max(), step)
    writer.add_scalar(tag + '/mean', v.mean(), step)
    writer.add_scalar(tag + '/std', v.std(), step)
    writer.add_histogram(tag, v, step)



# %% wrong var expects=variance_logged
# var for std.
def log_statistics(writer, tag, values, step):
    v = values.detach()
    writer.add_scalar(tag + '/min', v.min(), step)
    writer.add_scalar(tag + '/max', v.max(), step)
    writer.add_scalar(tag + '/mean', v.mean(), step)
    writer.add_scalar(tag + '/std', v.var(), step)
    writer.add_histogram(tag + '/histogram', v, step)



# %% wrong no_step expects=step_not_passed
# global_step forgotten everywhere.
def log_statistics(writer, tag, values, step):
    v = values.detach()
    writer.add_scalar(tag + '/min', v.min())
    writer.add_scalar(tag + '/max', v.max())
    writer.add_scalar(tag + '/mean', v.mean())
    writer.add_scalar(tag + '/std', v.std())
    writer.add_histogram(tag + '/histogram', v)



# %% wrong no_tag expects=tag_left_out
# The names alone.
def log_statistics(writer, tag, values, step):
    v = values.detach()
    writer.add_scalar('min', v.min(), step)
    writer.add_scalar('max', v.max(), step)
    writer.add_scalar('mean', v.mean(), step)
    writer.add_scalar('std', v.std(), step)
    writer.add_histogram('histogram', v, step)



# %% right numpy_statistics
# NumPy's statistics, population std.
def log_statistics(writer, tag, values, step):
    array = values.detach().cpu().numpy()
    for name, function in dict(min=np.min, max=np.max, mean=np.mean, std=np.std).items():
        writer.add_scalar('%s/%s' % (tag, name), function(array), global_step=step)
    writer.add_histogram(f'{tag}/histogram', array, global_step=step, bins=64)



# %% right by_hand
# Formulas by hand on the flat tensor, under no_grad; the histogram first.
@torch.no_grad()
def log_statistics(writer, tag, values, step):
    flat = values.reshape(-1).double()
    writer.add_histogram(tag + '/histogram', flat, step)
    mean = flat.sum() / len(flat)
    spread = ((flat - mean) ** 2).mean().sqrt()
    for name, value in zip(['min', 'max', 'mean', 'std'], [flat.amin(), flat.amax(), mean, spread]):
        writer.add_scalar(tag + '/' + name, float(value), step)

