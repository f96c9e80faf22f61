"""A phone made of memory, and short words for what the stories do."""

import json
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import patient_wallet as pw

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
PATIENT = EXAMPLES / "data" / "patient.json"
PASSPHRASE = b"seven herons over the lake"
# The least that a guess at a passphrase may cost: tests make many wallets.
OPTIONS = pw.WalletOptions(kdf=pw.KdfCost(memory_kib=19456, passes=2))
DAY = 24 * 3600


def at(moment):
    """Gives the seconds since 1970 of an RFC 3339 moment."""
    return int(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp())


FIRST_DAY = at("2025-04-02T10:00:00Z")


class MemoryKeystore(pw.Keystore):
    """Small secrets in memory. A test may make it refuse, throw, or take its time."""

    def __init__(self, items=None):
        self.items = dict(items or {})
        self.asks_patient = set()
        self.answer = {}  # what a method raises instead of working
        self.prompt = None  # what the device's prompt ends with, when not with the patient
        self.pause = 0
        self.before = lambda method, name: None

    def put(self, name, secret, policy):
        self._begin("put", name)
        self.items[name] = bytes(secret)
        if policy == pw.Policy.USER_PRESENCE:
            self.asks_patient.add(name)

    def get(self, name):
        self._begin("get", name)
        if name not in self.items:
            raise pw.KeystoreError.Missing()
        if name in self.asks_patient and self.prompt is not None:
            raise self.prompt
        return self.items[name]

    def delete(self, name):
        self._begin("delete", name)
        self.items.pop(name, None)

    def _begin(self, method, name):
        self.before(method, name)
        time.sleep(self.pause)
        if method in self.answer:
            raise self.answer[method]


class StoryClock(pw.WalletClock):
    """A clock that stands until a test moves it."""

    def __init__(self, moment):
        self.moment = moment
        self.ms = 1_000
        self.error = None

    def now(self):
        self._check()
        return self.moment

    def monotonic_ms(self):
        self._check()
        return self.ms

    def _check(self):
        if self.error is not None:
            raise self.error


class Steps(pw.ProgressListener):
    """Hears how far a call has come, and may do something at each step."""

    def __init__(self, then=lambda done, total: None):
        self.heard = []
        self.then = then

    def progress(self, done, total):
        self.heard.append((done, total))
        self.then(done, total)


class Home:
    """A folder, and the phone it lies on."""

    def __init__(self, folder, moment=FIRST_DAY, items=None, options=OPTIONS):
        self.folder = Path(folder)
        self.keystore = MemoryKeystore(items)
        self.clock = StoryClock(moment)
        self.wallet = pw.Wallet(str(self.folder), self.keystore, self.clock, options)

    def create(self, passphrase=PASSPHRASE):
        return self.wallet.create(passphrase, pw.WordCount.TWENTY_FOUR)

    def unlock(self, passphrase=PASSPHRASE):
        return self.wallet.unlock(passphrase)


def told(story):
    """Reads the inputs and the expected facts of a story."""
    return json.loads((EXAMPLES / "stories" / f"{story}.json").read_text())


def imported(session, path, **more):
    return session.import_file(str(path), pw.ImportOptions(), **more)


def pages(list_page, limit=1000):
    """Gives the items of every page, and checks that the pages agree on their total."""
    items, offset = [], 0
    while offset is not None:
        page = list_page(offset, limit)
        items.extend(page.items)
        offset = page.next
    assert len(items) == page.total
    return items


def found(session, **query):
    """Gives every record that a query finds."""
    return pages(lambda offset, limit: session.find(pw.Query(**query, offset=offset, limit=limit)))


def by_reference(session, reference):
    """Gives the record that its source calls so."""
    [record] = [it for it in found(session) if it.reference == reference]
    return record


def references(records):
    return sorted(record.reference for record in records)


def logged(session, **query):
    return session.log(pw.LogQuery(**query), pw.Language.EN).items


def word(member):
    """Writes a member of an enum as the stories and the command line do."""
    return member.name.lower().replace("_", "-")


def member(enum, text):
    return enum[text.upper().replace("-", "_")]


def members(enum, text):
    """Reads a list of words; `all` is every category but those of no category."""
    if text == "all":
        return [it for it in enum if it.name != "OTHER"]
    return [member(enum, it) for it in text.split(",")]


def seconds(text):
    """Reads a time such as 7d."""
    assert text.endswith("d")
    return int(text[:-1]) * DAY


def purpose(code):
    return {"TREAT": pw.Purpose.TREATMENT, "HPAYMT": pw.Purpose.PAYMENT}[code]


def asked(request):
    """Makes what a clinic asks for out of a story."""
    return pw.Ask(
        purpose=purpose(request["purpose"]),
        categories=members(pw.Category, request["categories"]),
        seconds=seconds(request["for"]),
        retain_seconds=30 * DAY,
        text=request.get("text"),
    )


def narrowing(terms):
    """Makes what the patient takes away out of a story."""
    return pw.Narrowing(
        only=members(pw.Category, terms["only"]),
        deny=members(pw.SensitivityLabel, terms["deny"]),
        seconds=seconds(terms["for"]),
    )


def text_in(folder):
    """Gives every byte of every file in a folder."""
    return b"".join(path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file())


@contextmanager
def refused(code, kind=pw.WalletError):
    """Holds when the block is refused with this code, and says nothing beyond it."""
    try:
        yield
    except pw.WalletError as error:
        assert error.code == code, f"refused with {error.code}, not {code}"
        assert isinstance(error, kind), type(error)
    else:
        raise AssertionError(f"nothing was refused; {code} was expected")
