#!/usr/bin/env python3
"""Writes patient.json, correction.json and pacemaker-card.pdf: the sample record of a person who never lived.

The same input always gives the same bytes: no clock, no chance. `generate.py --check` writes nothing
and exits 1 where a committed file differs. Python 3.11, standard library only.

Every entry is one call below: source, id, title, date, codes. A reference is written "Type/id"; it
stays relative inside its own source and becomes absolute across sources, as hospitals send it.
"""

import json
import sys
from pathlib import Path

from background import (
    demographics, houses, coverage, allergies, conditions, medications, vaccines,
)
from card import card
from shapes import (
    ENTRIES, HL7, PATIENT, SOURCES, add, concept, encode, encounter, hl7, imaging, lab, link,
    note, number, observation, period, plan, pressure, procedure, ref, relative, report, vital,
)

HERE = Path(__file__).resolve().parent


# --- what was measured ------------------------------------------------------------------------

HB = "loinc|718-7|Hemoglobin [Mass/volume] in Blood"
WBC = "loinc|6690-2|Leukocytes [#/volume] in Blood by Automated count"
CHOL = "loinc|14647-2|Cholesterol [Moles/volume] in Serum or Plasma"
HDL = "loinc|14646-4|Cholesterol in HDL [Moles/volume] in Serum or Plasma"
LDL = "loinc|39469-2|Cholesterol in LDL [Moles/volume] in Serum or Plasma by calculation"
TRIG = "loinc|14927-8|Triglyceride [Moles/volume] in Serum or Plasma"
A1C = "loinc|4548-4|Hemoglobin A1c/Hemoglobin.total in Blood"
NEGATIVE = {"answer": "Negative", "answer_code": ("sct|260385009|Negative",)}
BLOOD_GROUP = {
    "source": "aaretal", "name": "lab-blood-group", "title": "Blood group (ABO and Rh)",
    "codes": ("loinc|882-1|ABO and Rh group [Type] in Blood",),
}


def blood_group(date, answer, *answer_code, **more):
    lab(BLOOD_GROUP["source"], BLOOD_GROUP["name"], BLOOD_GROUP["title"], date, *BLOOD_GROUP["codes"],
        identifier=number("aaretal", "analysis", "BG-000519-17"), performer=[ref("Organization/aaretal")],
        answer=answer, answer_code=answer_code, **more)


def laboratory():
    lab("turia", "lab-wbc-1981", "Leukocytes", "1981-10-05", WBC, value=("16.40", "10*9/L"))
    lab("turia", "lab-hb-1981", "Hemoglobin", "1981-10-05", HB, value=("12.90", "g/dL"))
    lab("turia", "lab-chlamydia", "Chlamydia antigen test", "1989-03-07", "sct|310861008|Chlamydia antigen test",
        answer="Positive", answer_code=("sct|10828004|Positive",), security=("STD",))
    lab("turia", "lab-cure", "Clamidia, control tras tratamiento", "1989-04-25", answer="Negativo")
    lab("turia", "lab-hiv-1989", "Serología VIH", "1989-03-07", answer="Negativo", security=("HIV", "R"))
    lab("aaretal", "lab-hiv-1999", "Human immunodeficiency virus antigen test", "1999-10-12",
        "sct|31676001|Human immunodeficiency virus antigen test", **NEGATIVE)
    lab("aaretal", "lab-syphilis", "Syphilis infection test", "1999-10-12", "sct|269828009|Syphilis infection test",
        **NEGATIVE)
    lab("aaretal", "lab-hb-2000-03", "Hemoglobin", "2000-03-14", HB, value=("9.80", "g/dL"), interpretation=[
        hl7("v3-ObservationInterpretation", "L", "Low")])
    blood_group("2000-05-19", "A positive", "sct|278149003|Blood group A Rh(D) positive",
                issued="2000-05-19T01:20:00+02:00")
    lab("psy", "lab-cdt", "CDT (Alkoholmarker)", "2004-01-20", value=("2.10", "%"))
    lab("matte", "lab-ige", "House dust mite IgE", "2005-10-11",
        "loinc|6095-4|American house dust mite IgE Ab in Serum", value=("17.50", "kU/L", "k[IU]/L"))
    for year, date, values in (("2012", "2012-06-18", ("6.80", "1.30", "4.70", "1.80")),
                               ("2025", "2025-03-11", ("6.10", "1.50", "3.90", "1.50"))):
        names = []
        for (key, title, code), value in zip((("chol", "Cholesterol", CHOL), ("hdl", "HDL cholesterol", HDL),
                                              ("ldl", "LDL cholesterol", LDL), ("trig", "Triglycerides", TRIG)),
                                             values):
            names.append(f"lab-{key}-{year}")
            lab("matte", names[-1], title, date, code, value=(value, "mmol/L"))
        report("matte", f"rep-lipids-{year}", "LAB", "Lipid Panel", date, "loinc|57698-3|Lipid Panel", results=names)
    lab("turia", "lab-brca", "BRCA1 y BRCA2, secuenciación", "2014-10-16",
        answer="BRCA1: variante patogénica en heterocigosis")
    report("turia", "rep-brca", "LAB", "Panel genético BRCA1/BRCA2", "2014-10-30", results=["lab-brca"],
           conclusion="Portadora de una variante patogénica en BRCA1.", security=("GDIS", "R"),
           narrative="Portadora de una variante patogénica en BRCA1. Se ofrece consejo genético a la familia.")
    report("turia", "rep-smear", "LAB", "Citología cervicovaginal", "2015-02-05",
           "sct|90226004|Cytopathology procedure, preparation of smear, genital source", conclusion="Negativa.")
    lab("aaretal", "lab-creatinine", "Creatinine", "2021-09-27", "loinc|38483-4|Creatinine", value=("0.80", "mg/dL"))
    lab("aaretal", "lab-egfr", "Estimated Glomerular Filtration Rate", "2021-09-27",
        "loinc|33914-3|Estimated Glomerular Filtration Rate", value=("85", "mL/min/1.73 m2", "mL/min/{1.73_m2}"))
    lab("matte", "lab-a1c-2022", "Hemoglobin A1c", "2022-04-11", A1C, value=("6.00", "%"))
    lab("aaretal", "lab-hb-2023", "Hemoglobin", "2023-09-11", HB, value=("13.20", "g/dL"))
    lab("aaretal", "lab-potassium", "Potassium", "2023-09-11", "loinc|6298-4|Potassium", value=("4.10", "mmol/L"))
    lab("aaretal", "lab-troponin", "Troponin T, hochsensitiv", "2023-09-11", value=("11.0", "ng/L"))
    lab("matte", "lab-a1c-2025", "Hemoglobin A1c", "2025-03-11", A1C, value=("5.90", "%"))


def vitals():
    weight, height = "loinc|29463-7|Body Weight", "loinc|8302-2|Body Height"
    for source, key, date, kilos, metres in (("turia", "1968", "1968-04-17", "3.10", "49.0"),
                                             ("alameda", "1974", "1974-11-20", "20.40", "116.0"),
                                             ("matte", "2012", "2012-06-18", "71.00", "167.0")):
        vital(source, f"vit-weight-{key}", "Body weight", date, weight, value=(kilos, "kg"))
        vital(source, f"vit-height-{key}", "Body height", date, height, value=(metres, "cm"))
    vital("turia", "vit-temp", "Oral temperature", "1981-10-05", "loinc|8331-1|Oral temperature",
          value=("38.60", "°C", "Cel"))
    vital("aaretal", "vit-pulse", "Puls bei Eintritt", "2023-09-11", value=("34", "/min"))
    vital("matte", "vit-bmi", "Body mass index", "2025-03-11", "loinc|39156-5|Body Mass Index",
          value=("25.10", "kg/m2"))
    pressure("aaretal", "vit-bp-1999", "1999-10-12", "112", "70")
    pressure("matte", "vit-bp-2012", "2012-06-18", "158", "96")
    pressure("matte", "vit-bp-2025", "2025-03-11", "128", "80")


def social():
    observation("alameda", "soc-tobacco-1990", "social-history", "Tabaquismo", "1990-09-17",
                answer="Fumadora, 8 cigarrillos al día")
    observation("matte", "soc-tobacco-2012", "social-history", "Tobacco smoking status", "2012-06-18",
                "loinc|72166-2|Tobacco smoking status", answer="Former smoker",
                answer_code=("sct|8517006|Former smoker",))
    observation("matte", "soc-work", "social-history", "Beruf", "2005-10-11", answer="Übersetzerin")
    observation("aaretal", "soc-partner-2003", "social-history", "Partner violence screening", "2003-02-09",
                answer="Positive, wishes help", security=("SDV",))
    observation("matte", "soc-partner-2012", "social-history", "Screening auf häusliche Gewalt", "2012-06-18",
                answer="Unauffällig")
    observation("psy", "soc-audit-2004", "social-history", "AUDIT-C alcohol screening", "2004-01-20",
                value=("9", "score", "{score}"), security=("ETH",))
    observation("matte", "soc-audit-2024", "social-history", "AUDIT-C alcohol screening", "2024-03-05",
                value=("1", "score", "{score}"))
    observation("matte", "soc-drinks", "social-history", "Alcoholic drinks per day", "2012-06-18",
                "loinc|74013-4|Alcoholic drinks per day", value=("0.50", "drinks/day", "{drinks}/d"))


def pregnancy():
    code = "loinc|82810-3|Pregnancy status"
    observation("aaretal", "preg-1999", "social-history", "Pregnancy status", "1999-10-12", code,
                answer="Pregnant, 8 weeks")
    observation("aaretal", "preg-2000", "social-history", "Pregnancy status", "2000-04-25", code,
                answer="Pregnant, 36 weeks")
    for name, date in (("preg-1997", "1997-06-10"), ("preg-2015", "2015-03-12")):
        observation("turia", name, "social-history", "Pregnancy status", date, code, answer="Not pregnant",
                    answer_code=("sct|60001007|Not Pregnant",))


# --- what was done ----------------------------------------------------------------------------

def procedures():
    procedure("turia", "pro-cast", "Bone immobilization", "1978-07-22", "sct|274474001|Bone immobilization",
              why="Condition/con-forearm")
    procedure("turia", "pro-appendectomy", "Apendicectomía", "1981-10-05", why="Condition/con-appendicitis",
              by="Practitioner/ferrandiz")
    procedure("aaretal", "pro-birth", "Childbirth", "2000-05-19", "sct|66348005|Childbirth",
              why="Condition/con-pregnancy")
    procedure("aaretal", "pro-iud", "Insertion of intrauterine contraceptive device", "2001-02-06",
              "sct|65200003|Insertion of intrauterine contraceptive device", security=("SEX",))
    procedure("psy", "pro-therapy", "Kognitive Verhaltenstherapie, 24 Sitzungen", "2003-05",
              by="Practitioner/aebischer", security=("PSY",))
    procedure("matte", "pro-immunotherapy", "Subcutaneous immunotherapy", "2006-02-14",
              "sct|180256009|Subcutaneous immunotherapy")
    procedure("turia", "pro-ovaries", "Salpingooforectomía bilateral profiláctica", "2016-04-21",
              why="Condition/con-carrier", by="Practitioner/ferrandiz")
    procedure("aaretal", "pro-colonoscopy", "Colonoscopy", "2018-05-29", "sct|73761001|Colonoscopy")
    procedure("aaretal", "pro-cardioversion", "Elektrische Kardioversion", "2021-11-08",
              why="Condition/con-fibrillation", by="Practitioner/oesch")
    procedure("matte", "pro-phq", "Depression screening", "2022-04-11", "sct|171207006|Depression screening")
    procedure("aaretal", "pro-pacemaker", "Implantation of a dual-chamber pacemaker", "2023-09-13",
              why="Condition/con-block", by="Practitioner/oesch")


def pictures():
    imaging("turia", "img-forearm", "Radiografía de antebrazo", "1978-07-22", "DX", 2, "Digital Radiography")
    imaging("aaretal", "img-fetal", "Fetal anatomy study", "2000-01-11", "US", 6,
            procedureCode=[concept("Fetal anatomy study", "sct|271442007|Fetal anatomy study")])
    imaging("aaretal", "img-thorax-2003", "Röntgen Thorax", "2003-02-09", "DX", 2, "Digital Radiography",
            encounter=ref("Encounter/enc-emergency-2003"))
    imaging("turia", "img-mri-2015", "Resonancia de mama", "2015-03-12", "MR", 240)
    imaging("aaretal", "img-echo", "Echokardiographie", "2021-09-27", "US", 48)
    report("aaretal", "rep-echo", "RAD", "Echokardiographie, Befund", "2021-09-27",
           conclusion="LVEF 61.0 %. Linker Vorhof leicht vergrössert.", imagingStudy=[ref("ImagingStudy/img-echo")])
    imaging("zahn", "img-panoramic", "Orthopantomogramm", "2022-02-15", "PX", 1)
    imaging("aaretal", "img-thorax-2023", "Chest X-ray after pacemaker", "2023-09-14", "DX", 2, "Digital Radiography")
    report("aaretal", "rep-thorax-2023", "RAD", "Chest X-ray after pacemaker, report", "2023-09-14",
           conclusion="Leads in place, no pneumothorax.", imagingStudy=[ref("ImagingStudy/img-thorax-2023")])


def devices():
    def device(source, name, title, maker, model, safety=None, **more):
        add(source, "Device", name, status=more.pop("status", "active"), manufacturer=maker,
            serialNumber=f"FICT-{name.upper()}",
            deviceName=[{"name": title, "type": "user-friendly-name"}], modelNumber=model,
            type=concept(title), patient=ref(PATIENT), safety=[concept(safety)] if safety else None, **more)

    device("aaretal", "dev-iud", "Levonorgestrel-Intrauterinsystem", "Beispiel Pharma AG", "LNG-52",
           status="inactive")
    device("aaretal", "dev-pacemaker", "Dual-chamber pacemaker", "Cardiovia (fictional)", "Duo 3",
           "MR Conditional: 1.5 T, whole body, mode DOO")
    device("zahn", "dev-implant", "Dental implant, tooth 36", "Dentaria (fictional)", "T4", "MR Safe")
    add("aaretal", "DeviceUseStatement", "dev-use", status="active", subject=ref(PATIENT),
        timingPeriod=period("2023-09-13"), device=ref("Device/dev-pacemaker", "Dual-chamber pacemaker"),
        reasonReference=[ref("Condition/con-block")])


def encounters():
    encounter("turia", "enc-birth", "Nacimiento, parto eutócico", "1968-04-17", end="1968-04-21", kind="IMP")
    encounter("alameda", "enc-asthma", "Urgencia por asma", "1976-10-03", kind="EMER", diagnosis="con-asthma")
    encounter("turia", "enc-appendix", "Ingreso por apendicitis", "1981-10-05", end="1981-10-12", kind="IMP",
              diagnosis="con-appendicitis", by="Practitioner/ferrandiz")
    encounter("turia", "enc-sti", "Consulta de infecciones de transmisión sexual", "1989-03-07")
    encounter("turia", "enc-anaphylaxis", "Emergency room admission", "1992-02-11",
              "sct|50849002|Emergency room admission (procedure)", end="1992-02-12", kind="EMER",
              diagnosis="con-anaphylaxis")
    encounter("alameda", "enc-travel", "Consejo al viajero: Perú", "1994-06-03", by="Practitioner/esplugues")
    encounter("aaretal", "enc-prenatal", "Prenatal initial visit", "1999-10-12", "sct|424441002|Prenatal initial visit")
    encounter("aaretal", "enc-delivery", "Eintritt zur Geburt", "2000-05-18T22:10:00+02:00",
              end="2000-05-23T10:00:00+02:00", kind="IMP", diagnosis="con-pregnancy")
    encounter("aaretal", "enc-emergency-2003", "Notfall nach Tätlichkeit", "2003-02-09T23:35:00+01:00",
              end="2003-02-10T03:20:00+01:00", kind="EMER", diagnosis="con-abuse", security=("SDV", "R"))
    encounter("matte", "enc-talk-2003", "Beratungsgespräch", "2003-02-12",
              narrative="Gespräch über Gewalt in der Partnerschaft. Adresse des Frauenhauses abgegeben.")
    encounter("psy", "enc-psy-2003", "Erstgespräch", "2003-04-02", diagnosis="con-depression",
              by="Practitioner/aebischer")
    encounter("matte", "enc-checkup-2012", "Encounter for check up", "2012-06-18",
              "sct|185349003|Encounter for check up (procedure)", by="Practitioner/camenzind")
    encounter("turia", "enc-genetics", "Consejo genético", "2014-11-06")
    encounter("zahn", "enc-dental", "Zahnimplantat 36", "2022-02-15", by="Practitioner/gfeller")
    encounter("aaretal", "enc-pacemaker", "Stationärer Aufenthalt, Kardiologie", "2023-09-11T07:50:00+02:00",
              end="2023-09-15T11:00:00+02:00", kind="IMP", diagnosis="con-block", by="Practitioner/oesch")
    encounter("matte", "enc-checkup-2025", "Follow-up encounter", "2025-03-11", "sct|390906007|Follow-up encounter",
              by="Practitioner/camenzind")


def notes():
    note("turia", "doc-appendix", "Informe de alta: apendicectomía", "1981-10-12T09:00:00+01:00",
         "Apendicectomía sin complicaciones. Herida limpia. Retirada de puntos en ocho días.",
         by="Practitioner/ferrandiz", language="es")
    note("aaretal", "doc-delivery", "Geburtsbericht", "2000-05-23T10:00:00+02:00",
         "Spontangeburt am 19.05.2000 um 04:52 Uhr, Knabe, 3.25 kg, APGAR 9/10/10. Stillt gut.", language="de")
    note("aaretal", "doc-shelter", "Übertritt ins Frauenhaus", "2003-02-10T03:20:00+01:00",
         "Begleitet ins Frauenhaus, das Kind ist bei ihr. Adresse nicht weitergeben.", language="de",
         narrative="Begleitet ins Frauenhaus, das Kind ist bei ihr. Adresse nicht weitergeben.")
    note("psy", "doc-therapy-1", "Psychotherapie, Sitzung 1", "2003-05-07T14:00:00+02:00",
         "Schläft wenig, grübelt. Ziel: wieder allein einkaufen gehen.", by="Practitioner/aebischer",
         security=("PSYTHPN", "V"), language="de")
    note("psy", "doc-therapy-12", "Psychotherapie, Sitzung 12", "2003-10-15T14:00:00+02:00",
         "Arbeitet wieder zu 50 %. Albträume seltener.", by="Practitioner/aebischer",
         security=("PSYTHPN", "V"), language="de")
    note("psy", "doc-therapy-end", "Abschlussbericht der Therapie", "2004-10-30T15:00:00+02:00",
         "Remission der depressiven Episode. Sertralin ausgeschlichen.", by="Practitioner/aebischer", language="de")
    note("turia", "doc-genetics", "Carta a la familia", "2014-11-20T12:00:00+01:00",
         "Recomendamos a las primas el estudio de BRCA1.", language="es",
         context={"related": [ref("DiagnosticReport/rep-brca")]})
    note("psy", "doc-relapse", "Verlaufsnotiz: depressive Stimmung", "2018-02-13T16:00:00+01:00",
         "Besser seit Dezember. Escitalopram weiter.", language="de")
    note("aaretal", "doc-pacemaker", "Austrittsbericht Kardiologie", "2023-09-15T11:00:00+02:00",
         "Schrittmacher DDD 60/min. Wunde reizlos. Apixaban ab 16.09.2023 wieder 2 x 5 mg.", by="Practitioner/oesch",
         language="de")
    note("matte", "doc-2025", "Letter of the family doctor", "2025-03-11T17:30:00+01:00",
         "Blood pressure 128/80, HbA1c 5.90 %. Next visit in six months.", by="Practitioner/camenzind")


def plans():
    plan("aaretal", "plan-antenatal", "Routine antenatal care", "1999-10-12", "sct|134435003|Routine antenatal care",
         end="2000-05-19", addresses="Condition/con-pregnancy")
    plan("psy", "plan-safety", "Krisenplan", "2003-04-16", end="2004-10-30", addresses="Condition/con-depression",
         activities=["Wöchentliche Sitzung", "Notfallnummer im Portemonnaie"])
    plan("matte", "plan-asthma", "Asthma self management", "2005-10-11", "sct|699728000|Asthma self management",
         activities=["Peak flow each morning", "Action plan in three colours"],
         addresses="Condition/con-asthma-adult")
    plan("turia", "plan-breast", "Seguimiento anual de mama", "2015-01-15",
         activities=["Resonancia anual", "Mamografía anual"], addresses="Condition/con-carrier")
    for source, name, text, target, due in (
            ("matte", "goal-pressure", "Blood pressure below 135/85", "Condition/con-hypertension", "2012-12-31"),
            ("psy", "goal-sober", "Drei Monate ohne Alkohol", "Condition/con-alcohol", "2004-06-30")):
        add(source, "Goal", name, lifecycleStatus="completed",
            achievementStatus=hl7("goal-achievement", "achieved", "Achieved"), description={"text": text},
            subject=ref(PATIENT), target=[{"measure": {"text": text}, "detailString": text, "dueDate": due}],
            addresses=[ref(target)])


def family():
    relative("matte", "fam-father", "FTH", "Father", {"code": concept("Myocardial infarction"), "onsetString": "58"})
    relative("matte", "fam-mother", "MTH", "Mother", {"code": concept("Essential hypertension",
             "sct|59621000|Essential hypertension")})
    relative("turia", "fam-sister", "SIS", "Hermana", {"code": concept("Cáncer de mama a los 44, portadora de BRCA1")})


def directives():
    for name, title, date, rule in (
            ("dir-will", "Patientenverfügung", "2022-05-03", "Keine Reanimation bei aussichtsloser Prognose"),
            ("dir-proxy", "Vorsorgeauftrag: Aitana Peñalver", "2022-05-03", "Die Schwester entscheidet mit"),
            ("dir-organs", "Organspende: ja", "2022-05-03", "Alle Organe, auch für die Forschung")):
        add("matte", "Consent", name, language="de", status="active", scope=hl7("consentscope", "adr"),
            category=[hl7("consentcategorycodes", "acd", "Advance Directive") | {"text": title}],
            patient=ref(PATIENT), dateTime=date, policyRule={"text": rule},
            provision={"type": "permit", "code": [{"text": title}]})


# --- out --------------------------------------------------------------------------------------

def bundle():
    """Returns the text of patient.json: one entry a line."""
    for chapter in (demographics, houses, coverage, allergies, conditions, medications, vaccines, laboratory, vitals,
                    social, pregnancy, procedures, pictures, devices, encounters, notes, plans, family, directives):
        chapter()
    home = {f"{resource['resourceType']}/{resource['id']}": source for source, resource in ENTRIES}
    head = {"resourceType": "Bundle", "id": "nuria-penalver",
            "meta": {"tag": [{"system": HL7 + "v3-ActReason", "code": "HTEST", "display": "test health data"}]},
            "type": "collection", "timestamp": "2025-04-01T08:00:00+02:00"}
    lines = [encode({"fullUrl": f"{SOURCES[source]}{resource['resourceType']}/{resource['id']}",
                     "resource": link(resource, source, home)}) for source, resource in ENTRIES]
    return encode(head)[:-1] + ', "entry": [\n' + ",\n".join(lines) + "\n]}\n", home


def correction(home):
    """Returns the text of correction.json: the same analysis, determined anew."""
    ENTRIES.clear()
    blood_group("2023-09-12", "O negative", status="corrected", issued="2023-09-12T09:15:00+02:00",
                note=[{"text": "Two samples, drawn and typed apart. Antibody screen negative."}])
    [(source, resource)] = ENTRIES
    return json.dumps(link(resource, source, home), ensure_ascii=False, indent=2) + "\n"


def main():
    patient, home = bundle()
    texts = {"patient.json": patient, "correction.json": correction(home), "pacemaker-card.pdf": card()}
    if sys.argv[1:] == ["--check"]:
        stale = [name for name, text in texts.items()
                 if not (HERE / name).is_file() or (HERE / name).read_text("utf-8") != text]
        for name in stale:
            print(f"{name} differs from what generate.py writes", file=sys.stderr)
        sys.exit(1 if stale else 0)
    for name, text in texts.items():
        (HERE / name).write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()
