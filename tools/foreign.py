#!/usr/bin/env python3
"""Writes core/tests/vectors/foreign.json: tokens, requests and sealed boxes of another implementation.

Built from docs/formats.md with PyPI `cwt` (signatures, sealing), `cbor2` (claims), `cryptography`
(keys) and `base45`; nothing of the product has a part in it. Keys and claims are the same at every
run, signatures and ephemeral keys are not. core/tests/foreign.rs accepts what stands there, and
tools/check_cwt.py verifies it again.
"""

import hashlib
import json
import zlib
from pathlib import Path

import base45
import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cwt import COSE, COSEKey

FOREIGN = Path(__file__).resolve().parent.parent / "core" / "tests" / "vectors" / "foreign.json"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ES256K, HPKE_4, CHACHA20_POLY1305 = -47, 42, 24
ALG, KID, TYP, IV, EK = 1, 4, 16, 5, -4
ISS, SUB, AUD, EXP, NBF, IAT, CTI, CNF, SCOPE = 1, 2, 3, 4, 5, 6, 7, 8, 9
KEY, ANSWER_KEY, CREDENTIAL = -70002, -70003, -70004
NOW, DAY = 1_800_000_000, 24 * 3600
CONDITIONS, LABORATORY, IMAGING = 3, 5, 8
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def fixed(name):
    """Returns 32 bytes that the name alone decides."""
    return sha256(b"pmw foreign ", name.encode())


def cbor(value):
    return cbor2.dumps(value, canonical=True)


# --- Keys -------------------------------------------------------------------------------------------


def secret_key(name):
    return ec.derive_private_key(int.from_bytes(fixed(name), "big") % ORDER, ec.SECP256K1())


def sec1(public):
    return public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def public_key(name):
    return sec1(secret_key(name).public_key())


def cose_key(point, secret=None):
    """Returns the key of python-cwt for a compressed point, with the private half to sign."""
    numbers = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), point).public_numbers()
    key = {1: 2, 2: sha256(point)[:8], 3: ES256K, -1: 8, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
    if secret is not None:
        key[-4] = secret.private_numbers().private_value.to_bytes(32, "big")
    return COSEKey.new(key)


def sealing_key(public, private=None):
    """Returns the key of python-cwt for X25519 with HPKE-4."""
    key = {1: 1, 3: HPKE_4, -1: 4, -2: public}
    if private is not None:
        key[-4] = private
    return COSEKey.new(key)


def x25519_public(private):
    public = x25519.X25519PrivateKey.from_private_bytes(private).public_key()
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def did_key(point):
    number, text = int.from_bytes(b"\xe7\x01" + point, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "did:key:z" + text


# --- Signed objects ---------------------------------------------------------------------------------


def sign(typ, name, payload, high=None):
    """Returns a tagged COSE_Sign1; `high` asks for an s in the upper or the lower half of its range."""
    point = public_key(name)
    header = {ALG: ES256K, KID: sha256(point)[:8], TYP: typ}
    cose = COSE.new(alg_auto_inclusion=False, kid_auto_inclusion=False)
    data = cose.encode_and_sign(payload, cose_key(point, secret_key(name)), header, {})
    s = int.from_bytes(data[-32:], "big")
    if high is not None and (s > ORDER // 2) != high:
        data = data[:-32] + (ORDER - s).to_bytes(32, "big")
    return data


def signed(name, field, typ, signer, claims, high=None, **more):
    data = sign(typ, signer, cbor(claims), high)
    protected, _, payload, _ = cbor2.loads(data).value
    # The id of the object is the hash of what was signed (RFC 9052, 4.4).
    identity = sha256(cbor(["Signature1", protected, b"", payload]))
    return {"name": name, field: data.hex(), "key": public_key(signer).hex(), "object_id": identity.hex(),
            "id": claims[CTI].hex(), "text": text_of(data), **more}


def text_of(envelope):
    """Returns the text of a COSE_Sign1, without its tag, deflated when that is shorter."""
    sent = min(envelope[1:], zlib.compress(envelope[1:], 9), key=len)
    return "PMW1:" + base45.b45encode(sent).decode()


def private_terms(salt, denied, withheld):
    return sha256(b"pmw/v1/private-terms", salt, cbor([denied, withheld]))[:16]


def token(name, high=None, scope=None, claims=None):
    salt, denied, withheld = fixed(name + " salt")[:16], ["PSY", "HIV"], sorted([fixed("record")[:16]])
    terms = {0: 1, 1: [LABORATORY], 2: private_terms(salt, denied, withheld), 3: "TREAT", 8: NOW + 30 * DAY, 9: 0}
    whole = {EXP: NOW + 7 * DAY, NBF: NOW, IAT: NOW, CTI: fixed(name)[:16], CNF: {3: sha256(public_key("clinic"))[:16]},
             SCOPE: cbor(terms | (scope or {})), KEY: public_key("patient")} | (claims or {})
    return signed(name, "token", "pmw-ct", "patient", whole, high, reader=public_key("clinic").hex(),
                  opening={"salt": salt.hex(), "denied": denied, "withheld": [one.hex() for one in withheld]})


def tokens():
    full = {4: [-1_000_000_000, NOW], 5: fixed("request")[:16], 6: sorted(fixed(f"alias {n}")[:16] for n in range(16)),
            7: "Zweitmeinung für Dr. Çelik", 9: 7, 1: list(range(19))}
    yield token("typical", high=False)
    yield token("high s", high=True)
    yield token("every claim", scope=full, claims={AUD: did_key(public_key("clinic"))})


def credential():
    claims = {SUB: did_key(public_key("clinic")), EXP: NOW + 365 * DAY, NBF: NOW - DAY, IAT: NOW - DAY,
              CTI: fixed("credential")[:16], SCOPE: cbor({0: 1, 1: "Praxis am Markt", 2: 0, 3: 1}), KEY: public_key("clinic")}
    return signed("clinician", "credential", "pmw-cr", "directory", claims)


def requests(credential_bytes):
    answer = fixed("answer")
    wish = {0: 1, 1: [CONDITIONS, LABORATORY], 2: [], 3: "TREAT", 8: 30 * DAY, 9: 0, 10: 7 * DAY, 12: "Praxis am Markt"}
    claims = {EXP: NOW + 3 * DAY, IAT: NOW, CTI: fixed("request")[:16], SCOPE: cbor(wish), KEY: public_key("clinic"),
              ANSWER_KEY: x25519_public(answer)}
    full = wish | {2: ["PSY", "HIV"], 4: [0, NOW], 9: 4, 13: "https://praxis.example/answers", 14: "Für den Termin am Montag"}
    more = {ISS: did_key(public_key("clinic")), CTI: fixed("full request")[:16], SCOPE: cbor(full), CREDENTIAL: credential_bytes}
    yield signed("typical", "request", "pmw-rq", "clinic", claims, answer=answer.hex())
    yield signed("every claim", "request", "pmw-rq", "clinic", claims | more, high=True, answer=answer.hex())


# --- Sealed objects ---------------------------------------------------------------------------------


def untagged(data):
    """Returns a COSE_Encrypt0 as it stands in other objects."""
    return cbor(cbor2.loads(data).value)


def box(name, info, external_aad, plaintext):
    private = fixed(name)
    cose = COSE.new(alg_auto_inclusion=False, kid_auto_inclusion=False)
    sealed = cose.encode_and_encrypt(plaintext, sealing_key(x25519_public(private)), {ALG: HPKE_4}, {},
                                     external_aad=external_aad, hpke_info=info)
    return {"name": name, "private": private.hex(), "info": info.hex(), "external_aad": external_aad.hex(),
            "box": untagged(sealed).hex(), "plaintext": plaintext.hex()}


def content(name, external_aad, plaintext):
    key, cose = fixed(name), COSE.new(alg_auto_inclusion=False, kid_auto_inclusion=False)
    sealed = cose.encode_and_encrypt(plaintext, COSEKey.from_symmetric_key(key, alg="ChaCha20/Poly1305"),
                                     {ALG: CHACHA20_POLY1305}, {IV: fixed(name + " iv")[:12]}, external_aad=external_aad)
    return {"name": name, "key": key.hex(), "external_aad": external_aad.hex(), "box": untagged(sealed).hex(),
            "plaintext": plaintext.hex()}


def boxes():
    context = fixed("consent")[:16] + fixed("disclosure")[:16]
    yield box("key box", b"pmw/v1/disclosure" + context, context, b"keys " * 50)
    yield box("nothing", b"", b"", b"")


def contents():
    yield content("record", fixed("consent") + b"\0\0\0\1", b'{"resourceType":"Observation"}')
    yield content("empty", b"", b"")


def main():
    vouched = credential()
    vectors = {
        "source": "tools/foreign.py with PyPI cwt 3.3.0, cryptography 50.0.2, cbor2 5.9.0, base45 0.4.4",
        "now": NOW,
        "tokens": list(tokens()),
        "requests": list(requests(bytes.fromhex(vouched["credential"]))),
        "credentials": [vouched],
        "boxes": list(boxes()),
        "contents": list(contents()),
    }
    FOREIGN.write_text(json.dumps(vectors, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
