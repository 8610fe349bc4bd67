"""What several gates share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.gates import crash_kit, hostile_words_night, sample_night
from tests.gates.watched_town import Town, built


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The night of watched_town.py, built once for all test processes of this session."""
    base = tmp_path_factory.getbasetemp()
    together = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    # a short name: the sockets of a night's processes lie below it, and their paths may have 107 characters
    return built(base.parent / f"town-{together[:6]}" if together else base / "town")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> sample_night.SampleNight:
    """The night on the committed sample of sample_night.py, once for all test processes of this session."""
    return sample_night.built(sample_night.shared_folder(tmp_path_factory.getbasetemp(), "sample-night"))


@pytest.fixture(scope="session")
def words_night(tmp_path_factory: pytest.TempPathFactory) -> hostile_words_night.WordsNight:
    """The night of hostile_words_night.py; once a test process."""
    return hostile_words_night.built(tmp_path_factory.mktemp("words"))


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[crash_kit.Nights]:
    """Nights in warm processes; once a test process. With a C compiler here their system calls can be made to fail."""
    folder = tmp_path_factory.mktemp("warm")
    nights = crash_kit.Nights(folder, crash_kit.Faults(folder) if crash_kit.compiler() else None)
    yield nights
    nights.close()


@pytest.fixture(scope="session")
def stage(warm: crash_kit.Nights, tmp_path_factory: pytest.TempPathFactory) -> crash_kit.Stage:
    """The scene of R1 to R3, and what breaks its nights; once a test process."""
    if warm.faults is None:
        pytest.skip("no C compiler here, so calls of the system cannot be made to fail")
    return crash_kit.Scene(tmp_path_factory.mktemp("scene"), warm), warm.faults
