"""The wrong blood group: what was wrong stays, with who corrected it and why."""

import json
from collections import Counter

import patient_wallet as pw
from wallets import (
    EXAMPLES, PASSPHRASE, PATIENT, Home, at, by_reference, found, imported, pages, references, refused, told, word,
)

STORY = told("wrong-blood-group")
EXPECT = STORY["expect"]


def test_her_record_goes_in_whole(session):
    report = imported(session, PATIENT)
    assert (report.entries, report.new, report.refused.total) == (
        EXPECT["entries"], EXPECT["records"], EXPECT["refused"])
    again = imported(session, PATIENT)
    assert (again.new, again.changed, again.same) == (0, 0, EXPECT["records"])


def test_each_record_has_its_category_and_its_labels(patient):
    records = found(patient)
    assert Counter(word(it.category) for it in records) == EXPECT["by_category"]
    labels = Counter(word(label) for it in records for label in it.labels)
    for label, least in EXPECT["sensitive"].items():
        assert labels[label] >= least, label
    named = {it.reference: it for it in records}
    for wanted in EXPECT["labelled"]:
        assert wanted["label"] in map(word, named[wanted["reference"]].labels), wanted
    for reference in EXPECT["unlabelled"]:
        assert named[reference].labels == [], reference


def test_records_are_found_by_words_code_label_and_time(patient):
    for search in EXPECT["searches"]:
        assert references(found(patient, text=search["text"])) == search["references"], search
    system, code = STORY["correction"]["find"]["code"].split("|")
    [blood_group] = found(patient, system=system, code=code)
    assert blood_group.reference == STORY["correction"]["reference"]
    assert blood_group.code.system == system
    violence = found(patient, label=pw.SensitivityLabel.VIOLENCE)
    assert violence and all(pw.SensitivityLabel.VIOLENCE in it.labels for it in violence)
    devices = found(patient, category=pw.Category.DEVICES)
    assert len(devices) == EXPECT["by_category"]["devices"]
    recent = found(patient, since=at("2025-01-01T00:00:00Z"), until=at("2026-01-01T00:00:00Z"))
    assert recent and all(it.date.startswith("2025") for it in recent)


def test_pages_put_together_are_the_list(patient):
    whole = [it.id for it in found(patient)]
    assert [it.id for it in pages(lambda offset, _: patient.find(pw.Query(offset=offset, limit=30)))] == whole
    assert patient.find(pw.Query(limit=5000)).next is None
    beyond = patient.find(pw.Query(offset=2**64 - 1))
    assert (beyond.items, beyond.total, beyond.next) == ([], len(whole), None)


def test_numbers_keep_their_digits(patient):
    for kept in EXPECT["kept_exactly"]:
        read = patient.read(by_reference(patient, kept["reference"]).id)
        value = json.loads(read.json, parse_float=str)
        for name in kept["path"].split("."):
            value = value[name]
        assert value == kept["digits"], kept


def test_a_correction_keeps_the_original(patient):
    correction = STORY["correction"]
    record = by_reference(patient, correction["reference"])

    def blood_group(version=None):
        return json.loads(patient.read(record.id, version).json)["valueCodeableConcept"]["text"]

    assert blood_group() == EXPECT["before"]
    corrected = (EXAMPLES / "data" / correction["file"]).read_text()
    version = patient.correct(record.id, corrected, correction["author"], correction["reason"])
    assert version == EXPECT["versions"]
    assert (blood_group(), blood_group(1)) == (EXPECT["after"], EXPECT["before"])
    assert json.loads(patient.read(record.id).json) == json.loads(corrected)
    history = pages(lambda offset, limit: patient.history(record.id, offset, limit))
    assert [it.record.version for it in history] == [1, 2]
    assert (history[1].record.author, history[1].reason) == (correction["author"], correction["reason"])
    assert history[0].reason is None


def test_a_correction_says_who_and_why_and_is_of_the_same_record(patient):
    record = by_reference(patient, STORY["correction"]["reference"])
    corrected = (EXAMPLES / "data" / "correction.json").read_text()
    with refused("record.unexplained", pw.WalletError.InvalidInput):
        patient.correct(record.id, corrected, "", "no reason without an author")
    with refused("record.another-type", pw.WalletError.InvalidInput):
        patient.correct(by_reference(patient, "Device/dev-pacemaker").id, corrected, "somebody", "why")
    assert patient.record(record.id).version == 1


def test_labels_are_the_patients_last_word(patient):
    record = by_reference(patient, "MedicationRequest/med-apixaban")
    patient.relabel(record.id, [pw.SensitivityLabel.GENETICS], [])
    after = patient.record(record.id)
    assert (after.labels, after.classified, after.version) == ([pw.SensitivityLabel.GENETICS], True, 2)
    patient.relabel(record.id, [], [pw.SensitivityLabel.GENETICS])
    assert patient.record(record.id).labels == []


def test_she_writes_down_what_no_hospital_knows(session):
    note = session.add(pw.NewEntry(kind=pw.AuthoredKind.NOTE, text="Slept badly after the new tablets"))
    allergy = session.add(pw.NewEntry(kind=pw.AuthoredKind.ALLERGY, text="Walnuts", since="2019-05"))
    assert [it.id for it in found(session, text="tablets slept")] == [note]
    assert session.record(allergy).category == pw.Category.ALLERGIES
    assert session.record(allergy).date.startswith("2019-05")
    with refused("record.invalid-date", pw.WalletError.InvalidInput):
        session.add(pw.NewEntry(kind=pw.AuthoredKind.NOTE, text="When?", since="the day before yesterday"))


def test_what_goes_out_comes_in_the_same(patient, patient_home, tmp_path):
    path = tmp_path / "all.json"
    report = patient.export_file(str(path), pw.Query(limit=3), pw.ExportFormat.BUNDLE)
    assert (report.records, report.damaged.total) == (EXPECT["records"], 0)
    other = Home(tmp_path / "other").create()
    assert imported(other, path).new == EXPECT["records"]
    lines = tmp_path / "devices.ndjson"
    report = patient.export_file(str(lines), pw.Query(category=pw.Category.DEVICES), pw.ExportFormat.NDJSON)
    assert len(lines.read_text().splitlines()) == report.records == EXPECT["by_category"]["devices"]
    with refused("file.exists", pw.WalletError.NotPermitted):
        patient.export_file(str(path), pw.Query(), pw.ExportFormat.BUNDLE)
    patient.export_file(str(path), pw.Query(category=pw.Category.DEVICES), pw.ExportFormat.BUNDLE, replace=True)
    assert len(json.loads(path.read_text())["entry"]) == EXPECT["by_category"]["devices"]


def test_a_file_about_somebody_else_is_taken_in_on_purpose_only(patient, tmp_path):
    other = {"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": {"resourceType": "Patient", "id": "p", "name": [{"family": "Elsewhere", "given": ["Ann"]}],
                      "birthDate": "1931-01-02"}}]}
    path = tmp_path / "other.json"
    path.write_text(json.dumps(other))
    with refused("import.another-patient", pw.WalletError.NotPermitted):
        imported(patient, path)
    report = patient.import_file(str(path), pw.ImportOptions(any_patient=True, source="A friend's clinic"))
    assert report.new == 1
    assert by_reference(patient, "Patient/p").source == "A friend's clinic"


def test_a_thief_of_the_files_reads_nothing(patient_home):
    stolen = b"".join(path.read_bytes() for path in patient_home.folder.rglob("*") if path.is_file())
    names = STORY["patient"]["name"].split() + [STORY["patient"]["birth_date"], EXPECT["before"], "resourceType"]
    for text in names:
        assert text.encode() not in stolen, text
    with refused(EXPECT["wrong_passphrase"], pw.WalletError.WrongPassphrase):
        patient_home.unlock(b"somebody else's passphrase")
    patient_home.unlock(PASSPHRASE).lock()
