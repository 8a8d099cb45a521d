# %% wrong the_good_ones expects=right_ones_returned
# Returns the complement.
def find_the_bugs(networks):
    good = []
    for name, net in networks.items():
        if all(check_gradients(net.loss, net.params, net.gradients()).values()):
            good.append(name)
    return good


# %% wrong truthy expects=dictionary_is_true
# A dictionary is true as soon as it is not empty.
def find_the_bugs(networks):
    bugs = []
    for name in networks:
        net = networks[name]
        if not check_gradients(net.loss, net.params, net.gradients()):
            bugs.append(name)
    return bugs


# %% wrong any_is_enough expects=only_if_all_are_wrong
# any() for all().
def find_the_bugs(networks):
    return [n for n, net in networks.items() if not any(check_gradients(net.loss, net.params, net.gradients()).values())]


# %% wrong hard_coded expects=letters_of_the_notebook
# The figure told me.
def find_the_bugs(networks):
    return list("ABCEF")


# %% wrong early_return expects=first_one_only
# Leaves the loop at the first find.
def find_the_bugs(networks):
    for name, net in networks.items():
        checks = check_gradients(net.loss, net.params, net.gradients())
        if False in checks.values():
            return [name]
    return []


# %% wrong keys_not_values expects=dictionary_is_true
# all() over a dictionary looks at its keys, and every name is true.
def find_the_bugs(networks):
    return [name for name, net in networks.items() if not all(check_gradients(net.loss, net.params, net.gradients()))]


# %% wrong everybody expects=everyone_named
# Five of six is nearly all.
def find_the_bugs(networks):
    return list(networks)


# %% wrong one_checks_for_all expects=one_loss_for_all
# Measures with the first network's loss.
def find_the_bugs(networks):
    first = next(iter(networks.values()))
    out = []
    for name, net in networks.items():
        if not all(check_gradients(first.loss, first.params, net.gradients()).values()):
            out.append(name)
    return out


# %% wrong a_count expects=number_for_names
# How many, not which.
def find_the_bugs(networks):
    return sum(not all(check_gradients(n.loss, n.params, n.gradients()).values()) for n in networks.values())


# %% right set_difference
# Everybody without the right ones, sorted.
def find_the_bugs(networks):
    right = {n for n, net in networks.items() if all(check_gradients(net.loss, net.params, net.gradients()).values())}
    return sorted(set(networks) - right)


# %% right by_filter
# filter with a helper.
def is_faulty(net):
    verdicts = check_gradients(net.loss, net.params, net.gradients())
    return sum(verdicts.values()) < len(verdicts)


def find_the_bugs(networks):
    return list(filter(lambda name: is_faulty(networks[name]), networks))


# %% right by_errors
# Goes to the errors directly, with another tolerance.
def find_the_bugs(networks):
    names = []
    for name, net in networks.items():
        numeric, claimed = numerical_gradient(net.loss, net.params), net.gradients()
        worst = max(relative_error(claimed[k], numeric[k]) for k in numeric)
        if not worst < 1e-5:
            names += [name]
    return tuple(names)
