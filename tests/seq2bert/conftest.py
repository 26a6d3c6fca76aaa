"""What every test of the package starts from: one torch thread, and the same random numbers.

Imports nothing of the package: with run-time shape checking on, it must not be imported before the checker is.
"""

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def _same_random_numbers():
    torch.manual_seed(20_140_901)
