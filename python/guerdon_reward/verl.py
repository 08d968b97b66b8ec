"""veRL: a file with `compute_score = verl_compute_score(url)` is what custom_reward_function.path points to."""

from .client import RewardServer, RewardServerError


def verl_compute_score(url, parts=(), unscored=None, **options):
    """A compute_score of veRL.

    parts: names of the reward's parts to log beside the score. veRL needs the same keys for every sample.
    unscored: stands for the score of a sample that has none, because veRL must have a number. Default: what the server says,
        the least the reward gives. "raise" raises RewardServerError instead.
    options: those of RewardServer (key, timeout, retries).

    The answer is {"score", "unscored", *parts}; `unscored` is 1.0 where the score stands for none, and veRL logs its mean.
    """
    server = RewardServer(url, **options)

    def compute_score(data_source, solution_str, ground_truth, extra_info=None, **_):
        body = {"data_source": data_source, "solution_str": solution_str}
        return _result(server.post("/verl", {**body, **_known(ground_truth, extra_info)}), parts, unscored)

    return compute_score


def verl_compute_scores(url, parts=(), unscored=None, **options):
    """The same for veRL's batch reward manager, which asks for all samples at once."""
    server = RewardServer(url, **options)

    def compute_scores(data_sources, solution_strs, ground_truths, extra_infos=None, **_):
        infos = extra_infos if extra_infos is not None else [None] * len(solution_strs)
        bodies = (
            {
                "data_sources": list(data_sources[at : at + server.batch]),
                "solution_strs": list(solution_strs[at : at + server.batch]),
                "ground_truths": [_plain(truth) for truth in ground_truths[at : at + server.batch]],
                "extra_infos": [_plain(info) for info in infos[at : at + server.batch]],
            }
            for at in range(0, len(solution_strs), server.batch)
        )
        answers = server.post_all("/verl", bodies)
        return [_result(one, parts, unscored) for answer in answers for one in answer["scores"]]

    return compute_scores


def _known(ground_truth, extra_info):
    return {"ground_truth": _plain(ground_truth), "extra_info": _plain(extra_info)}


def _plain(value):
    """As JSON has it: numpy's numbers and arrays become lists and numbers, what is not finite or unknown is text."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def _result(answer, parts, unscored):
    missing = bool(answer["unscored"])
    if missing and unscored == "raise":
        raise RewardServerError("the reward could not score an answer")
    score = answer["score"] if unscored is None or not missing else unscored
    named = {name: float(answer.get(name, 0.0)) for name in parts}
    return {**named, "score": float(score), "unscored": float(missing)}
