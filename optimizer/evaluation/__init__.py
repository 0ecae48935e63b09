"""A fixed portfolio in futures that it was not planned for."""

from optimizer.evaluation.futures import Future
from optimizer.evaluation.portfolio import Portfolio
from optimizer.evaluation.study import Evaluation, evaluate

__all__ = ["Evaluation", "Future", "Portfolio", "evaluate"]
