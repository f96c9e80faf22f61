"""Writes backup.json: a backup file made from docs/formats.md alone, with another cryptographic library.

Needs PyPI `cryptography` 48. Every random value is SHA-256 of its name, so that the file is the same each time.
"""

import hashlib
import hmac
import json
import pathlib
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Of the words that stand for the entropy 0x11 x 32.
SEED_SLOT = bytes.fromhex("61a9d456548caa60860ac0f82bc3563ca40b4a25be1891c5c460ef96b69822b4")
PASSPHRASE = "abandon ability able about above absent absorb"
M_KIB, T = 19456, 2


def drawn(name, length):
    return hashlib.sha256(name.encode()).digest()[:length]


def hkdf(salt, ikm, info, length):
    return HKDF(hashes.SHA256(), length, salt, info.encode()).derive(ikm)


def hchacha20(key, nonce):
    """draft-irtf-cfrg-xchacha 2.2"""
    state = list(struct.unpack("<4I8I4I", b"expand 32-byte k" + key + nonce))

    def quarter(a, b, c, d):
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[x] = (state[x] + state[y]) & 0xFFFFFFFF
            mixed = state[z] ^ state[x]
            state[z] = ((mixed << turn) | (mixed >> (32 - turn))) & 0xFFFFFFFF

    for _ in range(10):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for at in range(4):
            quarter(at, 4 + (at + 1) % 4, 8 + (at + 2) % 4, 12 + (at + 3) % 4)
    return struct.pack("<8I", *state[:4], *state[12:])


def aead(name, key, aad, text):
    nonce = drawn("nonce " + name, 24)
    inner = ChaCha20Poly1305(hchacha20(key, nonce[:16]))
    return nonce + inner.encrypt(bytes(4) + nonce[16:], text, aad)


def slot(kind, name, before, vault, ikm, params, key):
    slot_id = drawn("slot " + name, 8)
    both = hkdf(vault + slot_id, ikm, "pmw/v1/slot/" + name, 64)
    head = bytes([kind]) + slot_id + struct.pack(">QH", CREATED, len(params)) + params
    return head + both[32:] + aead(name, both[:32], before + head, key)


CREATED = 1_795_257_600
vault, backup, key = drawn("vault", 16), drawn("backup", 16), drawn("key", 32)
root, epoch = drawn("root", 32), 3
table = b"".join(struct.pack(">I", b % 3) + drawn(f"bucket {b}", 32) for b in range(64))
database = b"a database " * 40
attachments = sorted((drawn(f"attachment {n}", 16), bytes([n]) * (100 * n)) for n in range(3))
capsule = b"a capsule"

before = b"PMWB\x01\x01" + vault + struct.pack(">I", epoch) + backup
salt = drawn("salt", 16)
params = salt + struct.pack(">IIBB", M_KIB, T, 1, 0x13)
stretched = Argon2id(salt=salt, length=32, iterations=T, lanes=1, memory_cost=M_KIB).derive(PASSPHRASE.encode())
derived = {name: hkdf(vault + backup, key, "pmw/v1/backup/" + name, 32) for name in ("wrap", "table", "mac")}
file = before + struct.pack(">QB", CREATED, 2)
file += slot(4, "seed", before, vault, SEED_SLOT, b"", key)
file += slot(2, "export", before, vault, stretched, params, key)
file += aead("wrap", derived["wrap"], before, root)
file += aead("table", derived["table"], before, table)
file += struct.pack(">HH", 1, len(capsule)) + capsule
file += struct.pack(">Q", len(database)) + database
file += struct.pack(">I", len(attachments))
for attachment_id, content in attachments:
    file += attachment_id + struct.pack(">Q", len(content)) + content
file += hmac.digest(derived["mac"], file, "sha256")

vector = {
    "source": "backup.py beside this file, with PyPI cryptography 48.0.0; opened by the words of entropy 0x11 x 32",
    "passphrase": PASSPHRASE,
    "vault": vault.hex(),
    "epoch": epoch,
    "backup": backup.hex(),
    "created": CREATED,
    "root": root.hex(),
    "table_sha256": hashlib.sha256(table).hexdigest(),
    "database": database.hex(),
    "attachments": [[i.hex(), content.hex()] for i, content in attachments],
    "file": file.hex(),
}
place = pathlib.Path(__file__).with_suffix(".json")
place.write_text(json.dumps(vector, indent=1) + "\n")
