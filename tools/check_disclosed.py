#!/usr/bin/env python3
"""Checks that what leaves the wallet is valid FHIR R4: PyPI `fhir.resources`, and R4's invariants.

Without an argument it has the test `shared_redact` write every resource of the test data, of the
sample and of `made_resources.py` as it was sent and as it would be disclosed under several judges,
and compares them: a resource that was valid must stay so, whatever is left out of it. What was not
valid as it came is its sender's matter and only counted. Then it checks each resource that a clinic
opens in the test `shared_way`. With arguments it checks the resources in
these files (.json, .ndjson) or folders. The first needs WALLET_TEST_DATA, and npm or
WALLET_TEST_PACKAGES as redact_elements.py does. Prints each fault, then `N passed, N failed`.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

import made_resources
import redact_elements

ROOT = Path(__file__).resolve().parent.parent
# Invariants of R4 that leaving something out could break: at least one of these members.
ONE_OF = {
    "Condition.evidence": ("con-2", ["code", "detail"]),
    "Condition.stage": ("con-1", ["summary", "assessment"]),
    "Appointment.participant": ("app-1", ["type", "actor"]),
    "Composition.section": ("cmp-1", ["text", "entry", "section"]),
    "Composition.section.section": ("cmp-1", ["text", "entry", "section"]),
    "Immunization.education": ("imm-1", ["documentType", "reference"]),
    "Patient.contact": ("pat-1", ["name", "telecom", "address", "organization"]),
    "Bundle.entry": ("bdl-5", ["resource", "request", "response"]),
    "RequestGroup.action": ("rqg-1", ["resource", "action"]),
}


def objects(value, path):
    """Yields every object inside a JSON value with its path from the innermost resource."""
    if isinstance(value, dict):
        path = value.get("resourceType", path)
        yield path, value
        for name, inside in value.items():
            yield from objects(inside, f"{path}.{name}")
    elif isinstance(value, list):
        for inside in value:
            yield from objects(inside, path)


def broken(resource):
    """Returns the invariants that a resource breaks, each with its path."""
    faults = set()
    contained = {"#" + one.get("id", "") for one in resource.get("contained", [])}
    named = set()
    for path, value in objects(resource, ""):
        name = path.rpartition(".")[2]
        if not value or [] in value.values() or set(value) == {"id"}:
            faults.add(("ele-1", path))
        if name in ("extension", "modifierExtension"):
            values = [key for key in value if key.lstrip("_").startswith("value")]
            if bool(values) == ("extension" in value) or "url" not in value:
                faults.add(("ext-1", path))
        if path in ONE_OF and not any(key in value for key in ONE_OF[path][1]):
            faults.add((ONE_OF[path][0], path))
        named.update(text for text in value.values() if isinstance(text, str) and text.startswith("#"))
        reference = value.get("reference")
        if isinstance(reference, str) and reference.startswith("#") and reference != "#":
            if reference not in contained:
                faults.add(("ref-1", path))
    for one in resource.get("contained", []):
        inside = {text for _, value in objects(one, "") for text in value.values() if isinstance(text, str)}
        if "#" + one.get("id", "") not in named and "#" not in inside:
            faults.add(("dom-3", one["resourceType"]))
    return faults


@cache
def judge(line):
    """Returns what is wrong with a resource, and whether there is a model for its type."""
    resource = json.loads(line)
    faults = {f"{invariant} {path}" for invariant, path in broken(resource)}
    try:
        model = get_fhir_model_class(resource["resourceType"])
    except (LookupError, ValueError):
        return faults, False
    try:
        model.model_validate_json(line)
    except ValidationError as error:
        faults |= {f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in error.errors()}
    return faults, True


def name(line):
    resource = json.loads(line)
    return f"{resource['resourceType']}/{resource.get('id', '?')}"


def compare(folder):
    """Compares what was sent with what would be disclosed; returns passed and failed."""
    counts = Counter()
    for path in sorted(folder.glob("*.sent.ndjson")):
        file = path.name.removesuffix(".sent.ndjson")
        sent = path.read_text().splitlines()
        before = [judge(line) for line in sent]
        of = "made" if file == "made" else "real"
        counts[f"{of} resources"] += len(sent)
        counts[f"{of} not valid as sent"] += sum(bool(faults) for faults, _ in before)
        counts[f"{of} without a model"] += sum(not known for _, known in before)
        for other in sorted(folder.glob(f"{file}.*.ndjson")):
            if other == path:
                continue
            after = other.read_text().splitlines()
            assert len(after) == len(sent), other
            for line, (was, _) in zip(after, before):
                faults, _ = judge(line)
                counts[f"{of} not valid disclosed"] += bool(faults)
                worse = faults - was
                counts["failed" if worse else "passed"] += 1
                for fault in sorted(worse)[:3]:
                    print(f"{other.name}: {name(line)}: {fault}")
    print("table: " + ", ".join(f"{count} {what}" for what, count in counts.items() if what not in ("passed", "failed")))
    return counts["passed"], counts["failed"]


def check(paths):
    """Checks the resources of files; returns passed and failed."""
    files = [file for path in map(Path, paths)
             for file in (sorted(path.rglob("*json")) if path.is_dir() else [path])]
    passed = failed = 0
    for file in files:
        for line in file.read_text().splitlines() if file.suffix == ".ndjson" else [file.read_text()]:
            faults, _ = judge(line)
            passed, failed = passed + (not faults), failed + bool(faults)
            for fault in sorted(faults):
                print(f"{file.name}: {name(line)}: {fault}")
    return passed, failed


def main():
    if not sys.argv[1:] and "WALLET_TEST_DATA" not in os.environ:
        sys.exit("WALLET_TEST_DATA does not name the test data")
    if sys.argv[1:]:
        passed, failed = check(sys.argv[1:])
    else:
        with tempfile.TemporaryDirectory() as folder:
            made = made_resources.Maker(*redact_elements.source()).resources()
            lines = "".join(json.dumps(resource) + "\n" for resource in made)
            (Path(folder) / "made.sent.ndjson").write_text(lines)
            # What ./check builds anyhow.
            command = ["cargo", "test", "--workspace", "--exclude", "patient-wallet-bindgen", "--locked", "--quiet",
                       "--features", "patient-wallet-ffi/testing", "--test", "shared_redact"]
            subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
                           env=os.environ | {"WALLET_REDACTED": folder})
            passed, failed = compare(Path(folder))
        with tempfile.TemporaryDirectory() as folder:
            command[-1] = "shared_way"
            subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
                           env=os.environ | {"WALLET_OPENED": folder})
            opened = check([folder])
            print(f"{opened[0]} resources that clinics opened")
            passed, failed = passed + opened[0], failed + opened[1] + (opened[0] == 0)
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
