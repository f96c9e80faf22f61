"""Who the sample patient is: her data, houses, cover, allergies, conditions, medications, vaccines."""

from shapes import (
    PATIENT, add, allergy, concept, condition, encounter, hl7, medication, number, organization,
    period, practitioner, ref, vaccine,
)


# --- who she is -------------------------------------------------------------------------------

def demographics():
    add("matte", "Patient", "nuria-penalver", language="de",
        identifier=[{"system": "https://ehr.praxis-matte.example/id/patient", "value": "PM-004217"},
                    {"system": "https://fhir.spital-aaretal.example/id/patient", "value": "A-1999-30188"},
                    {"system": "https://fhir.santalucia-hospital.example/id/nhc", "value": "SL-68-0417"}],
        active=True, name=[{"use": "official", "text": "Núria Peñalver Zurbrügg", "family": "Peñalver Zurbrügg",
                            "given": ["Núria"]}],
        telecom=[{"system": "email", "value": "nuria@penalver.example"}], gender="female",
        birthDate="1968-04-17",
        address=[{"use": "home", "line": ["Erfundene Gasse 7"], "city": "Bern", "country": "CH"},
                 {"use": "old", "line": ["Calle Inventada 12"], "city": "València", "country": "ES"}],
        maritalStatus=hl7("v3-MaritalStatus", "D", "Divorced"),
        communication=[{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": code}], "text": text}} |
                       ({"preferred": True} if code == "es" else {})
                       for code, text in (("es", "Español"), ("ca", "Valencià"), ("de", "Deutsch"))],
        generalPractitioner=[ref("Practitioner/camenzind")])
    for name, given, family, code, text, phone in (
            ("sister", "Aitana", "Peñalver Zurbrügg", "SIS", "Sister, health care proxy", "+34 000 000 001"),
            ("son", "Liam", "Nydegger Peñalver", "SONC", "Son", "+41 00 000 00 02"),
            ("mother", "Margrit", "Zurbrügg Aeberhard", "MTH", "Mother", None)):
        add("matte", "RelatedPerson", name, active=name != "mother", patient=ref(PATIENT),
            relationship=[hl7("v3-RoleCode", code) | {"text": text}],
            name=[{"text": f"{given} {family}", "family": family, "given": [given]}],
            telecom=[{"system": "phone", "value": phone}] if phone else None)


def houses():
    organization("turia", "turia", "Hospital Santa Lucía del Turia", "Hospital", "València", "ES")
    organization("alameda", "alameda", "Centro de Salud Alameda", "Centro de salud", "València", "ES")
    organization("aaretal", "aaretal", "Spital Aaretal", "Spital", "Bern", "CH")
    organization("matte", "matte", "Hausarztpraxis Matte", "Hausarztpraxis", "Bern", "CH")
    organization("psy", "psy", "Praxis Länggass", "Praxis für Psychotherapie", "Bern", "CH")
    organization("zahn", "zahn", "Zahnärzte Marktgasse", "Zahnarztpraxis", "Bern", "CH")
    organization("matte", "alpenrose", "Krankenkasse Alpenrose", "Versicherer", "Zürich", "CH")
    practitioner("alameda", "esplugues", "Vicent", "Esplugues", "Dr.", "Medicina de familia")
    practitioner("turia", "ferrandiz", "Amparo", "Ferrándiz", "Dra.", "Cirugía general")
    practitioner("aaretal", "zbinden", "Regula", "Zbinden", "Dr. med.", "Hämatologie")
    practitioner("aaretal", "oesch", "Beat", "Oesch", "Dr. med.", "Kardiologie")
    practitioner("matte", "camenzind", "Ursina", "Camenzind", "Dr. med.", "Allgemeine Innere Medizin")
    practitioner("psy", "aebischer", "Judith", "Aebischer", "lic. phil.", "Psychotherapie")
    practitioner("zahn", "gfeller", "Tobias", "Gfeller", "Dr. med. dent.", "Zahnmedizin")


def coverage():
    for source, name, title, value, start, end, payor in (
            ("alameda", "cov-sns", "Sanidad pública, tarjeta sanitaria", "ES-0000-FICT", "1968-04-17", "1998-08-31",
             "Organization/alameda"),
            ("matte", "cov-okp", "Obligatorische Krankenpflegeversicherung", "756.0000.0000.00", "1998-09-01", None,
             "Organization/alpenrose"),
            ("matte", "cov-vvg", "Zusatzversicherung Zahn und Reise", "AR-77-0042", "2005-01-01", None,
             "Organization/alpenrose")):
        add(source, "Coverage", name, identifier=number(source, "policy", value),
            status="cancelled" if end else "active", type=concept(title), beneficiary=ref(PATIENT),
            period=period(start, end), payor=[ref(payor)])


# --- what she has and had ---------------------------------------------------------------------

def allergies():
    allergy("turia", "alg-penicillin", "Penicillin", "1992-02-11", "sct|764146007|Penicillin",
            category="medication", criticality="high", reaction="Anaphylaxis", severity="severe",
            narrative="Anafilaxia a los diez minutos de la primera toma. No dar betalactámicos.")
    allergy("alameda", "alg-mite", "House dust mite allergy", "1976-10-04", "sct|232350006|House dust mite allergy",
            category="environment", criticality="low", reaction="Rinitis y sibilancias", severity="mild")
    allergy("matte", "alg-bee", "Allergy to bee venom", "2005-07-19", "sct|424213003|Allergy to bee venom",
            category="environment", criticality="high", status="inactive", reaction="Generalised urticaria",
            severity="moderate")
    allergy("matte", "alg-ibuprofen", "Ibuprofen", "2007-03-02", kind="intolerance", category="medication",
            criticality="high", reaction="Asthmaanfall", severity="moderate")
    allergy("matte", "alg-nickel", "Nickelallergie", "2010-05-20", category="environment", criticality="low",
            reaction="Kontaktekzem", severity="mild")


def conditions():
    condition("alameda", "con-varicella", "Varicela", "1973-03-02", "icd|B01.9|Varicella without complication",
              end="1973-03-16")
    condition("alameda", "con-asthma", "Childhood asthma", "1974-11-20", "sct|233678006|Childhood asthma",
              end="1986")
    condition("turia", "con-forearm", "Fracture of forearm", "1978-07-22", "sct|65966004|Fracture of forearm",
              end="1978-09-10")
    condition("turia", "con-appendicitis", "Apendicitis aguda", "1981-10-05",
              "icd|K35.80|Unspecified acute appendicitis", end="1981-10-12")
    condition("turia", "con-chlamydia", "Infección genital baja, aguda", "1989-03-07",
              "icd|A56.00|Chlamydial infection of lower genitourinary tract, unspecified", end="1989-04-25")
    condition("turia", "con-anaphylaxis", "Anafilaxia", "1992-02-11",
              "icd|T88.6XXA|Anaphylactic reaction due to adverse effect of correct drug or medicament properly "
              "administered, initial encounter", end="1992-02-12")
    condition("turia", "con-loss", "Pérdida gestacional, semana 9", "1997-05-13",
              "icd|O03.9|Complete or unspecified spontaneous abortion without complication", end="1997-05-27")
    condition("aaretal", "con-pregnancy", "Normal pregnancy", "1999-08-20", "sct|72892002|Normal pregnancy",
              end="2000-05-19")
    condition("aaretal", "con-anemia", "Eisenmangelanämie", "2000-03-14",
              "icd|D50.9|Iron deficiency anemia, unspecified", end="2000-11-30")
    condition("aaretal", "con-abuse", "Thoraxprellung, Zustand nach Tätlichkeit", "2003-02-09",
              "icd|T74.11XA|Adult physical abuse, confirmed, initial encounter", end="2003-03-10",
              security=("SDV", "R"))
    condition("psy", "con-depression", "Major depressive episode", "2003-04-02",
              "icd|F32.1|Major depressive disorder, single episode, moderate", end="2004-10-30",
              security=("PSY", "R"),
              narrative="Mittelgradige depressive Episode nach Trennung. Keine Suizidalität.")
    condition("psy", "con-alcohol", "Schädlicher Gebrauch, zeitweise", "2004-01-20",
              "icd|F10.10|Alcohol abuse, uncomplicated", end="2005-06-01", security=("ETH",))
    condition("matte", "con-asthma-adult", "Asthma", "2005-10-11", "sct|195967001|Asthma")
    condition("matte", "con-migraine", "Migräne ohne Aura", "2006-09-05",
              "icd|G43.009|Migraine without aura, not intractable, without status migrainosus")
    condition("matte", "con-hypertension", "Essential hypertension", "2012-06-18",
              "sct|59621000|Essential hypertension", "icd|I10|Essential (primary) hypertension")
    condition("matte", "con-lipids", "Hyperlipidemia", "2012-06-25", "sct|55822004|Hyperlipidemia")
    condition("turia", "con-carrier", "Riesgo hereditario de cáncer de mama", "2014-11-06",
              "icd|Z15.01|Genetic susceptibility to malignant neoplasm of breast")
    condition("turia", "con-menopause", "Menopausal flushing", "2016-05-30",
              "sct|198436008|Menopausal flushing (finding)", end="2019-03-01")
    condition("psy", "con-recurrence", "Erneute Episode", "2017-09-12",
              "icd|F33.1|Major depressive disorder, recurrent, moderate", end="2018-11-20")
    condition("aaretal", "con-fibrillation", "Paroxysmal atrial fibrillation", "2021-09-27",
              "icd|I48.0|Paroxysmal atrial fibrillation")
    condition("matte", "con-prediabetes", "Prediabetes", "2022-04-11", "sct|15777000|Prediabetes")
    condition("aaretal", "con-block", "AV-Block dritten Grades mit Synkope", "2023-09-11",
              "icd|I44.2|Atrioventricular block, complete", "icd|R55|Syncope and collapse")
    for name, title, start in (("flag-mri", "Pacemaker: MRI only under its conditions", "2023-09-14"),
                               ("flag-anticoagulant", "Takes an anticoagulant: apixaban", "2021-10-04")):
        add("aaretal", "Flag", name, status="active", category=[hl7("flag-category", "safety", "Safety")],
            code=concept(title), subject=ref(PATIENT), period=period(start))


def medications():
    medication("turia", "med-doxycycline", "Doxiciclina 100 mg", "1989-03-09", dose="1 cada 12 h, 7 días",
               why="Condition/con-chlamydia")
    medication("alameda", "med-pill", "Combined oral contraceptive", "1990-09-17", dose="1 al día, 21 días")
    medication("alameda", "med-penicillin", "Penicillin V Potassium 500 MG Oral Tablet", "1992-02-11",
               "rx|834102|Penicillin V Potassium 500 MG Oral Tablet", status="stopped", dose="1 cada 6 h")
    medication("aaretal", "med-iron", "Eisen(II)-sulfat 80 mg", "2000-03-14", dose="1 täglich, nüchtern",
               why="Condition/con-anemia")
    medication("psy", "med-sertraline", "Sertralin 50 mg", "2003-04-16", dose="1 morgens")
    medication("psy", "med-naltrexone", "Naltrexon 50 mg", "2004-02-03", dose="1 täglich")
    medication("matte", "med-albuterol", "Albuterol 0.09 MG, inhaler", "2005-10-11",
               "rx|745679|200 ACTUAT Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler", status="active",
               dose="2 puffs when short of breath")
    medication("matte", "med-fluticasone", "Fluticasone 0.044 MG, inhaler", "2005-10-11",
               "rx|895994|120 ACTUAT Fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler", status="active",
               dose="2 puffs twice a day")
    medication("matte", "med-epinephrine", "Epinephrine 0.3 mg, auto-injector", "2005-07-19",
               "rx|1870230|NDA020800 0.3 ML Epinephrine 1 MG/ML Auto-Injector", dose="Into the thigh after a sting")
    medication("matte", "med-ibuprofen", "Ibuprofen 200 MG Oral Tablet", "2007-02-26",
               "rx|310965|Ibuprofen 200 MG Oral Tablet", status="stopped", dose="1 when needed")
    medication("matte", "med-lisinopril", "Lisinopril 10 mg", "2012-06-25",
               "sct|108575001|Product containing lisinopril (medicinal product)", status="stopped", dose="1 a day")
    medication("matte", "med-candesartan", "Candesartan 8 mg", "2012-10-08", status="active", dose="1 morgens",
               why="Condition/con-hypertension")
    medication("turia", "med-estradiol", "Estradiol y noretisterona, parche", "2016-06-13", dose="2 por semana")
    add("psy", "MedicationStatement", "med-escitalopram",
        contained=[{"resourceType": "Medication", "id": "m1", "code": concept("Escitalopram 10 mg, Filmtabletten")}],
        status="completed", medicationReference=ref("#m1", "Escitalopram 10 mg"), subject=ref(PATIENT),
        effectivePeriod=period("2017-09-26", "2018-10-31"), dosage=[{"text": "1 morgens"}])
    medication("aaretal", "med-apixaban", "Apixaban 5 mg", "2021-10-04", status="active", dose="1 twice a day",
               why="Condition/con-fibrillation", by="Practitioner/oesch")
    medication("matte", "med-paracetamol", "Acetaminophen 325 MG Oral Tablet", "2022-01-17",
               "rx|313782|Acetaminophen 325 MG Oral Tablet", status="active", dose="2 when needed")


def vaccines():
    for name, title, date in (
            ("vac-bcg", "BCG", "1968-04-20"), ("vac-dtp", "DTP y polio oral", "1968-07-18"),
            ("vac-smallpox", "Viruela", "1969-05-08"),
            ("vac-measles", "Sarampión", "1978-10-11"), ("vac-rubella", "Rubéola", "1979-10-16"),
            ("vac-yellow", "Fiebre amarilla", "1994-06-03"), ("vac-hepa", "Hepatitis A", "1994-06-03")):
        vaccine("alameda", name, title, date)
    vaccine("alameda", "vac-hepb", "Hep B, adult", "1994-06-03", "cvx|43|Hep B, adult", lot="FICT-0431")
    vaccine("matte", "vac-td", "Td (adult)", "2004-08-24", "cvx|113|Td (adult) preservative free")
    for count, date in enumerate(("2009-03-10", "2009-04-14", "2010-03-16"), 1):
        vaccine("matte", f"vac-tbe-{count}", f"FSME-Impfung, {count}. Dosis", date)
    covid = "cvx|208|COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose"
    vaccine("matte", "vac-covid-1", "COVID-19, mRNA", "2021-05-12", covid, lot="FICT-2081")
    vaccine("matte", "vac-covid-2", "COVID-19, mRNA", "2021-12-08", covid, lot="FICT-2082")
    vaccine("matte", "vac-flu", "Influenza, seasonal", "2024-10-22",
            "cvx|140|Influenza, seasonal, injectable, preservative free", lot="FICT-1404")
