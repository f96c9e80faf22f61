"""Nothing that crosses in an error, a panic or on a stream quotes a record, a name or a key."""

import json
import traceback

import patient_wallet as pw
import pytest
from wallets import Home, imported

MARKS = ["Zephyrine-Quillfeather", "Marked-Diagnosis-77121", "marked passphrase 90210", "/marked-path-5150/"]
NAME, DIAGNOSIS, PASSPHRASE, PATH = MARKS


@pytest.fixture
def marked(tmp_path, capfd):
    """A wallet whose record, passphrase and path are marked, and what every refusal said."""
    folder = tmp_path / PATH.strip("/") / "wallet"
    folder.parent.mkdir()
    home = Home(folder)
    home.session = home.create(PASSPHRASE.encode())
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": {"resourceType": "Patient", "id": "p", "name": [{"text": NAME}]}},
        {"resource": {"resourceType": "Condition", "id": "c", "code": {"text": DIAGNOSIS},
                      "subject": {"reference": "Patient/p"}}}]}
    home.file = tmp_path / "marked.json"
    home.file.write_text(json.dumps(bundle))
    assert imported(home.session, home.file).new == 2
    home.said = []
    yield home
    out = capfd.readouterr()
    said = "\n".join([*home.said, out.out, out.err])
    assert home.said
    for mark in MARKS:
        assert mark.strip("/") not in said.replace(str(tmp_path), ""), mark
    for name, secret in home.keystore.items.items():
        assert secret.hex() not in said and repr(secret) not in said, name


def refusal(home, call, *arguments):
    """Keeps what a refusal says of itself in every way that Python has; the call's own source lines apart."""
    with pytest.raises((pw.WalletError, pw.InternalError)) as caught:
        call(*arguments)
    error = caught.value
    home.said += [str(error), repr(error), repr(error.args), repr(vars(error))]
    home.said += traceback.format_exception_only(error)
    return error


def test_refusals_quote_nothing(marked):
    session = marked.session
    bad = marked.file.with_name("bad.json")
    bad.write_text(marked.file.read_text()[:-9])
    for call, *arguments in [
        (marked.unlock, NAME.encode()),
        (marked.wallet.create, PASSPHRASE.encode(), pw.WordCount.TWELVE),
        (marked.wallet.restore, (DIAGNOSIS + " ").encode() * 12, PASSPHRASE.encode()),
        (session.record, DIAGNOSIS),
        (session.read, "00" * 16),
        (session.correct, session.find(pw.Query()).items[0].id, json.dumps({"resourceType": DIAGNOSIS}), NAME, NAME),
        (session.correct, "00" * 16, DIAGNOSIS, NAME, NAME),
        (session.add, pw.NewEntry(kind=pw.AuthoredKind.NOTE, text=DIAGNOSIS, since=DIAGNOSIS)),
        (session.import_file, str(bad), pw.ImportOptions()),
        (session.import_file, str(marked.folder / DIAGNOSIS), pw.ImportOptions()),
        (session.export_file, str(marked.file), pw.Query(text=NAME), pw.ExportFormat.BUNDLE),
        (session.dangerous_words, pw.Authentication.PASSPHRASE(bytes=NAME.encode())),
        (session.receive_request, DIAGNOSIS.encode()),
        (session.review, "00" * 16, pw.Narrowing(reason=DIAGNOSIS, preset=NAME), pw.Language.EN),
        (session.trust, NAME.encode()),
        (session.attach, str(marked.folder), pw.NewAttachment(name=NAME)),
        (session.attach, str(marked.file), pw.NewAttachment(name=NAME, media_type=DIAGNOSIS)),
        (session.corrected, DIAGNOSIS, 0, 1),
        (session.write_accounting, str(marked.file), 0, 1, pw.Language.EN, pw.AccountingFormat.HTML),
        (session.accept_delegation, DIAGNOSIS.encode()),
        (session.take_report, NAME.encode()),
        (session.may_act_for, NAME, pw.ProxyAct.READ),
        (pw.envelope_from_text, DIAGNOSIS),
        (pw.check_log_files, [DIAGNOSIS.encode()], pw.Language.EN),
    ]:
        assert isinstance(refusal(marked, call, *arguments), pw.WalletError), call
    session.lock()


def test_a_panic_quotes_nothing_and_closes_the_session(marked):
    error = refusal(marked, marked.session.testing_panic, f"{NAME} has {DIAGNOSIS}")
    assert isinstance(error, pw.InternalError) and str(error).startswith("defect")
    assert isinstance(refusal(marked, marked.session.status), pw.WalletError.Locked)
    error = refusal(marked, pw.testing_panic, DIAGNOSIS)
    assert isinstance(error, pw.InternalError)
    again = marked.unlock(PASSPHRASE.encode())
    assert again.status().records == 2 and again.verify().faults.total == 0
    again.lock()


def test_objects_and_records_do_not_print_themselves(marked):
    session = marked.session
    record = session.find(pw.Query()).items[0]
    marked.said += [repr(session), repr(marked.wallet), repr(record), repr(session.read(record.id)),
                    repr(pw.Authentication.PASSPHRASE(bytes=PASSPHRASE.encode())), repr(marked.keystore)]
    session.lock()
