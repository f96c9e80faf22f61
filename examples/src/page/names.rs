//! What the records of a page are called, by the names under which others refer to them.

use patient_wallet::record::{Resource, Text};
use zeroize::Zeroizing;

/// Finds the title of a record by a reference to it.
#[derive(Default)]
pub(super) struct Names(Vec<(Text, Option<Text>)>);

impl Names {
    /// Collects the names of resources. One that two of them go by names neither.
    pub(super) fn of<'a>(resources: impl Iterator<Item = &'a Resource<'a>>) -> Self {
        let mut names = Vec::new();
        for resource in resources {
            let Some((reference, id)) = resource.reference().zip(resource.id()) else { continue };
            let mut uuid = Zeroizing::new(String::with_capacity(URN.len() + id.as_str().len()));
            uuid.push_str(URN);
            uuid.push_str(id.as_str());
            names.push((reference, Some(resource.title().clone())));
            names.push((Text::from(uuid), Some(resource.title().clone())));
        }
        names.sort_by(|(one, _), (other, _)| one.cmp(other));
        names.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 = None;
            }
            is_same
        });
        Self(names)
    }

    /// Finds the title for a reference: `Type/id`, a URL that ends so, or a UUID.
    pub(super) fn find(&self, reference: &str) -> Option<&str> {
        let target = reference.split_once("/_history/").map_or(reference, |(target, _)| target);
        let mut slashes = target.rmatch_indices('/');
        let name = match slashes.nth(1) {
            Some((slash, _)) => target.get(slash + 1..)?,
            None => target,
        };
        let at = self.0.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        self.0.get(at)?.1.as_ref().map(Text::as_str)
    }
}

const URN: &str = "urn:uuid:";

#[cfg(test)]
mod tests {
    use patient_wallet::record::Source;

    use super::*;

    #[test]
    fn a_record_is_found_by_its_name_unless_two_share_it() {
        let condition = |id: &str, text: &str| {
            format!(r#"{{"resourceType":"Condition","id":"{id}","code":{{"text":"{text}"}}}}"#)
        };
        let sent = [condition("1", "Asthma"), condition("2", "Gout"), condition("2", "Ulcer")];
        let source = Source::file([0; 16]);
        let resources: Vec<_> =
            sent.iter().map(|json| Resource::parse(json, &source).unwrap()).collect();
        let names = Names::of(resources.iter());
        assert_eq!(names.find("Condition/1"), Some("Asthma"));
        assert_eq!(names.find("http://h.example/fhir/Condition/1/_history/2"), Some("Asthma"));
        assert_eq!(names.find("urn:uuid:1"), Some("Asthma"));
        for other in ["Condition/2", "Observation/1", "1", "", "/", "Condition/"] {
            assert_eq!(names.find(other), None, "{other}");
        }
    }
}
