//! Real input: every entry of the test data's `fhir/` is read and understood.

use std::{fs::File, path::PathBuf};

use patient_wallet::record::{Category, RecordError, Resource, ResourceReader, SectionMap, Source};

#[test]
fn every_entry_of_the_test_data_is_understood() {
    let Some(folder) = std::env::var_os("WALLET_TEST_DATA") else {
        println!("not run: no WALLET_TEST_DATA");
        return;
    };
    for (name, entries) in FILES {
        let path = PathBuf::from(&folder).join("fhir").join(name);
        let found = read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(found, entries, "{name}");
    }
}

fn read(path: &PathBuf) -> Result<usize, RecordError> {
    let mut reader = ResourceReader::new(File::open(path)?)?;
    let mut sections: Option<SectionMap> = None;
    let mut found = 0;
    while let Some(item) = reader.next()? {
        let raw = item.resource().expect("every entry holds a resource");
        let here = Source::file([1; 16]).at(item.full_url());
        if item.index() == 0 {
            sections = SectionMap::from_composition(raw, &here)?;
        }
        let resource = Resource::parse(raw, &here.in_sections(sections.as_ref()))?;
        assert_eq!(resource.raw(), raw);
        assert!(!resource.identities().is_empty(), "each entry has a fullUrl");
        assert!(!resource.title().as_str().is_empty());
        let organisation = ["Organization", "Practitioner", "PractitionerRole"];
        let other = resource.category() == Category::Other;
        assert_eq!(other, organisation.contains(&resource.resource_type().name()));
        found += 1;
    }
    Ok(found)
}

const FILES: [(&str, usize); 8] = [
    ("ips-all-sections.json", 42),
    ("ips-bundle-01.json", 20),
    ("synthea-hyacinth.json", 244),
    ("synthea-karena.json", 197),
    ("synthea-kimiko.json", 499),
    ("synthea-luigi.json", 61),
    ("synthea-tressa.json", 451),
    ("synthea-wendell.json", 1116),
];
