"""The gradient check: its hidden suite, its catalogue of mistakes, its corpus, its notebook and its networks."""

import doctest
import re
import types
from pathlib import Path

import numpy as np
import pytest
from hidden_suite import failed, grade, label, points_of

from autograder import reference
from autograder.checks import checks_of, load, runner
from autograder.checks.gradient_check import _losses, _networks
from autograder.misconceptions import misconceptions_of
from autograder.model import Verdict
from autograder.solutions import corpus
from student_lib import four_clouds, nn, planted_networks, standardise
from student_lib.planted_networks import colleagues_checkers, given_network, network_of, six_networks

EXERCISES = load("gradient_check")
CATALOGUE = [item for exercise_id in EXERCISES for item in misconceptions_of(exercise_id)]
SOLUTIONS = corpus.load("gradient_check")
NOTEBOOK = Path(__file__).parents[1] / "source" / "gradient_check" / "gradient_check.ipynb"


def solved():
    return types.SimpleNamespace(**reference.namespace("gradient_check.find_the_bugs"))


# --- the suite


def test_the_four_exercises_have_properties_and_hints():
    names = ["numerical_gradient", "relative_error", "check_gradients", "find_the_bugs"]
    assert {f"gradient_check.{name}" for name in names} == set(EXERCISES)
    for exercise_id in EXERCISES:
        assert 2 <= len(checks_of(exercise_id)) <= 7
        assert all(item.property and item.hint for item in checks_of(exercise_id))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_the_reference_gets_full_marks(exercise_id, seed):
    result = grade(exercise_id, seed)
    assert result.verdict == Verdict.PASSED, failed(result)
    assert (result.score, result.log, result.misconception) == (10, None, None)


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_a_stub_is_not_written(exercise_id):
    name = exercise_id.partition(".")[2]
    result = grade(exercise_id, source=f"def {name}(*_): raise NotImplementedError('{exercise_id}')")
    assert (result.verdict, result.score) == (Verdict.NOT_WRITTEN, 0)


BROKEN_TOOLS = """
def numerical_gradient(loss_fn, params, eps=1e-5): raise NotImplementedError
def relative_error(a, b): return 0.0
"""


def test_wrong_tools_do_not_cost_the_checker_points():
    assert grade("gradient_check.check_gradients", source=BROKEN_TOOLS).score == 10


def test_a_wrong_checker_does_not_cost_the_bug_hunt_points():
    source = BROKEN_TOOLS + "def check_gradients(*_): return {}\n"
    assert grade("gradient_check.find_the_bugs", source=source).score == 10


def test_mistakes_are_named_although_the_tools_are_wrong_too():
    source = (
        BROKEN_TOOLS
        + "def check_gradients(loss_fn, params, grads, tolerance=1e-6):\n"
        + "    measured = numerical_gradient(loss_fn, params)\n"
        + "    return {k: k in grads and grads[k].shape == m.shape"
        + " and not relative_error(grads[k], m) > tolerance for k, m in measured.items()}\n"
    )
    assert grade("gradient_check.check_gradients", source=source).misconception == "nan_passes"


@pytest.mark.parametrize(
    "body",
    [
        "return loss_fn(3)",
        "return loss_fn({})",
        "return loss_fn()",
        "return loss_fn({**params, 'W': 'text'})",
        "return loss_fn({**params, 'W': np.zeros(7)})",
        "return loss_fn({**params, 'W': object()})",
        "return [loss_fn] * 3",
        "return {name: loss_fn for name in params}",
        "return None",
        "return {'W': 'abc', 'b': 1}",
    ],
)
def test_odd_uses_of_the_loss_are_the_students_mistakes(body):
    result = grade(
        "gradient_check.numerical_gradient",
        source=f"def numerical_gradient(loss_fn, params, eps=1e-5): {body}",
    )
    assert result.score < 10
    assert result.log is None, result.log


@pytest.mark.slow
@pytest.mark.parametrize(
    "expression",
    [
        "numerical_gradient(3, params)",
        "numerical_gradient(loss_fn, 5)",
        "numerical_gradient(loss_fn, {'W': object()})",
        "relative_error('a', None)",
        "relative_error(np.zeros(2), np.zeros(3))",
        "numerical_gradient(lambda p: None, params)",
    ],
)
def test_odd_uses_of_lent_tools_are_the_students_mistakes(expression):
    source = (
        BROKEN_TOOLS + f"def check_gradients(loss_fn, params, grads, tolerance=1e-6): return {expression}"
    )
    result = grade("gradient_check.check_gradients", source=source)
    assert result.score < 10
    assert result.log is None, result.log


def test_an_endless_student_is_stopped(monkeypatch):
    monkeypatch.setattr(_losses, "_MOST_CALLS", 50)
    source = "def numerical_gradient(loss_fn, params, eps=1e-5):\n    while True: loss_fn(params)"
    result = grade("gradient_check.numerical_gradient", source=source)
    assert {item.verdict for item in result.checks} == {Verdict.TIMED_OUT}


@pytest.mark.parametrize(
    "call", ["net.loss()", "net.gradients(3)", "net.loss(net.params, 1)", "net.params.W"]
)
def test_odd_uses_of_a_network_are_the_students_mistakes(call):
    source = f"def find_the_bugs(networks): return [{call} for net in networks.values()]"
    result = grade("gradient_check.find_the_bugs", source=source)
    assert (result.score, result.log) == (0, None)


# --- the suite's own networks and losses


@pytest.mark.parametrize("seed", range(5))
def test_complex_steps_and_backpropagation_agree_and_each_fault_spoils_what_it_should(seed):
    net = _networks.PlantedNetwork(np.random.default_rng(seed))
    right = net.faulty()
    for name, slopes in net.gradient.items():
        np.testing.assert_allclose(right[name], slopes, rtol=1e-10, atol=1e-13)
    for fault, names in _networks.FAULTS.items():
        wrong = net.faulty(fault)
        spoilt = {n for n in wrong if not np.allclose(wrong[n], net.gradient[n], rtol=1e-9, atol=1e-12)}
        assert spoilt == set(names), fault


def test_the_waves_gradient_is_that_of_the_loss():
    for scale in (1e-7, 1.0, 1e5):
        params, loss, gradient = _losses.waves(np.random.default_rng(1), {"z": (), "W": (2, 3)}, scale)
        for name, slopes in gradient.items():
            for place in np.ndindex(slopes.shape):
                moved = params | {name: np.array(params[name], dtype=complex)}
                moved[name][place] += 1e-30j
                assert abs(loss(moved).imag / 1e-30 - slopes[place]) < 1e-12 * scale


# --- mistakes and corpus


def test_the_catalogue_covers_every_exercise():
    assert {item.exercise_id for item in CATALOGUE} == set(EXERCISES)
    assert len(CATALOGUE) >= 30


@pytest.mark.parametrize("item", CATALOGUE, ids=lambda item: item.name)
def test_advice_is_a_few_sentences_without_code(item):
    assert 1 <= len(re.findall(r"[.:?](?: |$)", item.advice)) <= 5
    assert len(item.advice.split()) <= 60
    assert not re.search(r"np\.|def |lambda|\[", item.advice)


@pytest.fixture(scope="module", autouse=True)
def rehearsed():
    """Every misconception is rehearsed once: whatever fails here is graded with one seed."""
    known, rehearse = {}, runner._Rehearsal

    def remembered(item, function, seed_of, root):
        if function not in known:
            known[function] = rehearse(item, function, seed_of, root)
        return known[function]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "_Rehearsal", remembered)
        yield


@pytest.mark.slow
@pytest.mark.parametrize("item", CATALOGUE, ids=lambda item: item.name)
def test_each_mistake_fails_its_exercise_and_is_named_as_itself(item):
    result = grade(item.exercise_id, 3, **{item.replaces: item.function})
    assert result.score < 10
    assert result.log is None
    assert result.misconception == item.name, failed(result)


@pytest.mark.slow
@pytest.mark.parametrize("solution", SOLUTIONS, ids=label)
def test_the_corpus_fares_as_it_says(solution):
    result = grade(solution.exercise, 3, solution.source)
    assert result.log is None, result.log
    assert (result.score == 10) == (solution.kind == "right"), failed(result)
    assert result.misconception == solution.expects


def test_the_corpus_is_large_enough_and_expects_exactly_the_catalogue():
    kinds = [solution.kind for solution in SOLUTIONS]
    assert kinds.count("wrong") >= 25
    assert kinds.count("right") >= 14
    for exercise_id in EXERCISES:
        own = [solution for solution in SOLUTIONS if solution.exercise == exercise_id]
        expected = {solution.expects for solution in own} - {None}
        assert expected == {item.name for item in misconceptions_of(exercise_id)}


# --- the six networks, the colleagues, your own layers


def errors_of(net):
    tools, claimed = solved(), net.gradients()
    measured = tools.numerical_gradient(net.loss, net.params)
    return {name: tools.relative_error(claimed[name], slopes) for name, slopes in measured.items()}


def test_of_the_six_networks_only_d_is_right():
    assert solved().find_the_bugs(six_networks()) == ["A", "B", "C", "E", "F"]
    assert max(errors_of(six_networks()["D"]).values()) < 1e-8


def test_the_text_quotes_the_networks_rightly():
    table = {name: errors_of(net) for name, net in six_networks().items()}
    assert round(table["B"]["b1"], 2) == 0.95
    assert 1e-4 < table["E"]["W2"] < 3e-4
    assert sum(values.size for values in six_networks()["A"].params.values()) == 46


def test_the_six_networks_start_alike_and_share_no_arrays():
    nets = six_networks()
    for net in nets.values():
        for name, values in net.params.items():
            assert np.array_equal(values, nets["A"].params[name])
            assert net is nets["A"] or not np.shares_memory(values, nets["A"].params[name])
    assert len({net.loss(net.params) for net in nets.values()}) == 1


def test_another_seed_draws_other_points_for_the_same_start():
    one, other = six_networks(0)["D"], six_networks(1)["D"]
    assert one.loss(one.params) != other.loss(other.params)
    assert np.array_equal(one.params["W1"], other.params["W1"])


def test_the_best_training_loss_belongs_to_a_faulty_network():
    last = {}
    for name, net in six_networks().items():
        for _ in range(100):
            last[name] = net.loss(net.params)
            for key, slope in net.gradients().items():
                net.params[key] -= 0.02 * slope
    assert min(last, key=last.get) == "E"
    assert max(last.values()) < 8


def test_colleagues_fail_as_the_notebook_says():
    tools = solved()
    checkers = colleagues_checkers(tools.numerical_gradient, tools.relative_error)
    worst = {
        who: {name: max(checker(net).values()) for name, net in six_networks().items()}
        for who, checker in checkers.items()
    }
    assert {name for name, error in worst["Ada"].items() if error < 1e-6} == {"B", "D"}
    assert all(error > 1e-6 for who in ("Ben", "Cleo") for error in worst[who].values())


def test_ben_leaves_the_parameters_moved_and_cleo_does_not():
    tools, net = solved(), six_networks()["D"]
    checkers = colleagues_checkers(tools.numerical_gradient, tools.relative_error)
    before = net.params["W1"].copy()
    checkers["Cleo"](net), checkers["Ada"](net)
    assert np.array_equal(net.params["W1"], before)
    assert checkers["Ben"](net)["W1"] < 1e-8
    assert np.allclose(before - net.params["W1"], 1e-5, rtol=1e-6)


def points():
    x, y = four_clouds()
    return standardise(x), y


def test_the_given_network_is_right_and_has_one_tiny_slope():
    net = given_network(points()[0])
    assert max(errors_of(net).values()) < 1e-8
    claimed, measured = net.gradients()["shift"], solved().numerical_gradient(net.loss, net.params)["shift"]
    worst = np.max(np.abs(claimed - measured) / (np.abs(claimed) + np.abs(measured)))
    assert worst > 100 * errors_of(net)["shift"]


def test_a_students_module_becomes_a_network_that_passes():
    names = reference.namespace("backprop.backwards")
    net = network_of(types.SimpleNamespace(**names), *points())
    before = {name: values.copy() for name, values in net.params.items()}
    assert sorted(net.params) == ["Wlayer1", "Woutput", "blayer1", "boutput"]
    assert max(errors_of(net).values()) < 1e-7
    assert all(np.array_equal(values, before[name]) for name, values in net.params.items())


def test_a_module_without_the_functions_or_with_stubs_is_refused():
    with pytest.raises(AttributeError):
        network_of(nn, *points())
    names = reference.namespace("backprop.backwards")
    exec("def backwards(*_): raise NotImplementedError('backprop.backwards')", names)
    with pytest.raises(NotImplementedError, match=r"backprop\.backwards"):
        network_of(types.SimpleNamespace(**names), *points())


def test_the_module_s_examples_run():
    assert doctest.testmod(planted_networks).failed == 0


# --- the notebook


def test_the_points_in_the_notebook_add_up_to_the_assignment_s():
    points = points_of(NOTEBOOK)
    assert sum(points.values()) == 10
    assert set(points) == {*EXERCISES, "gradient_check.why_valley"}
    rubric = (NOTEBOOK.parents[2] / "assignments" / "gradient_check" / "rubric.md").read_text(
        encoding="utf-8"
    )
    assert all(f"`{grade_id}`" in rubric for grade_id in points)
