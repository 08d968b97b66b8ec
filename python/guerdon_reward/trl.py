"""TRL: a reward function for GRPOTrainer(reward_funcs=[...]) and the trainers like it."""

import json
import warnings

from .client import RewardServer

# What TRL hands over beside the columns of the data set.
_NOT_COLUMNS = {"completion_ids", "trainer_state", "log_extra", "log_metric", "environments"}


def trl_reward(url, reference="reference", name="guerdon_reward", **options):
    """A reward function of TRL.

    reference: the column that holds the known answer; all other columns reach the reward as the prompt's meta.
    options: those of RewardServer (key, timeout, retries, batch, threads).

    A sample that the reward could not score is None, which TRL leaves out of that sample's sum; how many there were and
    why is warned about once a call, and logged as `<name>/unscored`. Where the server cannot be asked at all,
    RewardServerError ends the training, as any exception does in TRL.
    """
    server = RewardServer(url, **options)

    def reward(prompts, completions, log_metric=None, **columns):
        columns = {key: value for key, value in columns.items() if key not in _NOT_COLUMNS and _is_column(value, prompts)}
        starts = range(0, len(prompts), server.batch)
        bodies = (
            {
                "prompts": prompts[at : at + server.batch],
                "completions": completions[at : at + server.batch],
                "columns": {key: value[at : at + server.batch] for key, value in columns.items()},
                "reference": reference,
            }
            for at in starts
        )
        answers = server.post_all("/trl", bodies)
        missing = [one for answer in answers for one in answer["unscored"]]
        if missing:
            first = missing[0]
            warnings.warn(f"{len(missing)} of {len(prompts)} answers have no reward; the first at {first['at']}: {first['reason']}")
        # Every process must log the same names, so also where there is nothing to tell.
        if log_metric is not None:
            log_metric(f"{name}/unscored", len(missing) / max(1, len(prompts)))
        return [value for answer in answers for value in answer["rewards"]]

    # TRL names its metrics after the function.
    reward.__name__ = name
    return reward


def _is_column(value, prompts):
    if not isinstance(value, list) or len(value) != len(prompts):
        return False
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
