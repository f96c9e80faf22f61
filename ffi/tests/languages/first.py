"""From nothing to a first record: create, take a file in, find, lock. first.py FOLDER FILE"""

import sys

from patient_wallet import (
    ImportOptions, KdfCost, Keystore, KeystoreError, Query, Wallet, WalletClock, WalletError, WalletOptions, WordCount,
)


class Memory(Keystore):
    def __init__(self):
        self.items = {}

    def put(self, name, secret, policy):
        self.items[name] = secret

    def get(self, name):
        if name not in self.items:
            raise KeystoreError.Missing()
        return self.items[name]

    def delete(self, name):
        self.items.pop(name, None)


class Clock(WalletClock):
    def now(self):
        return 1_744_016_400

    def monotonic_ms(self):
        return 1


folder, file = sys.argv[1:]
wallet = Wallet(folder, Memory(), Clock(), WalletOptions(kdf=KdfCost(memory_kib=19456, passes=2)))
session = wallet.create(b"seven herons over the lake", WordCount.TWENTY_FOUR)
session.import_file(file, ImportOptions())
found = session.find(Query(text="blood group"))
session.lock()
try:
    session.find(Query())
except WalletError.Locked as error:
    print(found.items[0].reference, error.code)
