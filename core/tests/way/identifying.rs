//! What a record that is given says of those that stay behind, beyond its references.

use patient_wallet::consent::Narrowing;
use patient_wallet::record::{Category, SensitivityLabel};

use crate::common::{bundle, import_from};
use crate::scene::*;

/// A claim that is withheld, and the explanation of it: both go by the claim's id.
const CLAIM: &str = "6f1c2d0e-0000-4000-8000-0123456789ab";

fn records() -> Vec<String> {
    let patient =
        r#"{"resourceType":"Patient","id":"nuria","name":[{"family":"Diaz"}]}"#.to_owned();
    let claim = format!(
        r#"{{"resourceType":"Procedure","id":"{CLAIM}","status":"completed","code":{{"text":"x"}},"subject":{{"reference":"Patient/nuria"}}}}"#
    );
    let kept = format!(
        r#"{{"resourceType":"Condition","id":"asthma","identifier":[{{"system":"https://bluebutton.example/clm_id","value":"{CLAIM}"}},{{"system":"https://bluebutton.example/own","value":"asthma"}},{{"value":"MRN-7"}}],"code":{{"text":"Asthma"}},"subject":{{"reference":"Patient/nuria"}},"note":[{{"text":"{CLAIM}"}}]}}"#
    );
    vec![patient, claim, kept]
}

#[test]
fn an_identifier_that_is_the_id_of_a_withheld_record_stays_behind_too() {
    let mut scene = Scene::of(|session| {
        import_from(session, "st-anna", &bundle(&records())).unwrap();
    });
    let none = Narrowing::new().deny(std::iter::empty::<SensitivityLabel>().collect());
    for (withheld, is_named) in [(true, false), (false, true)] {
        let narrowing = if withheld {
            none.clone().only(categories(&[Category::Conditions]))
        } else {
            none.clone()
        };
        let given = scene.give(&narrowing);
        let parts = scene.open(&given).unwrap();
        let asthma = parts.iter().map(|part| String::from_utf8_lossy(&part.bytes).into_owned());
        let asthma = asthma.into_iter().find(|json| json.contains("Asthma")).unwrap();
        assert_eq!(asthma.contains(CLAIM), is_named, "{asthma}");
        assert!(asthma.contains(r#"{"system":"https://bluebutton.example/own","value":"asthma"}"#));
        assert!(asthma.contains("MRN-7"), "what is nobody's id stays");
    }
}
