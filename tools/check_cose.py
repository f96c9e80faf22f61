#!/usr/bin/env python3
"""Judges the golden audit files in core/tests/vectors/audit.json with another implementation.

CBOR is read and written again by `cbor2`, signatures are verified by `cryptography` (OpenSSL), and
the tree is hashed by the recursive definitions of RFC 9162, 2.1, which are not what the product
computes with. Names and numbers are those of docs/formats.md.
"""

import hashlib
import json
import sys
from pathlib import Path

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT / "core" / "tests" / "vectors" / "audit.json"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ES256K, ALG, KID, TYP = -47, 1, 4, 16
AT, SIGNER, LOG, INCARNATION, SIZE, STATE, PARENT = 6, -70010, -70011, -70012, -70013, -70014, -70015
SUBJECT, DESTROYED, MAY_REMAIN = -70016, -70017, -70018
# What core/tests/audit.rs puts into the log: codes of created, imported, added, corrected, backup,
# restored, attached, erased, checkpoint.
HISTORY = [0, 2, 3, 4, 9, 1, 6, 7, 18]
START, VAULT, RECORD, FIRST, SECOND = 1_800_000_000, b"\x22" * 16, b"\x33" * 16, b"\x44" * 8, b"\x55" * 8

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


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(data):
    """Reads one CBOR item and demands the one encoding it has (RFC 8949, 4.2.1)."""
    value = cbor2.loads(data)
    if cbor2.dumps(value, canonical=True) != data:
        raise ValueError("not deterministic")
    return value


# --- RFC 9162, 2.1 ----------------------------------------------------------------------------------


def below(size):
    """Returns the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def tree(leaves):
    """Returns MTH (2.1.1)."""
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return sha256(b"\0", leaves[0])
    half = below(len(leaves))
    return sha256(b"\1", tree(leaves[:half]), tree(leaves[half:]))


def path_to(index, leaves):
    """Returns PATH (2.1.3.1)."""
    if len(leaves) == 1:
        return []
    half = below(len(leaves))
    if index < half:
        return path_to(index, leaves[:half]) + [tree(leaves[half:])]
    return path_to(index - half, leaves[half:]) + [tree(leaves[:half])]


def climb(leaf, index, size, path):
    """Returns the root that a path leads to; the last hash of a path is the topmost."""
    if size == 1:
        if path:
            raise ValueError("path too long")
        return sha256(b"\0", leaf)
    half, (*rest, top) = below(size), path
    if index < half:
        return sha256(b"\1", climb(leaf, index, half, rest), top)
    return sha256(b"\1", top, climb(leaf, index - half, size - half, rest))


def both_roots(known, size, path, root, whole):
    """Returns the roots over the first `known` and over `size` leaves that SUBPROOF (2.1.4.1) leads to."""
    if known == size:
        if whole:
            return root, root
        (only,) = path
        return only, only
    half, (*rest, top) = below(size), path
    if known <= half:
        old, new = both_roots(known, half, rest, root, whole)
        return old, sha256(b"\1", new, top)
    old, new = both_roots(known - half, size - half, rest, root, False)
    return sha256(b"\1", top, old), sha256(b"\1", top, new)


# --- Files ------------------------------------------------------------------------------------------


def signature_holds(point, message, signature):
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), point)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return s <= ORDER // 2


def signed(name, data, typ):
    """Checks a COSE_Sign1 (RFC 9052) and returns its claims."""
    outer = canonical(data)
    protected, unprotected, payload, signature = outer.value
    header, claims = canonical(protected), canonical(payload)
    check(f"{name}: tag 18, ES256K, {typ}, nothing unprotected",
          outer.tag == 18 and unprotected == {} and header == {ALG: ES256K, KID: header[KID], TYP: typ})
    point = claims[SIGNER]
    check(f"{name}: kid is the hash of the key", len(point) == 33 and header[KID] == sha256(point)[:8])
    message = cbor2.dumps(["Signature1", protected, b"", payload], canonical=True)
    check(f"{name}: the key signed it, s is low", signature_holds(point, message, signature))
    check(f"{name}: and nothing else", not signature_holds(point, message + b"\0", signature))
    check(f"{name}: log id comes from the vault's", claims[LOG] == sha256(b"pmw/v1/log", VAULT)[:16])
    return claims


def did_key(point):
    number, text = int.from_bytes(b"\xe7\x01" + point, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "did:key:z" + text


def history():
    """Returns the leaves: salt and entry."""
    entries = ([1, START + 60 * at, kind, 0, [RECORD], [bytes([at]) * 32]] for at, kind in enumerate(HISTORY))
    return [bytes([at]) * 32 + cbor2.dumps(entry, canonical=True) for at, entry in enumerate(entries)]


def checkpoints(files, leaves, did):
    first = signed("checkpoint", files["checkpoint"], "pmw-cp")
    later = signed("restored", files["checkpoint_restored"], "pmw-cp")
    check("checkpoint: three entries", first == {
        AT: START + 180, SIGNER: first[SIGNER], LOG: first[LOG], INCARNATION: FIRST, SIZE: 3, STATE: tree(leaves[:3])})
    check("restored: nine entries, of which five were restored", later == {
        AT: START + 540, SIGNER: first[SIGNER], LOG: first[LOG], INCARNATION: SECOND, SIZE: 9, STATE: tree(leaves),
        PARENT: [FIRST, 5, tree(leaves[:5])]})
    check("the key has the DID that the vectors name", did_key(first[SIGNER]) == did)


def proofs(files, leaves):
    name, index, salt, entry, path, checkpoint = canonical(files["inclusion"])
    check("inclusion: names itself and its checkpoint", (name, checkpoint) == ("pmw-ip", files["checkpoint_restored"]))
    check("inclusion: entry 7 of the log", index == 7 and salt + entry == leaves[7])
    check("inclusion: the path is PATH", path == path_to(7, leaves))
    check("inclusion: and leads to the root", climb(salt + entry, index, 9, path) == tree(leaves))
    check("inclusion: of nothing else", climb(leaves[6], index, 9, path) != tree(leaves))
    name, earlier, later, path = canonical(files["consistency"])
    check("consistency: names itself and its checkpoints",
          (name, earlier, later) == ("pmw-cy", files["checkpoint"], files["checkpoint_restored"]))
    old, new = tree(leaves[:3]), tree(leaves)
    check("consistency: three entries begin the nine", both_roots(3, 9, path, old, True) == (old, new))
    check("consistency: no others do", both_roots(3, 9, [sha256(), *path[1:]], old, True) != (old, new))


def statements(files, leaves):
    record = signed("erased record", files["erasure_record"], "pmw-es")
    wallet = signed("erased wallet", files["erasure_wallet"], "pmw-es")
    check("erased record: after eight entries", (record[SIZE], record[STATE]) == (8, tree(leaves[:8])))
    check("erased record: what and what not",
          (record[SUBJECT], record[DESTROYED], record[MAY_REMAIN]) == ([0, RECORD], [1, 2, 3, 4], [1, 2, 3, 4, 5]))
    check("erased wallet: what and what not",
          (wallet[SUBJECT], wallet[DESTROYED], wallet[MAY_REMAIN]) == ([1, VAULT], [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5]))
    check("erased: nine claims", {len(record), len(wallet)} == {9})


def main():
    vectors = json.loads(VECTORS.read_text("utf-8"))
    files = {name: bytes.fromhex(data) for name, data in vectors["files"].items()}
    leaves = history()
    checkpoints(files, leaves, vectors["did"])
    proofs(files, leaves)
    statements(files, leaves)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
