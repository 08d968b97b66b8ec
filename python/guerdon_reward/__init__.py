"""Calls a Guerdon reward server from TRL, veRL and OpenRLHF. Standard library only.

TRL:       GRPOTrainer(reward_funcs=[trl_reward("http://127.0.0.1:5000", reference="answer")], ...)
veRL:      reward.py:  compute_score = verl_compute_score("http://127.0.0.1:5000")
OpenRLHF:  --reward.remote_url http://127.0.0.1:5000/get_reward   (nothing of this package is needed)
"""

from .client import RewardServer, RewardServerError
from .trl import trl_reward
from .verl import verl_compute_score, verl_compute_scores

__all__ = ["RewardServer", "RewardServerError", "trl_reward", "verl_compute_score", "verl_compute_scores"]
