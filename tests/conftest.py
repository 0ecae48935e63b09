"""Settings for all tests."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "few",
    max_examples=3,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("many", parent=settings.get_profile("few"), max_examples=16)
settings.load_profile("few")

pytest.register_assert_rewrite("support")

# As the package has it; here openpyxl is imported before that is.
os.environ.setdefault("OPENPYXL_LXML", "False")

# Thousands of tests leave much that lives to the end; looking through it at every 700 new objects took an eighth of
# their time.
gc.set_threshold(100_000, 10, 10)
