# %% wrong whole_module expects=whole_object_saved
# The object itself.
def save_model(model, path):
    torch.save(model, path)


# %% wrong pickled_arrays expects=whole_object_saved
# A pickle of NumPy arrays.
def save_model(model, path):
    import pickle

    with open(path, "wb") as file:
        pickle.dump({k: v.numpy() for k, v in model.state_dict().items()}, file)


# %% wrong parameters expects=running_averages_missing
# named_parameters has no buffers.
def save_model(model, path):
    torch.save({name: p.detach() for name, p in model.named_parameters()}, path)


# %% wrong list_of_parameters expects=wrapped_in_a_checkpoint
# A list.
def save_model(model, path):
    torch.save([p.data for p in model.parameters()], path)


# %% wrong checkpoint expects=wrapped_in_a_checkpoint
# As in many tutorials.
def save_model(model, path):
    torch.save({"epoch": 3, "state": model.state_dict()}, path)


# %% wrong own_name expects=path_ignored
# Always the same file.
def save_model(model, path):
    torch.save(model.state_dict(), "/tmp/weights.pt")


# %% wrong half expects=weights_converted
# half() changes the model itself.
def save_model(model, path):
    torch.save(model.half().state_dict(), path)


# %% right moved_to_the_cpu
# Detached copies on the CPU, through a file object.
def save_model(model, path):
    with open(path, "wb") as file:
        torch.save({key: value.detach().cpu().clone() for key, value in model.state_dict().items()}, file)


# %% right half_of_a_copy
# float16 of a copy: half the size, nearly the same numbers.
def save_model(model, path):
    import copy

    torch.save(copy.deepcopy(model).half().state_dict(), path)
