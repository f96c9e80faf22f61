"""Threads: calls of one session take turns, wallets do not wait for each other, after a lock nothing works."""

import inspect
from concurrent.futures import ThreadPoolExecutor

import patient_wallet as pw
from wallets import Home, found, logged, refused

THREADS = 8


def note(text):
    return pw.NewEntry(kind=pw.AuthoredKind.NOTE, text=text)


def test_eight_threads_write_and_read_one_wallet(session):
    def work(number):
        for turn in range(6):
            text = f"thread {number} turn {turn}"
            record = session.add(note(text))
            assert session.record(record).title == text
            assert session.find(pw.Query(text=f"thread {number}")).total >= turn + 1
        return number

    with ThreadPoolExecutor(THREADS) as pool:
        assert sorted(pool.map(work, range(THREADS))) == list(range(THREADS))
    assert len(found(session)) == 6 * THREADS
    assert [it.seq for it in logged(session, limit=1000)] == list(range(6 * THREADS, -1, -1))
    assert session.verify().faults.total == 0


def test_eight_wallets_at_once(tmp_path):
    def live(number):
        home = Home(tmp_path / str(number))
        session = home.create()
        record = session.add(note(f"wallet {number}"))
        session.lock()
        again = home.unlock()
        title = again.record(record).title
        again.lock()
        return title

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(live, range(THREADS))) == [f"wallet {number}" for number in range(THREADS)]


def test_a_lock_among_eight_threads(session):
    def work(number):
        done = 0
        while True:
            try:
                session.find(pw.Query(limit=1))
                done += 1
                if number == 0 and done == 20:
                    session.lock()
            except pw.WalletError.Locked as error:
                assert error.code == "wallet.locked"
                return done

    with ThreadPoolExecutor(THREADS) as pool:
        done = list(pool.map(work, range(THREADS)))
    assert done[0] == 20


ARGUMENTS = {
    "str": "00" * 16, "int": 1, "bytes": b"x" * 32, "bool": False, "Query": pw.Query(), "Narrowing": pw.Narrowing(),
    "ImportOptions": pw.ImportOptions(), "NewEntry": note("never"), "NewAttachment": pw.NewAttachment(name="x"),
    "Authentication": pw.Authentication.BIOMETRICS(), "Language": pw.Language.EN, "LogQuery": pw.LogQuery(),
    "ExportFormat": pw.ExportFormat.BUNDLE, "BackupKey": pw.BackupKey.PASSPHRASE(bytes=b"x"),
    "Replace": pw.Replace.OLDER, "AccountingFormat": pw.AccountingFormat.TEXT, "ProxyAct": pw.ProxyAct.READ,
    "Delegating": pw.Delegating(offer=b"x", relation=pw.Relation.CARER, categories=[], purposes=[], acts=[], until=1,
                                longest_seconds=1),
}


def argument(parameter):
    """Makes some argument of the type that the generated code names."""
    kind = str(parameter.annotation)
    if "List" in kind or "Sequence" in kind:
        return []
    if "Optional" in kind or "Union" in kind:
        return None
    name = kind.split("'")[1] if "'" in kind else kind
    return ARGUMENTS[name.split(".")[-1]]


def test_after_a_lock_every_call_answers_locked(session, tmp_path):
    """Every method there is, found by looking: one that forgets to ask is seen here."""
    session.lock()
    allowed = {"lock", "is_locked", "lock_if_due"}
    methods = {name: method for name, method in inspect.getmembers(session, inspect.ismethod)
               if not name.startswith("_")}
    assert len(methods) > 40
    for name, method in methods.items():
        if name in allowed:
            method()
            continue
        arguments = [argument(it) for it in inspect.signature(method).parameters.values()
                     if it.default is inspect.Parameter.empty]
        with refused("wallet.locked", pw.WalletError.Locked):
            method(*arguments)
