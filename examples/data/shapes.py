"""The shapes of the sample record: FHIR R4 resources from few arguments, written digit for digit."""

import base64
import json
import uuid
from decimal import Decimal

SOURCES = {
    "turia": "https://fhir.santalucia-hospital.example/",
    "alameda": "https://ehr.centro-alameda.example/",
    "aaretal": "https://fhir.spital-aaretal.example/",
    "matte": "https://ehr.praxis-matte.example/",
    "psy": "https://ehr.praxis-laenggass.example/",
    "zahn": "https://ehr.zahnarzt-marktgasse.example/",
}
SYSTEMS = {
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
    "rx": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "cvx": "http://hl7.org/fhir/sid/cvx",
    "icd": "http://hl7.org/fhir/sid/icd-10-cm",
}
HL7 = "http://terminology.hl7.org/CodeSystem/"
PATIENT = "Patient/nuria-penalver"
ENTRIES = []


# --- shapes -----------------------------------------------------------------------------------

def coding(text):
    """Makes a Coding of "system|code|display"."""
    system, code, display = text.split("|")
    return {"system": SYSTEMS[system], "code": code, "display": display}


def concept(text, *codes):
    """Makes a CodeableConcept of a title and codings."""
    return ({"coding": [coding(code) for code in codes]} if codes else {}) | {"text": text}


def hl7(system, code, display=None):
    """Makes a CodeableConcept of one code of HL7's own terminology."""
    return {"coding": [{"system": HL7 + system, "code": code} | ({"display": display} if display else {})]}


def ref(target, display=None):
    """Makes a Reference."""
    return {"reference": target} | ({"display": display} if display else {})


def quantity(value, unit, ucum=None):
    """Makes a Quantity that keeps every digit of `value`, trailing zeros included."""
    code = {"system": "http://unitsofmeasure.org", "code": ucum or unit} if ucum != "" else {}
    return {"value": Decimal(value), "unit": unit} | code


def period(start, end=None):
    """Makes a Period, open where no end is given."""
    return {"start": start} | ({"end": end} if end else {})


def add(source, kind, name, /, *, security=(), narrative=None, language=None, **fields):
    """Appends one entry; `security` are v3-ActCode labels, with V or R for v3-Confidentiality."""
    head = {"resourceType": kind, "id": name}
    if security:
        head["meta"] = {"security": [
            {"system": HL7 + ("v3-Confidentiality" if code in ("R", "V") else "v3-ActCode"), "code": code}
            for code in security
        ]}
    if language:
        head["language"] = language
    if narrative:
        div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{narrative}</p></div>'
        head["text"] = {"status": "additional" if kind == "Encounter" else "generated", "div": div}
    kept = {key.rstrip("_"): value for key, value in fields.items() if value not in (None, [], ())}
    ENTRIES.append((source, head | kept))


def allergy(source, name, title, date, *codes, kind="allergy", category, criticality, status="active",
            reaction=None, severity=None, **more):
    """Adds an AllergyIntolerance."""
    manifestation = {"manifestation": [concept(reaction)]} if reaction else {}
    add(source, "AllergyIntolerance", name,
        clinicalStatus=hl7("allergyintolerance-clinical", status),
        verificationStatus=hl7("allergyintolerance-verification", "confirmed"),
        type=kind, category=[category], criticality=criticality, code=concept(title, *codes),
        patient=ref(PATIENT), recordedDate=date,
        reaction=[manifestation | ({"severity": severity} if severity else {})] if reaction else None, **more)


def condition(source, name, title, onset, *codes, end=None, status=None, **more):
    """Adds a Condition: resolved with an end, active without."""
    add(source, "Condition", name,
        clinicalStatus=hl7("condition-clinical", status or ("resolved" if end else "active")),
        verificationStatus=hl7("condition-ver-status", "confirmed"),
        code=concept(title, *codes), subject=ref(PATIENT), onsetDateTime=onset, abatementDateTime=end, **more)


def medication(source, name, title, date, *codes, status="completed", dose=None, by=None, why=None, **more):
    """Adds a MedicationRequest."""
    add(source, "MedicationRequest", name, status=status, intent="order",
        medicationCodeableConcept=concept(title, *codes), subject=ref(PATIENT), authoredOn=date,
        requester=ref(by) if by else None, reasonReference=[ref(why)] if why else None,
        dosageInstruction=[{"text": dose}] if dose else None, **more)


def vaccine(source, name, title, date, *codes, lot=None, **more):
    """Adds an Immunization."""
    add(source, "Immunization", name, status="completed", vaccineCode=concept(title, *codes),
        patient=ref(PATIENT), occurrenceDateTime=date, lotNumber=lot, **more)


def observation(source, name, category, title, date, *codes, value=None, answer=None, answer_code=(), **more):
    """Adds an Observation with a quantity or a coded answer."""
    add(source, "Observation", name, status=more.pop("status", "final"),
        category=[hl7("observation-category", category)], code=concept(title, *codes),
        subject=ref(PATIENT), effectiveDateTime=date,
        valueQuantity=quantity(*value) if value else None,
        valueCodeableConcept=concept(answer, *answer_code) if answer else None, **more)


def lab(source, name, title, date, *codes, **more):
    """Adds a laboratory Observation."""
    observation(source, name, "laboratory", title, date, *codes, **more)


def vital(source, name, title, date, *codes, **more):
    """Adds a vital sign."""
    observation(source, name, "vital-signs", title, date, *codes, **more)


def pressure(source, name, date, systolic, diastolic):
    """Adds a blood pressure with its two components."""
    vital(source, name, "Blood pressure", date, "loinc|85354-9|Blood pressure panel with all children optional",
          component=[
              {"code": concept("Systolic", "loinc|8480-6|Systolic blood pressure"),
               "valueQuantity": quantity(systolic, "mmHg", "mm[Hg]")},
              {"code": concept("Diastolic", "loinc|8462-4|Diastolic blood pressure"),
               "valueQuantity": quantity(diastolic, "mmHg", "mm[Hg]")}])


def report(source, name, category, title, date, *codes, results=(), conclusion=None, **more):
    """Adds a DiagnosticReport of the laboratory (LAB) or of radiology (RAD)."""
    display = {"LAB": "Laboratory", "RAD": "Radiology"}[category]
    add(source, "DiagnosticReport", name, identifier=number(source, "report", name), status="final",
        category=[hl7("v2-0074", category, display)], code=concept(title, *codes), subject=ref(PATIENT),
        effectiveDateTime=date, result=[ref(f"Observation/{result}") for result in results],
        conclusion=conclusion, **more)


def number(source, kind, value):
    """Makes an identifier of a source's own numbering."""
    return [{"system": f"{SOURCES[source]}id/{kind}", "value": value.upper()}]


def procedure(source, name, title, date, *codes, why=None, by=None, **more):
    """Adds a Procedure."""
    add(source, "Procedure", name, status="completed", code=concept(title, *codes), subject=ref(PATIENT),
        performedDateTime=date, performer=[{"actor": ref(by)}] if by else None,
        reasonReference=[ref(why)] if why else None, **more)


def imaging(source, name, title, date, modality, images, display=None, **more):
    """Adds an ImagingStudy of one series, its uids derived from its id."""
    uid = f"2.25.{uuid.uuid5(uuid.NAMESPACE_URL, SOURCES[source] + name).int}"
    kind = {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": modality}
    add(source, "ImagingStudy", name, identifier=[{"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}],
        status="available", subject=ref(PATIENT), started=date, numberOfSeries=1, numberOfInstances=images,
        description=title, series=[{
            "uid": f"{uid}.1", "modality": kind | ({"display": display} if display else {}),
            "numberOfInstances": images}], **more)


def encounter(source, name, title, start, *codes, end=None, kind="AMB", diagnosis=None, by=None, reason=None,
              **more):
    """Adds a finished Encounter: AMB ambulatory, EMER emergency, IMP inpatient."""
    add(source, "Encounter", name, status="finished", class_={"system": HL7 + "v3-ActCode", "code": kind},
        type=[concept(title, *codes)], subject=ref(PATIENT),
        participant=[{"individual": ref(by)}] if by else None, period=period(start, end or start),
        reasonCode=[concept(reason)] if reason else None,
        diagnosis=[{"condition": ref(f"Condition/{diagnosis}")}] if diagnosis else None,
        serviceProvider=ref(f"Organization/{source}"), **more)


def note(source, name, title, date, body, by=None, **more):
    """Adds a DocumentReference with its text inside, in UTF-8."""
    data = base64.b64encode(body.encode()).decode()
    add(source, "DocumentReference", name, status="current", type=concept(title), subject=ref(PATIENT), date=date,
        author=[ref(by)] if by else None, description=title,
        content=[{"attachment": {"contentType": "text/plain; charset=utf-8", "data": data, "title": title}}], **more)


def plan(source, name, title, start, *codes, end=None, activities=(), addresses=None, **more):
    """Adds a CarePlan: completed with an end, active without."""
    add(source, "CarePlan", name, status="completed" if end else "active", intent="plan",
        category=[concept(title, *codes)], title=title, subject=ref(PATIENT), period=period(start, end),
        addresses=[ref(addresses)] if addresses else None,
        activity=[{"detail": {"code": concept(text), "status": "completed" if end else "in-progress"}}
                  for text in activities], **more)


def relative(source, name, who, title, *conditions, **more):
    """Adds a FamilyMemberHistory; `who` is a v3-RoleCode."""
    add(source, "FamilyMemberHistory", name, status="completed", patient=ref(PATIENT),
        relationship=hl7("v3-RoleCode", who) | {"text": title}, condition=list(conditions), **more)


def practitioner(source, name, given, family, prefix, role):
    """Adds a Practitioner."""
    add(source, "Practitioner", name, active=True, identifier=number(source, "staff", name),
        name=[{"family": family, "given": [given], "prefix": [prefix], "text": f"{prefix} {given} {family}"}],
        qualification=[{"code": concept(role)}])


def organization(source, name, title, kind, city, country):
    """Adds an Organization."""
    add(source, "Organization", name, active=True, type=[concept(kind)], name=title,
        address=[{"city": city, "country": country}])


# --- out --------------------------------------------------------------------------------------

def link(value, source, home):
    """Turns each "Type/id" of another source into an absolute reference; an unknown one is a KeyError."""
    if isinstance(value, list):
        return [link(item, source, home) for item in value]
    if isinstance(value, dict):
        linked = {key: link(item, source, home) for key, item in value.items()}
        target = value.get("reference")
        if isinstance(target, str) and not target.startswith("#") and home[target] != source:
            linked["reference"] = SOURCES[home[target]] + target
        return linked
    return value


def encode(value):
    """Writes JSON as `json.dumps` does, with each Decimal digit for digit."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {encode(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(encode, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
