//! The resource types of FHIR R4 (4.0.1, `http://hl7.org/fhir/resource-types`) and where each
//! belongs when nothing but the type is known.

use std::{fmt, str::FromStr};

use super::{
    RecordError,
    category::Category::{
        self, Allergies, CarePlans, Conditions, Coverage, Demographics, Devices, Directives,
        Encounters, FamilyHistory, Imaging, Immunizations, Laboratory, Medications, Notes, Other,
        Procedures,
    },
};

/// Names one resource type of FHIR R4.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceType(u8);

impl ResourceType {
    /// Returns the name, as `resourceType` has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        TYPES.get(usize::from(self.0)).map_or("", |(name, _)| name)
    }

    /// Returns the category of the type, before its content has been looked at.
    #[must_use]
    pub fn category(self) -> Category {
        TYPES.get(usize::from(self.0)).map_or(Other, |(_, category)| *category)
    }

    /// Iterates over all types in the order of their names.
    pub fn all() -> impl Iterator<Item = Self> {
        (0_u8..).zip(TYPES).map(|(index, _)| Self(index))
    }
}

impl FromStr for ResourceType {
    type Err = RecordError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let index = TYPES.binary_search_by_key(&name, |(name, _)| name).ok();
        let index = index.and_then(|index| u8::try_from(index).ok());
        index.map(Self).ok_or(RecordError::UnknownType)
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `Other` is never disclosed by a preset, so nothing that says something about the patient's
/// health is there: only definitions, the care system's own addresses and its bookkeeping. What
/// can hold anything (`Basic`, `Binary`, `Bundle`, `List`, `Parameters`) counts as a note.
const TYPES: [(&str, Category); 146] = [
    ("Account", Coverage),
    ("ActivityDefinition", Other),
    ("AdverseEvent", Conditions),
    ("AllergyIntolerance", Allergies),
    ("Appointment", Encounters),
    ("AppointmentResponse", Encounters),
    ("AuditEvent", Other),
    ("Basic", Notes),
    ("Binary", Notes),
    ("BiologicallyDerivedProduct", Procedures),
    ("BodyStructure", Conditions),
    ("Bundle", Notes),
    ("CapabilityStatement", Other),
    ("CarePlan", CarePlans),
    ("CareTeam", CarePlans),
    ("CatalogEntry", Other),
    ("ChargeItem", Coverage),
    ("ChargeItemDefinition", Other),
    ("Claim", Coverage),
    ("ClaimResponse", Coverage),
    ("ClinicalImpression", Notes),
    ("CodeSystem", Other),
    ("Communication", Notes),
    ("CommunicationRequest", Notes),
    ("CompartmentDefinition", Other),
    ("Composition", Notes),
    ("ConceptMap", Other),
    ("Condition", Conditions),
    ("Consent", Directives),
    ("Contract", Coverage),
    ("Coverage", Coverage),
    ("CoverageEligibilityRequest", Coverage),
    ("CoverageEligibilityResponse", Coverage),
    ("DetectedIssue", Medications),
    ("Device", Devices),
    ("DeviceDefinition", Other),
    ("DeviceMetric", Devices),
    ("DeviceRequest", Devices),
    ("DeviceUseStatement", Devices),
    ("DiagnosticReport", Laboratory),
    ("DocumentManifest", Notes),
    ("DocumentReference", Notes),
    ("EffectEvidenceSynthesis", Other),
    ("Encounter", Encounters),
    ("Endpoint", Other),
    ("EnrollmentRequest", Coverage),
    ("EnrollmentResponse", Coverage),
    ("EpisodeOfCare", Encounters),
    ("EventDefinition", Other),
    ("Evidence", Other),
    ("EvidenceVariable", Other),
    ("ExampleScenario", Other),
    ("ExplanationOfBenefit", Coverage),
    ("FamilyMemberHistory", FamilyHistory),
    ("Flag", Conditions),
    ("Goal", CarePlans),
    ("GraphDefinition", Other),
    ("Group", Other),
    ("GuidanceResponse", CarePlans),
    ("HealthcareService", Other),
    ("ImagingStudy", Imaging),
    ("Immunization", Immunizations),
    ("ImmunizationEvaluation", Immunizations),
    ("ImmunizationRecommendation", Immunizations),
    ("ImplementationGuide", Other),
    ("InsurancePlan", Coverage),
    ("Invoice", Coverage),
    ("Library", Other),
    ("Linkage", Other),
    ("List", Notes),
    ("Location", Other),
    ("Measure", Other),
    ("MeasureReport", Notes),
    ("Media", Imaging),
    ("Medication", Medications),
    ("MedicationAdministration", Medications),
    ("MedicationDispense", Medications),
    ("MedicationKnowledge", Medications),
    ("MedicationRequest", Medications),
    ("MedicationStatement", Medications),
    ("MedicinalProduct", Other),
    ("MedicinalProductAuthorization", Other),
    ("MedicinalProductContraindication", Other),
    ("MedicinalProductIndication", Other),
    ("MedicinalProductIngredient", Other),
    ("MedicinalProductInteraction", Other),
    ("MedicinalProductManufactured", Other),
    ("MedicinalProductPackaged", Other),
    ("MedicinalProductPharmaceutical", Other),
    ("MedicinalProductUndesirableEffect", Other),
    ("MessageDefinition", Other),
    ("MessageHeader", Other),
    ("MolecularSequence", Laboratory),
    ("NamingSystem", Other),
    ("NutritionOrder", CarePlans),
    ("Observation", Laboratory),
    ("ObservationDefinition", Other),
    ("OperationDefinition", Other),
    ("OperationOutcome", Other),
    ("Organization", Other),
    ("OrganizationAffiliation", Other),
    ("Parameters", Notes),
    ("Patient", Demographics),
    ("PaymentNotice", Coverage),
    ("PaymentReconciliation", Coverage),
    ("Person", Demographics),
    ("PlanDefinition", Other),
    ("Practitioner", Other),
    ("PractitionerRole", Other),
    ("Procedure", Procedures),
    ("Provenance", Other),
    ("Questionnaire", Other),
    ("QuestionnaireResponse", Notes),
    ("RelatedPerson", Demographics),
    ("RequestGroup", CarePlans),
    ("ResearchDefinition", Other),
    ("ResearchElementDefinition", Other),
    ("ResearchStudy", Other),
    ("ResearchSubject", CarePlans),
    ("RiskAssessment", Conditions),
    ("RiskEvidenceSynthesis", Other),
    ("Schedule", Other),
    ("SearchParameter", Other),
    ("ServiceRequest", CarePlans),
    ("Slot", Other),
    ("Specimen", Laboratory),
    ("SpecimenDefinition", Other),
    ("StructureDefinition", Other),
    ("StructureMap", Other),
    ("Subscription", Other),
    ("Substance", Medications),
    ("SubstanceNucleicAcid", Other),
    ("SubstancePolymer", Other),
    ("SubstanceProtein", Other),
    ("SubstanceReferenceInformation", Other),
    ("SubstanceSourceMaterial", Other),
    ("SubstanceSpecification", Other),
    ("SupplyDelivery", Devices),
    ("SupplyRequest", Devices),
    ("Task", CarePlans),
    ("TerminologyCapabilities", Other),
    ("TestReport", Other),
    ("TestScript", Other),
    ("ValueSet", Other),
    ("VerificationResult", Other),
    ("VisionPrescription", Devices),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_name_and_no_other_is() {
        assert_eq!(ResourceType::all().count(), 146, "FHIR 4.0.1 has 146 concrete types");
        for kind in ResourceType::all() {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        for name in ["", "patient", "DomainResource", "Resource", "Permission", "Patient "] {
            assert_eq!(name.parse::<ResourceType>(), Err(RecordError::UnknownType));
        }
    }

    #[test]
    fn what_is_filed_as_other_says_nothing_about_a_patient() {
        let other = ResourceType::all().filter(|kind| kind.category() == Other);
        let clinical: Vec<_> = other
            .map(ResourceType::name)
            .filter(|name| {
                !(name.ends_with("Definition")
                    || name.starts_with("MedicinalProduct")
                    || name.starts_with("Substance")
                    || name.contains("Evidence")
                    || SYSTEM.contains(name))
            })
            .collect();
        assert_eq!(clinical, [""; 0]);
    }

    const SYSTEM: [&str; 34] = [
        "AuditEvent",
        "CapabilityStatement",
        "CatalogEntry",
        "CodeSystem",
        "ConceptMap",
        "Endpoint",
        "ExampleScenario",
        "Group",
        "HealthcareService",
        "ImplementationGuide",
        "Library",
        "Linkage",
        "Location",
        "Measure",
        "MessageHeader",
        "NamingSystem",
        "OperationOutcome",
        "Organization",
        "OrganizationAffiliation",
        "Practitioner",
        "PractitionerRole",
        "Provenance",
        "Questionnaire",
        "ResearchStudy",
        "Schedule",
        "SearchParameter",
        "Slot",
        "StructureMap",
        "Subscription",
        "TerminologyCapabilities",
        "TestReport",
        "TestScript",
        "ValueSet",
        "VerificationResult",
    ];
}
