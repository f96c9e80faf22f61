#!/usr/bin/env python3
"""Checks the sample record in examples/data and the stories that are told on it.

Own invariants always run. The FHIR models run where PyPI `fhir.resources` is installed, ICD-10-CM
titles where `simple-icd-10-cm` is, all other codes where WALLET_TEST_DATA names the test data:
a code may stand here only with a display found there. What cannot run is said so.
"""

import base64
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "examples" / "data"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
SOURCED = ("http://snomed.info/sct", "http://loinc.org", "http://www.nlm.nih.gov/research/umls/rxnorm",
           "http://hl7.org/fhir/sid/cvx", "urn:oid", "http://standardterms.edqm.eu", "http://www.whocc.no/atc")
STANDARD_HOSTS = {"snomed.info", "loinc.org", "www.nlm.nih.gov", "hl7.org", "terminology.hl7.org",
                  "dicom.nema.org", "unitsofmeasure.org", "www.w3.org"}
BY_TYPE = {
    "AllergyIntolerance": "allergies", "MedicationRequest": "medications", "MedicationStatement": "medications",
    "Condition": "conditions", "Flag": "conditions", "Immunization": "immunizations", "Procedure": "procedures",
    "ImagingStudy": "imaging", "Device": "devices", "DeviceUseStatement": "devices", "Encounter": "encounters",
    "DocumentReference": "notes", "CarePlan": "care-plans", "Goal": "care-plans",
    "FamilyMemberHistory": "family-history", "Consent": "directives", "Patient": "demographics",
    "RelatedPerson": "demographics", "Coverage": "coverage", "Organization": "other", "Practitioner": "other",
}
CATEGORIES = {"laboratory", "vital-signs", "social-history", "pregnancy", *BY_TYPE.values()}
LABELS = {"PSY": "mental-health", "PSYTHPN": "mental-health", "ETH": "substance-use", "HIV": "hiv", "STD": "std",
          "SEX": "sexual-health", "SDV": "violence", "GDIS": "genetics"}

passed = failed = 0


def check(what, faults):
    """Counts one check: passed where `faults` is empty."""
    global passed, failed
    faults = list(faults)
    if faults:
        failed += 1
        print(f"FAILED {what}")
        for fault in faults[:10]:
            print(f"       {fault}")
    else:
        passed += 1
        print(f"ok     {what}")


def walk(value):
    """Yields every object inside a JSON value, itself first."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from walk(item)


def strings(value):
    """Yields every string inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def name(resource):
    """Returns "Type/id"."""
    return f"{resource['resourceType']}/{resource['id']}"


def category(resource):
    """Returns the category of a record, as docs/formats.md names them."""
    kind = resource["resourceType"]
    codes = {coding.get("code") for part in resource.get("category", []) if isinstance(part, dict)
             for coding in part.get("coding", [])}
    if kind == "Observation":
        pregnant = any(coding["code"] == "82810-3" for coding in resource["code"].get("coding", []))
        return "pregnancy" if pregnant else min(codes)
    if kind == "DiagnosticReport":
        return "imaging" if "RAD" in codes else "laboratory"
    return BY_TYPE[kind]


def title(resource):
    """Returns what a table of records would show."""
    concepts = [resource.get(key) for key in ("code", "vaccineCode", "medicationCodeableConcept", "type")]
    concepts += [part for part in (resource.get("category") or []) if isinstance(part, dict)]
    told = resource.get("description")
    person = resource.get("name")
    names = [resource.get("title"), told.get("text") if isinstance(told, dict) else told,
             person if isinstance(person, str) else person[0]["text"] if person else None]
    for part in concepts + [resource.get("relationship")]:
        part = part[0] if isinstance(part, list) and part else part
        names.append(part.get("text") if isinstance(part, dict) else None)
    names += [resource.get(key, {}).get("display") for key in ("medicationReference", "device")]
    return next((text for text in names if isinstance(text, str)), None)


def resolve(reference, full_url):
    """Returns the absolute address of a reference that stands in the entry `full_url`."""
    return reference if "://" in reference else "/".join(full_url.split("/")[:-2]) + "/" + reference


def shape(entries, text):
    """Checks what holds within patient.json alone."""
    resources = [entry["resource"] for entry in entries]
    urls = {entry["fullUrl"] for entry in entries}
    check("one entry a line, under 200 KB",
          [] if text.count("\n") == len(entries) + 2 and len(text.encode()) < 200_000 else [len(text)])
    check("120 to 200 entries", [] if 120 <= len(entries) <= 200 else [len(entries)])
    check("Type/id is unique", [key for key, count in Counter(map(name, resources)).items() if count > 1])
    check("fullUrl is unique and ends in Type/id",
          [entry["fullUrl"] for entry in entries if not entry["fullUrl"].endswith("/" + name(entry["resource"]))]
          + ([] if len(urls) == len(entries) else ["repeated fullUrl"]))
    business = Counter((r["resourceType"], i["system"], i["value"]) for r in resources for i in r.get("identifier", []))
    check("business identifiers are unique", [key for key, count in business.items() if count > 1])
    dangling = []
    for entry in entries:
        contained = {"#" + part["id"] for part in entry["resource"].get("contained", [])}
        dangling += [part["reference"] for part in walk(entry["resource"]) if "reference" in part
                     and part["reference"] not in contained
                     and resolve(part["reference"], entry["fullUrl"]) not in urls]
    check("every reference resolves", dangling)
    about = [r for r in resources if r["resourceType"] not in ("Patient", "Organization", "Practitioner")]
    subjects = [(r, r.get("subject") or r.get("patient") or r.get("beneficiary")) for r in about]
    check("every record is about the one patient",
          [name(r) for r, subject in subjects if not subject["reference"].endswith("Patient/nuria-penalver")])
    check("every category is present", CATEGORIES ^ set(map(category, resources)))
    check("every record has a title of at most 56 characters",
          [f"{name(r)} {title(r)}" for r in resources if not 0 < len(title(r) or "") <= 56])
    check("every label is sent by some hospital", set(LABELS.values()) - {label for _, label in sent(resources)})
    check("at least ten numbers end in zero", [] if len(re.findall(r'"value": \d+\.\d*0\b', text)) >= 10 else ["fewer"])
    check("dates lie between her birth and the bundle",
          [date for r in resources for date in strings(r) if re.fullmatch(r"\d{4}(-\d\d(-\d\d(T.*)?)?)?", date)
           and not "1968" <= date < "2025-04"])
    addresses = [found for value in strings(entries) for found in re.findall(r"https?://[^\s\"<>]+", value)]
    hosts = {urlsplit(address).hostname for address in addresses}
    check("every host is a standard's or ends in .example",
          [host for host in hosts - STANDARD_HOSTS if not host.endswith(".example")])
    check("attached text is UTF-8",
          [part["data"] for part in walk(resources) if "data" in part
           and not base64.b64decode(part["data"], validate=True).decode()])
    check("the files are what generate.py writes",
          [] if subprocess.run([sys.executable, DATA / "generate.py", "--check"]).returncode == 0 else ["stale"])


def sent(resources):
    """Returns each (Type/id, label) that a hospital sent as meta.security."""
    return {(name(r), LABELS[part["code"]]) for r in resources
            for part in r.get("meta", {}).get("security", []) if part["code"] in LABELS}


def told(story, entries, correction):
    """Checks the facts of the story against the data."""
    resources = {name(entry["resource"]): entry["resource"] for entry in entries}
    expect, mend = story["expect"], story["correction"]
    check("the story counts entries and records",
          [] if expect["entries"] == expect["records"] == len(entries) and expect["refused"] == 0 else [len(entries)])
    counts = dict(sorted(Counter(map(category, resources.values())).items()))
    check("the story counts each category", [] if expect["by_category"] == counts else [json.dumps(counts)])
    system, code = mend["find"]["code"].split("|")
    found = [key for key, r in resources.items() if any(part.get("system") == system and part.get("code") == code
                                                        for part in r.get("code", {}).get("coding", []))]
    titled = [key for key, r in resources.items() if mend["find"]["text"] in (title(r) or "").lower()]
    check("code and text of the story find the one wrong record",
          [] if found == titled == [mend["reference"]] and len(found) == mend["find"]["matches"] else found + titled)
    wrong = resources[mend["reference"]]
    check("it says the value before, the correction the value after",
          [] if (wrong["valueCodeableConcept"]["text"], correction["valueCodeableConcept"]["text"])
          == (expect["before"], expect["after"]) else [wrong["valueCodeableConcept"]])
    check("the correction is the same resource of the same patient",
          [key for key in ("resourceType", "id", "identifier", "code", "category", "subject")
           if wrong[key] != correction[key]])
    telling = re.compile("blood group|blutgruppe|grupo sangu|A positive|O negative", re.I)
    check("no other record says either value or names a blood group",
          [key for key, r in resources.items() if key != mend["reference"] and any(map(telling.search, strings(r)))])
    check("the correction does not repeat the wrong value",
          [text for text in strings(correction) if expect["before"] in text])
    check("each number kept exactly has its digits",
          [fact["reference"] for fact in expect["kept_exactly"]
           if str(resources[fact["reference"]]["valueQuantity"]["value"]) != fact["digits"]])
    labelled = expect["labelled"]
    counts = dict(sorted(Counter(fact["label"] for fact in labelled).items()))
    check("the story counts each label", [] if expect["sensitive"] == counts else [json.dumps(counts)])
    check("every record named by the story exists",
          [key for key in [fact["reference"] for fact in labelled] + expect["unlabelled"]
           + [key for fact in expect["searches"] for key in fact["references"]] if key not in resources])
    security = {(fact["reference"], fact["label"]) for fact in labelled if fact["by"] == "security"}
    check("labels by security are those the hospitals sent", security ^ sent(resources.values()))
    check("labels by code stand on a coding and no security",
          [fact["reference"] for fact in labelled if fact["by"] == "code"
           and (resources[fact["reference"]].get("meta") or "coding" not in resources[fact["reference"]]["code"])])
    known = {fact["reference"] for fact in labelled}
    check("labels by reference point at a labelled record",
          [fact["reference"] for fact in labelled if fact["by"] == "reference"
           and not any("/".join(part["reference"].split("/")[-2:]) in known
                       for part in walk(resources[fact["reference"]]) if "reference" in part)])
    check("what is unlabelled has no sensitive neighbour",
          [key for key in expect["unlabelled"] for part in walk(resources[key])
           if "/".join(part.get("reference", "").split("/")[-2:]) in known])


def forgotten(story, resources):
    """Checks the facts of the story about one record that goes."""
    meant, find = story["record"], plain(story["record"]["find"])
    found = [name(r) for r in resources if any(find in plain(text) for text in strings(r))]
    check("the words of the right to be forgotten find one record",
          [] if found == [meant["reference"]] and story["expect"]["matches"] == 1 else found)
    told = [text for r in resources if name(r) == meant["reference"] for text in strings(r)]
    check("it says what it asks for", [] if any(meant["says"] in text for text in told) else [meant["says"]])
    check("no other record refers to it",
          [name(r) for r in resources for part in walk(r)
           if part.get("reference", "").endswith(meant["reference"])])


def stick(story, resources):
    """Checks the facts of the story about the USB stick."""
    attachment = story["attachment"]
    check("the attachment has its record",
          [] if [r for r in resources if name(r) == attachment["reference"]] else [attachment["reference"]])
    text = (DATA / attachment["file"]).read_bytes().decode("ascii")
    check("the card is PDF", [] if text.startswith("%PDF-") and text.endswith("%%EOF\n") else [attachment["file"]])
    start = int(text.split("startxref\n")[1].split("\n")[0])
    places = [int(row[:10]) for row in text[start:].split("\n") if row.endswith(" 00000 n ")]
    check("its table finds every object",
          [place for number, place in enumerate(places, 1) if not text[place:].startswith(f"{number} 0 obj\n")]
          + ([] if text[start:].startswith("xref\n") and len(places) == 5 else [start]))
    words = plain(story["since"])
    check("what is added since is in no record",
          [name(r) for r in resources if any(words in plain(text) for text in strings(r))])


def plain(text):
    """Returns text as a search sees it: without case and accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def codes(resources):
    """Checks every code against the source that vouches for it."""
    codings = {(part["system"], part["code"], part["display"]) for r in resources for part in walk(r)
               if {"system", "code", "display"} <= part.keys()}
    folder = os.environ.get("WALLET_TEST_DATA")
    if folder:
        files = [json.loads(file.read_text("utf-8")) for file in (Path(folder) / "fhir").glob("*.json")]
        vouched = {(part["system"], part["code"], part["display"]) for file in files for part in walk(file)
                   if {"system", "code", "display"} <= part.keys()}
        check("clinical codes stand in the test data with this display",
              [coding for coding in codings if coding[0].startswith(SOURCED) and coding not in vouched])
    else:
        print("not run: clinical codes, no WALLET_TEST_DATA")
    try:
        import simple_icd_10_cm as icd
    except ImportError:
        print("not run: ICD-10-CM titles, no simple-icd-10-cm")
    else:
        check("ICD-10-CM codes have their titles",
              [coding for coding in codings if coding[0] == ICD and icd.get_description(coding[1]) != coding[2]])


def models(resources, bundle):
    """Checks each resource against the FHIR models."""
    try:
        from fhir.resources.R4B import get_fhir_model_class
    except ImportError:
        print("not run: FHIR models, no fhir.resources")
        return
    faults = []
    for resource in [*resources, bundle]:
        try:
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        except ValueError as error:
            faults.append(f"{name(resource)} {error}")
    check("every resource is valid FHIR", faults)


def main():
    text = (DATA / "patient.json").read_text("utf-8")
    bundle = json.loads(text, parse_float=Decimal)
    correction = json.loads((DATA / "correction.json").read_text("utf-8"))
    stories = {file.stem: json.loads(file.read_text("utf-8"))
               for file in sorted((ROOT / "examples" / "stories").glob("*.json"))}
    resources = [entry["resource"] for entry in bundle["entry"]] + [correction]
    shape(bundle["entry"], text)
    told(stories["wrong-blood-group"], bundle["entry"], correction)
    forgotten(stories["right-to-be-forgotten"], resources)
    stick(stories["usb-stick"], resources)
    codes(resources)
    models(resources, bundle)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
