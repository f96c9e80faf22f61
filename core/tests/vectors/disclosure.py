#!/usr/bin/env python3
"""Writes disclosure.json from docs/formats.md with PyPI `pyhpke`, `cbor2` and `cryptography`: boxes
sealed by HPKE-4 with a given ephemeral key, and one whole disclosure.
"""

import hashlib
import json
import pathlib
import zlib

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from pyhpke import AEADId, CipherSuite, KDFId, KEMId

import attachment

SUITE = CipherSuite.new(
    KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305
)
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def cbor(value):
    return cbor2.dumps(value, canonical=True)


def enc_structure(algorithm, external_aad):
    return cbor(["Encrypt0", cbor({1: algorithm}), external_aad])


def seal_box(public, ikm, info, external_aad, plaintext):
    ephemeral = SUITE.kem.derive_key_pair(ikm)
    enc, context = SUITE.create_sender_context(public, info, eks=ephemeral)
    ciphertext = context.seal(plaintext, enc_structure(42, external_aad))
    return cbor([cbor({1: 42}), {-4: enc}, ciphertext])


def seal_content(key, iv, external_aad, plaintext):
    ciphertext = ChaCha20Poly1305(key).encrypt(iv, plaintext, enc_structure(24, external_aad))
    return cbor([cbor({1: 24}), {5: iv}, ciphertext])


def record_body(key, iv, external_aad, text):
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = deflater.compress(text) + deflater.flush()
    plain = len(deflated).to_bytes(4, "big") + deflated
    return seal_content(key, iv, external_aad, plain.ljust(attachment.padme(len(plain)), b"\0"))


def sign(private, typ, claims):
    key = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256K1())
    protected = cbor({1: -47, 4: hashlib.sha256(sec1(private)).digest()[:8], 16: typ})
    signed = cbor(["Signature1", protected, b"", claims])
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256(), True)))
    s = min(s, ORDER - s)
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return cbor(cbor2.CBORTag(18, [protected, {}, claims, signature]))


def sec1(private):
    key = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256K1())
    point = key.public_key().public_numbers()
    return bytes([2 + point.y % 2]) + point.x.to_bytes(32, "big")


def boxes():
    reader_ikm, ephemeral_ikm = bytes([1] * 32), bytes([2] * 32)
    reader = SUITE.kem.derive_key_pair(reader_ikm)
    private = reader.private_key.to_private_bytes()
    for info, external_aad, plaintext in [
        (b"", b"", b""),
        (b"pmw/v1/disclosure" + bytes(32), b"", b"a key box"),
        (b"pmw/v1/emergency" + bytes(16), b"outside", bytes(range(256)) * 2),
    ]:
        yield {
            "private": private.hex(),
            "ephemeral_ikm": ephemeral_ikm.hex(),
            "info": info.hex(),
            "external_aad": external_aad.hex(),
            "box": seal_box(reader.public_key, ephemeral_ikm, info, external_aad, plaintext).hex(),
            "plaintext": plaintext.hex(),
        }


def disclosure():
    patient, cti, did, issued_at = bytes([3] * 32), bytes([4] * 16), bytes([5] * 16), 1_800_000_000
    answer = SUITE.kem.derive_key_pair(bytes([6] * 32))
    record = b'{"resourceType":"Observation","status":"final","valueString":"5.4 mmol/L"}'
    alias, file_id, scan = bytes([7] * 16), bytes([8] * 16), bytes(at % 251 for at in range(1100))
    keys = [bytes([9] * 32), bytes([10] * 32)]
    parts = [
        [alias, keys[0], 5, 0, "application/fhir+json", len(record)],
        [alias, keys[1], 8, 64, "application/dicom", len(scan), file_id, "Röntgen.dcm"],
    ]
    place = cti + did + alias + (0).to_bytes(4, "big")
    bodies = [
        record_body(keys[0], bytes([11] * 12), place, record),
        attachment.seal(file_id, keys[1], 9, bytes([12] * 16), scan),
    ]
    info = b"pmw/v1/disclosure" + cti + did
    key_box = seal_box(answer.public_key, bytes([13] * 32), info, b"", cbor(parts))
    digests = [hashlib.sha256(body).digest() for body in bodies]
    scope = cbor({0: 1, 1: did, 2: key_box, 3: digests})
    claims = cbor({6: issued_at, 7: cti, 9: scope, -70002: sec1(patient)})
    file = sign(patient, "pmw-pk", claims) + b"".join(cbor(body) for body in bodies)
    return {
        "patient": patient.hex(),
        "answer": answer.private_key.to_private_bytes().hex(),
        "consent": cti.hex(),
        "id": did.hex(),
        "issued_at": issued_at,
        "record": record.hex(),
        "file": scan.hex(),
        "file_id": file_id.hex(),
        "file_name": "Röntgen.dcm",
        "bytes": file.hex(),
    }


def main():
    vectors = {
        "source": "disclosure.py, from docs/formats.md",
        "boxes": list(boxes()),
        "disclosure": disclosure(),
    }
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(vectors, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
