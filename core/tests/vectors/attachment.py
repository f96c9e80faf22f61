#!/usr/bin/env python3
"""Computes the golden vectors of sealed attachments (docs/formats.md 4) with PyPI `cryptography`.

HChaCha20 stands here in full because the package has ChaCha20-Poly1305 only; it is checked against
draft-irtf-cfrg-xchacha A.3.1 first.
"""

import base64
import hashlib
import struct

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

MASK = 0xFFFFFFFF


def rotate(word, bits):
    return (word << bits | word >> (32 - bits)) & MASK


def hchacha20(key, nonce):
    s = list(struct.unpack("<4I8I4I", b"expand 32-byte k" + key + nonce))

    def quarter(a, b, c, d):
        s[a] = (s[a] + s[b]) & MASK
        s[d] = rotate(s[d] ^ s[a], 16)
        s[c] = (s[c] + s[d]) & MASK
        s[b] = rotate(s[b] ^ s[c], 12)
        s[a] = (s[a] + s[b]) & MASK
        s[d] = rotate(s[d] ^ s[a], 8)
        s[c] = (s[c] + s[d]) & MASK
        s[b] = rotate(s[b] ^ s[c], 7)

    for _ in range(10):
        for column in range(4):
            quarter(column, column + 4, column + 8, column + 12)
        for column in range(4):
            quarter(column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return struct.pack("<8I", *s[:4], *s[12:])


def aead(key, nonce, aad, text):
    return ChaCha20Poly1305(hchacha20(key, nonce[:16])).encrypt(bytes(4) + nonce[16:], text, aad)


def padme(size):
    if size < 2:
        return size
    exponent = size.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (size + mask) & ~mask


def seal(aid, key, chunk_log2, prefix, data):
    header = b"PMWA" + bytes([1, chunk_log2]) + prefix
    data += bytes(padme(len(data)) - len(data))
    step = 1 << chunk_log2
    chunks = [data[at : at + step] for at in range(0, len(data), step)] or [b""]
    file = header
    for number, chunk in enumerate(chunks):
        last = bytes([number == len(chunks) - 1])
        file += aead(key, prefix + number.to_bytes(7, "big") + last, aid + header, chunk)
    return file


def main():
    advice = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for " \
        b"the future, sunscreen would be it."
    aad = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    sealed = aead(bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58)), aad, advice)
    assert sealed[-16:].hex() == "c0875924c1c7987947deafd8780acf49"

    aid, key, prefix = bytes([0x11] * 16), bytes([0x22] * 32), bytes([0x33] * 16)
    for chunk_log2, data in [
        (9, b"a tiny attachment"),
        (9, bytes(at % 251 for at in range(1100))),
        (16, b""),
    ]:
        file = seal(aid, key, chunk_log2, prefix, data)
        digest = hashlib.sha256(file).digest()
        cid = base64.b32encode(bytes([1, 0x55, 0x12, 32]) + digest).decode().lower().rstrip("=")
        print(len(data), len(file), file.hex() if len(file) < 100 else "", digest.hex(), "b" + cid)


if __name__ == "__main__":
    main()
