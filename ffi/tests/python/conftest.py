"""Where the generated module is, and the homes that stories begin with."""

import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BINDINGS = Path(os.environ.get("WALLET_BINDINGS", ROOT / "target" / "bindings"))
sys.path.insert(0, str(BINDINGS / "python"))

from wallets import PASSPHRASE, PATIENT, Home, imported  # noqa: E402


def pytest_collection_modifyitems(items):
    """The exchange between languages runs by itself only (ffi/tests/exchange.md)."""
    exchange = [item for item in items if item.path.name == "test_exchange.py"]
    chosen = "WALLET_EXCHANGE_MAKE" in os.environ or "WALLET_EXCHANGE_OPEN" in os.environ
    items[:] = exchange if chosen else [item for item in items if item not in exchange]


def pytest_terminal_summary(terminalreporter):
    """Says how many passed in the way of every row of ./check."""
    stats = terminalreporter.stats
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    terminalreporter.write_line(f"{len(stats.get('passed', []))} passed, {failed} failed")


@pytest.fixture(scope="session")
def first_day(tmp_path_factory):
    """Her wallet on its first day, locked: 57 years of a life, taken in once for all tests."""
    home = Home(tmp_path_factory.mktemp("first-day") / "wallet")
    session = home.create()
    imported(session, PATIENT)
    session.lock()
    return home


@pytest.fixture
def home(tmp_path):
    """An empty place for a wallet."""
    return Home(tmp_path / "wallet")


@pytest.fixture
def patient_home(first_day, tmp_path):
    """A wallet of her own for each test, locked."""
    shutil.copytree(first_day.folder, tmp_path / "patient")
    return Home(tmp_path / "patient", items=first_day.keystore.items)


@pytest.fixture
def patient(patient_home):
    """Her wallet, unlocked."""
    session = patient_home.wallet.unlock(PASSPHRASE)
    yield session
    session.lock()


@pytest.fixture
def session(home):
    """A new wallet, unlocked."""
    session = home.create()
    yield session
    session.lock()
