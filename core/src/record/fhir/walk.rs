//! One pass over every object of a resource, however deep, without recursion.

use super::super::{
    RecordError,
    json::{Elements, Fields, Json, JsonText},
};

/// Shows every object, outer ones first, with the name of the member that holds it (the array's
/// name for an element of an array).
pub(in crate::record) fn walk<'a>(
    root: Json<'a>,
    visit: &mut dyn FnMut(&str, &Fields<'a>),
) -> Result<(), RecordError> {
    let mut pending = vec![Pending::One(JsonText::Plain(""), root)];
    while let Some(next) = pending.pop() {
        match next {
            Pending::One(name, value) => {
                if let Some(elements) = value.array() {
                    pending.push(Pending::Many(name, elements));
                } else if let Some(fields) = value.fields()? {
                    visit(name.as_str(), &fields);
                    let nested = fields.iter().rev().filter(|(_, value)| value.is_nested());
                    pending.extend(nested.map(|(name, value)| Pending::One(name.clone(), *value)));
                }
            }
            // An array is taken apart element by element: it may be as long as the resource.
            Pending::Many(name, mut elements) => {
                if let Some(element) = elements.find(|element| Json::is_nested(*element)) {
                    pending.push(Pending::Many(name.clone(), elements));
                    pending.push(Pending::One(name, element));
                }
            }
        }
    }
    Ok(())
}

enum Pending<'a> {
    One(JsonText<'a>, Json<'a>),
    Many(JsonText<'a>, Elements<'a>),
}
