#!/usr/bin/env python3
"""Judges golden tokens, requests and sealed boxes with another implementation.

core/tests/vectors/consent.json and disclosure.json are what the product makes, core/tests/vectors/foreign.json what
tools/foreign.py did. Signatures are verified by python-cwt (OpenSSL), sealed boxes are opened by
python-cwt and by pyhpke, CBOR is read and written again by `cbor2`. Names and numbers are those of
docs/formats.md.
"""

import json
import sys

import cbor2
import pyhpke
from cwt import COSE, CWT, COSEKey, DecodeError, VerifyError

import foreign
from foreign import (
    ALG, ANSWER_KEY, CHACHA20_POLY1305, CNF, CREDENTIAL, CTI, DAY, EK, ES256K, EXP, FOREIGN, HPKE_4, IAT, ISS, IV, KEY,
    KID, NBF, ORDER, SCOPE, SUB, TYP, cbor, cose_key, sealing_key, sha256, x25519_public,
)

CONSENT = FOREIGN.with_name("consent.json")
DISCLOSURE = FOREIGN.with_name("disclosure.json")
# Private claims of a delegation and of a token under one.
PROXY_KEY, DELEGATION = -70007, -70005
PURPOSES = {"TREAT", "ETREAT", "BTG", "HPAYMT", "HRESCH", "PATRQT"}
# Codes of labels as CBOR texts: no token may hold one.
LABELS = [cbor(code) for code in ("PSY", "MH", "BH", "PSYTHPN", "ETH", "SUD", "ETHUD", "OPIOIDUD", "HIV", "STD", "SEX", "SDV", "GDIS")]
# Claims that must be there, and those that may: 3 is the audience, -70005 a delegation.
CLAIMS = {
    "pmw-ct": ({EXP, NBF, IAT, CTI, CNF, SCOPE, KEY}, {3, -70005}),
    "pmw-rq": ({EXP, IAT, CTI, SCOPE, KEY, ANSWER_KEY}, {ISS, CREDENTIAL}),
    "pmw-cr": ({SUB, EXP, NBF, IAT, CTI, SCOPE, KEY}, set()),
    "pmw-ar": ({IAT, SCOPE, KEY}, set()),
    "pmw-no": ({IAT, SCOPE, KEY}, set()),
    "pmw-dl": ({EXP, NBF, IAT, CTI, SCOPE, KEY, PROXY_KEY}, set()),
}

passed = failed = 0


def check(what, holds):
    """Counts one check."""
    global passed, failed
    if holds:
        passed += 1
        print(f"ok     {what}")
    else:
        failed += 1
        print(f"FAILED {what}")


def canonical(data):
    """Reads one CBOR item and demands the one encoding it has (RFC 8949, 4.2.1)."""
    value = cbor2.loads(data)
    if cbor(value) != data:
        raise ValueError("not deterministic")
    return value


def refuses(call):
    """Says whether a library finds a signature or a tag that does not hold."""
    try:
        call()
    except (VerifyError, DecodeError, pyhpke.OpenError):
        return True
    return False


# --- Signed objects ---------------------------------------------------------------------------------


def verify(data, point):
    return COSE.new().decode_with_headers(data, cose_key(point))


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def signed(name, data, point, typ, low_s):
    """Checks a COSE_Sign1 (RFC 9052) and returns its claims."""
    outer = canonical(data)
    protected, unprotected, payload, signature = outer.value
    header = canonical(protected)
    check(f"{name}: tag 18, ES256K, {typ}, nothing unprotected",
          outer.tag == 18 and unprotected == {} and header == {ALG: ES256K, KID: sha256(point)[:8], TYP: typ})
    check(f"{name}: python-cwt verifies it", verify(data, point) == (header, {}, payload))
    check(f"{name}: s is in the lower half" if low_s else f"{name}: 64 bytes of signature",
          len(signature) == 64 and (not low_s or int.from_bytes(signature[32:], "big") <= ORDER // 2))
    inside = data.index(payload)
    check(f"{name}: nothing in it can be changed",
          all(refuses(lambda at=at: verify(flipped(data, at), point))
              for at in (*range(inside, inside + len(payload)), len(data) - 1)))
    # Another key under the same kid: the signature itself must fail.
    stranger = COSEKey.new(cose_key(foreign.public_key("stranger")).to_dict() | {2: header[KID]})
    check(f"{name}: no other key signed it", refuses(lambda: COSE.new().decode(data, stranger)))
    claims = canonical(payload)
    must, may = CLAIMS[typ]
    check(f"{name}: the claims it must have, and no others", must <= set(claims) and set(claims) <= must | may)
    # As a token of RFC 8392; the vectors stand at one moment, so the clock may be anywhere.
    check(f"{name}: python-cwt reads its claims",
          CWT.new(leeway=1 << 40).decode(data, cose_key(point)) == claims)
    if CTI in must:
        check(f"{name}: id of 16 bytes, signed before it ends",
              len(claims[CTI]) == 16 and claims[IAT] < claims[EXP])
    return claims


def scope_of(name, claims, keys, optional):
    scope = canonical(claims[SCOPE])
    check(f"{name}: scope of version 1 with the terms it must have, and no others",
          scope[0] == 1 and keys <= set(scope) and set(scope) <= keys | optional)
    check(f"{name}: categories ascend, the purpose is one of HL7's",
          scope[1] == sorted(set(scope[1])) and set(scope[1]) <= set(range(19)) and scope[1] and scope[3] in PURPOSES)
    check(f"{name}: flags", 0 <= scope[9] <= 7)
    return scope


def token(name, case, low_s):
    data, point = bytes.fromhex(case["token"]), bytes.fromhex(case["key"])
    claims = signed(name, data, point, "pmw-ct", low_s)
    scope = scope_of(name, claims, {0, 1, 2, 3, 8, 9}, {4, 5, 6, 7})
    check(f"{name}: names the key that signed", claims[KEY] == point)
    check(f"{name}: bound to one reader by half a hash", set(claims[CNF]) == {3} and len(claims[CNF][3]) == 16)
    check(f"{name}: lives 366 days at most", 0 < claims[EXP] - claims[NBF] <= 366 * DAY)
    check(f"{name}: private terms are a hash, and no label is named",
          len(scope[2]) == 16 and not any(label in claims[SCOPE] for label in LABELS))
    if "opening" in case:
        opening = case["opening"]
        terms = foreign.private_terms(bytes.fromhex(opening["salt"]), opening["denied"],
                                      [bytes.fromhex(one) for one in opening["withheld"]])
        check(f"{name}: its opening opens it", terms == scope[2])


def request(name, case, low_s):
    data, point = bytes.fromhex(case["request"]), bytes.fromhex(case["key"])
    claims = signed(name, data, point, "pmw-rq", low_s)
    scope = scope_of(name, claims, {0, 1, 2, 3, 8, 9}, {4, 10, 12, 13, 14})
    check(f"{name}: names the key that signed, and one for the answer", claims[KEY] == point and len(claims[ANSWER_KEY]) == 32)
    check(f"{name}: lives 72 hours at most", claims[EXP] - claims[IAT] <= 3 * DAY)
    check(f"{name}: texts are as short as they must be",
          all(len(scope.get(key, "").encode()) <= most for key, most in ((12, 64), (13, 96), (14, 120))))


def credential(name, case, low_s):
    claims = signed(name, bytes.fromhex(case["credential"]), bytes.fromhex(case["key"]), "pmw-cr", low_s)
    check(f"{name}: name, role and class of a key", set(canonical(claims[SCOPE])) == {0, 1, 2, 3} and len(claims[KEY]) == 33)


def ascends(ids, length):
    return ids == sorted(set(ids)) and all(len(one) == length for one in ids)


def receipt(name, case, low_s):
    data, point = bytes.fromhex(case["receipt"]), bytes.fromhex(case["key"])
    claims = signed(name, data, point, "pmw-ar", low_s)
    scope = canonical(claims[SCOPE])
    must, may = {0, 1, 2, 3, 4, 5, 6, 10}, {7, 8, 9, 11}
    check(f"{name}: names the key that signed", claims[KEY] == point)
    check(f"{name}: scope of version 1 with what it must have, and nothing else",
          scope[0] == 1 and must <= set(scope) and set(scope) <= must | may)
    check(f"{name}: consent, patient and records by ids of 16 bytes",
          len(scope[1]) == len(scope[2]) == 16 and ascends(scope[5], 16))
    check(f"{name}: an act with what it is about, for a purpose of HL7's",
          scope[3] in range(4) and (8 in scope) == (scope[3] == 0) and (9 in scope) == (scope[3] == 3) and scope[4] in PURPOSES)
    check(f"{name}: only the first names none before it", scope[6] >= 1 and (7 in scope) == (scope[6] > 1))
    protected, _, payload, _ = canonical(data).value
    check(f"{name}: its id is the hash of what was signed",
          sha256(cbor(["Signature1", protected, b"", payload])).hex() == case["id"])


def notice(name, case, low_s):
    data, point = bytes.fromhex(case["notice"]), bytes.fromhex(case["key"])
    claims = signed(name, data, point, "pmw-no", low_s)
    scope = canonical(claims[SCOPE])
    check(f"{name}: names the key that signed", claims[KEY] == point)
    check(f"{name}: consents always, records for a correction only, never content",
          scope[0] == 1 and {0, 1, 2, 3} <= set(scope) <= {0, 1, 2, 3, 4} and scope[1] in (1, 2)
          and ascends(scope[2], 16) and scope[2] and ascends(scope[3], 16) and (scope[1] == 1) == bool(scope[3]))


def delegation(name, data, point, low_s):
    claims = signed(name, data, point, "pmw-dl", low_s)
    scope = canonical(claims[SCOPE])
    check(f"{name}: names the key that signed, and another that may",
          claims[KEY] == point and len(claims[PROXY_KEY]) == 33 and claims[PROXY_KEY] != point)
    check(f"{name}: reads, approves, denies, and nothing else", scope[2] and set(scope[2]) <= {1, 2, 3})
    check(f"{name}: for purposes of HL7's, towards half a hash", set(scope[3]) <= PURPOSES and len(scope[4]) == 16)
    check(f"{name}: lives three years at most", claims[EXP] - claims[NBF] <= (3 * 365 + 1) * DAY)
    check(f"{name}: no label is named", not any(label in claims[SCOPE] for label in LABELS))
    return claims, scope


def delegated(name, case, low_s):
    delegation(name, bytes.fromhex(case["delegation"]), bytes.fromhex(case["key"]), low_s)


def proxied(name, case, low_s):
    token(name, case, low_s)
    claims = canonical(canonical(bytes.fromhex(case["token"])).value[2])
    allowed, bounds = delegation(f"{name}, its delegation", claims[DELEGATION], bytes.fromhex(case["patient"]), low_s)
    scope = canonical(claims[SCOPE])
    check(f"{name}: signed by the key that may", claims[KEY] == allowed[PROXY_KEY])
    check(f"{name}: gives no more than the delegation covers",
          set(scope[1]) <= set(bounds[1]) and scope[3] in bounds[3] and claims[CNF][3] == bounds[4]
          and claims[EXP] - claims[NBF] <= bounds[5] and scope[9] & bounds[6] == bounds[6]
          and allowed[NBF] <= claims[IAT] < claims[EXP] <= allowed[EXP])


# --- Sealed objects ---------------------------------------------------------------------------------


def sealed(name, data, algorithm, value):
    """Checks a COSE_Encrypt0 (RFC 9052, 5.2) and returns protected header, the unprotected value, ciphertext."""
    protected, unprotected, ciphertext = canonical(data)
    label, length = value
    check(f"{name}: algorithm {algorithm}, one value unprotected",
          canonical(protected) == {ALG: algorithm} and set(unprotected) == {label} and len(unprotected[label]) == length)
    return protected, unprotected[label], ciphertext


def opens_only_as_sealed(name, opening, plaintext, parts):
    """Checks that `opening(*parts)` gives the text, and nothing when a part is another."""
    check(f"{name}: opens", opening(*parts) == plaintext)
    for at, part in enumerate(parts):
        other = flipped(part, len(part) - 1) if part else b"\0"
        changed = (*parts[:at], other, *parts[at + 1:])
        check(f"{name}: not with another part {at + 1} of {len(parts)}", refuses(lambda: opening(*changed)))


def box(name, case):
    private, info, external_aad, data, plaintext = (
        bytes.fromhex(case[field]) for field in ("private", "info", "external_aad", "box", "plaintext"))
    protected, ek, ciphertext = sealed(name, data, HPKE_4, (EK, 32))
    suite = pyhpke.CipherSuite.new(
        pyhpke.KEMId.DHKEM_X25519_HKDF_SHA256, pyhpke.KDFId.HKDF_SHA256, pyhpke.AEADId.CHACHA20_POLY1305)
    key = suite.kem.deserialize_private_key(private)

    def by_pyhpke(info, external_aad, ek, ciphertext):
        aad = cbor(["Encrypt0", protected, external_aad])
        return suite.create_recipient_context(ek, key, info=info).open(ciphertext, aad=aad)

    def by_cwt(info, external_aad, ek, ciphertext):
        tagged = cbor2.CBORTag(16, [protected, {EK: ek}, ciphertext])
        return COSE.new().decode(tagged, sealing_key(x25519_public(private), private), external_aad=external_aad, hpke_info=info)

    opens_only_as_sealed(f"{name}, pyhpke", by_pyhpke, plaintext, (info, external_aad, ek, ciphertext))
    opens_only_as_sealed(f"{name}, python-cwt", by_cwt, plaintext, (info, external_aad, ek, ciphertext))


def content(name, case):
    key, external_aad, data, plaintext = (
        bytes.fromhex(case[field]) for field in ("key", "external_aad", "box", "plaintext"))
    protected, iv, ciphertext = sealed(name, data, CHACHA20_POLY1305, (IV, 12))

    def by_cwt(key, external_aad, iv, ciphertext):
        tagged = cbor2.CBORTag(16, [protected, {IV: iv}, ciphertext])
        return COSE.new().decode(tagged, COSEKey.from_symmetric_key(key, alg="ChaCha20/Poly1305"), external_aad=external_aad)

    opens_only_as_sealed(f"{name}, python-cwt", by_cwt, plaintext, (key, external_aad, iv, ciphertext))


def main():
    for path, low_s, kinds in (
        (CONSENT, True, {"tokens": token, "requests": request, "receipts": receipt, "notices": notice,
                         "delegations": delegated, "proxied": proxied}),
        (DISCLOSURE, True, {"boxes": box}),
        (FOREIGN, False, {"tokens": token, "requests": request, "credentials": credential, "boxes": box, "contents": content}),
    ):
        vectors = json.loads(path.read_text("utf-8")) if path.exists() else {}
        for kind, judge in kinds.items():
            cases = vectors.get(kind, [])
            check(f"{path.name} has {kind}", cases)
            for at, case in enumerate(cases):
                name = f"{path.stem} {kind} {case.get('name', at)}"
                judge(name, case) if judge in (box, content) else judge(name, case, low_s)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
