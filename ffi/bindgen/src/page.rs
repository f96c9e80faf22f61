//! The text of the border, in one order whatever the order of its source.

use std::collections::BTreeMap;

use uniffi_meta::{
    ConstructorMetadata, DefaultValueMetadata, EnumMetadata, FieldMetadata, FnMetadata,
    FnParamMetadata, LiteralMetadata, Metadata, MethodMetadata, ObjectMetadata, RecordMetadata,
    TraitMethodMetadata, Type, VariantMetadata,
};

/// Writes a page of items: functions, objects, traits, records, enums, errors, each by name.
pub(crate) fn of(mut items: Vec<Metadata>) -> String {
    items.sort();
    items.dedup();
    let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in &items {
        if let Some((owner, text)) = member(item) {
            members.entry(owner.to_owned()).or_default().push(text);
        }
    }
    let mut page = HEAD.to_owned();
    for (title, kind) in SECTIONS {
        let texts: Vec<_> = items.iter().filter_map(|item| whole(item, kind, &members)).collect();
        if !texts.is_empty() {
            page.push_str(&format!("\n\n# {title}\n\n{}", texts.join("\n\n")));
        }
    }
    page.push('\n');
    page
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Function,
    Object,
    Trait,
    Record,
    Enum,
    Error,
}

/// Gives the text of an item that stands by itself, when it is of the kind.
fn whole(item: &Metadata, kind: Kind, members: &BTreeMap<String, Vec<String>>) -> Option<String> {
    let of = |name: &str| members.get(name).map(|texts| texts.join("\n")).unwrap_or_default();
    let (found, name, text) = match item {
        Metadata::Func(it) => (Kind::Function, &it.name, function(it)),
        Metadata::Object(it) => (object_kind(it), &it.name, object(it, &of(&it.name))),
        Metadata::Record(it) => (Kind::Record, &it.name, record(it, &of(&it.name))),
        Metadata::Enum(it) => (enum_kind(it), &it.name, choice(it, &of(&it.name))),
        Metadata::CallbackInterface(it) => {
            let text = block(it.docstring.as_deref(), &format!("trait {}", it.name), &of(&it.name));
            (Kind::Trait, &it.name, text)
        }
        Metadata::CustomType(it) => {
            let head = format!("type {} = {}", it.name, named(&it.builtin));
            (Kind::Record, &it.name, doc(it.docstring.as_deref(), 0) + &head)
        }
        _ => return None,
    };
    (found == kind && !is_of_tests(name)).then_some(text)
}

/// Gives the owner and the text of an item that belongs to another.
fn member(item: &Metadata) -> Option<(&str, String)> {
    let (owner, name, text) = match item {
        Metadata::Constructor(it) => (&it.self_name, &it.name, constructor(it)),
        Metadata::Method(it) => (&it.self_name, &it.name, method(it)),
        Metadata::TraitMethod(it) => (&it.trait_name, &it.name, trait_method(it)),
        _ => return None,
    };
    (!is_of_tests(name)).then_some((owner, text))
}

fn is_of_tests(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("testing")
}

fn object_kind(it: &ObjectMetadata) -> Kind {
    if it.imp.is_trait_interface() { Kind::Trait } else { Kind::Object }
}

fn enum_kind(it: &EnumMetadata) -> Kind {
    if it.shape.is_error() { Kind::Error } else { Kind::Enum }
}

fn object(it: &ObjectMetadata, members: &str) -> String {
    let word = if it.imp.is_trait_interface() { "trait" } else { "object" };
    block(it.docstring.as_deref(), &format!("{word} {}", it.name), members)
}

fn record(it: &RecordMetadata, members: &str) -> String {
    let fields: Vec<_> = it.fields.iter().map(|field| field_text(field, 1)).collect();
    let head = format!("record {}", it.name);
    block(it.docstring.as_deref(), &head, &joined(&fields.join("\n"), members))
}

fn choice(it: &EnumMetadata, members: &str) -> String {
    let variants: Vec<_> = it.variants.iter().map(variant).collect();
    let word = if it.shape.is_error() { "error" } else { "enum" };
    let head = format!("{word} {}", it.name);
    block(it.docstring.as_deref(), &head, &joined(&variants.join("\n"), members))
}

fn variant(it: &VariantMetadata) -> String {
    let fields: Vec<_> = it.fields.iter().map(|field| field_text(field, 2)).collect();
    let head = format!("{}{INDENT}{}", doc(it.docstring.as_deref(), 1), it.name);
    if fields.is_empty() { head } else { format!("{head}\n{}", fields.join("\n")) }
}

fn field_text(it: &FieldMetadata, depth: usize) -> String {
    let doc = doc(it.docstring.as_deref(), depth);
    // A field of a tuple has no name.
    let name = if it.name.is_empty() { String::new() } else { format!("{}: ", it.name) };
    let default = default(it.default.as_ref());
    format!("{doc}{}{name}{}{default}", INDENT.repeat(depth), named(&it.ty))
}

fn function(it: &FnMetadata) -> String {
    let signature = signature(&it.name, &it.inputs, it.return_type.as_ref(), it.throws.as_ref());
    format!("{}{}fn {signature}", doc(it.docstring.as_deref(), 0), awaited(it.is_async))
}

fn constructor(it: &ConstructorMetadata) -> String {
    let signature = signature(&it.name, &it.inputs, None, it.throws.as_ref());
    let doc = doc(it.docstring.as_deref(), 1);
    format!("{doc}{INDENT}{}constructor {signature}", awaited(it.is_async))
}

fn method(it: &MethodMetadata) -> String {
    let signature = signature(&it.name, &it.inputs, it.return_type.as_ref(), it.throws.as_ref());
    let doc = doc(it.docstring.as_deref(), 1);
    format!("{doc}{INDENT}{}fn {signature}", awaited(it.is_async))
}

fn trait_method(it: &TraitMethodMetadata) -> String {
    method(&it.clone().into())
}

fn awaited(is_async: bool) -> &'static str {
    if is_async { "async " } else { "" }
}

fn signature(
    name: &str,
    inputs: &[FnParamMetadata],
    gives: Option<&Type>,
    throws: Option<&Type>,
) -> String {
    let inputs: Vec<_> = inputs
        .iter()
        .map(|it| format!("{}: {}{}", it.name, named(&it.ty), default(it.default.as_ref())))
        .collect();
    let gives = gives.map(|ty| format!(" -> {}", named(ty))).unwrap_or_default();
    let throws = throws.map(|ty| format!(" throws {}", named(ty))).unwrap_or_default();
    format!("{name}({}){gives}{throws}", inputs.join(", "))
}

fn default(value: Option<&DefaultValueMetadata>) -> String {
    let Some(value) = value else { return String::new() };
    format!(" = {}", literal(value))
}

fn literal(value: &DefaultValueMetadata) -> String {
    let DefaultValueMetadata::Literal(value) = value else { return "default".to_owned() };
    match value {
        LiteralMetadata::Boolean(it) => it.to_string(),
        LiteralMetadata::String(it) => format!("{it:?}"),
        LiteralMetadata::UInt(it, ..) => it.to_string(),
        LiteralMetadata::Int(it, ..) => it.to_string(),
        LiteralMetadata::Float(it, _) | LiteralMetadata::Enum(it, _) => it.clone(),
        LiteralMetadata::EmptySequence | LiteralMetadata::EmptySet => "[]".to_owned(),
        LiteralMetadata::EmptyMap => "{}".to_owned(),
        LiteralMetadata::None => "none".to_owned(),
        LiteralMetadata::Some { inner } => literal(inner),
    }
}

/// Names a type as no language does: `T?` may be absent, `[T]` is a list, `{K: V}` a map.
fn named(ty: &Type) -> String {
    let name = match ty {
        Type::UInt8 => "u8",
        Type::Int8 => "i8",
        Type::UInt16 => "u16",
        Type::Int16 => "i16",
        Type::UInt32 => "u32",
        Type::Int32 => "i32",
        Type::UInt64 => "u64",
        Type::Int64 => "i64",
        Type::Float32 => "f32",
        Type::Float64 => "f64",
        Type::Boolean => "bool",
        Type::String => "string",
        Type::Bytes => "bytes",
        Type::Timestamp => "timestamp",
        Type::Duration => "duration",
        Type::Object { name, .. }
        | Type::Record { name, .. }
        | Type::Enum { name, .. }
        | Type::Custom { name, .. }
        | Type::CallbackInterface { name, .. } => name,
        Type::Box { inner_type } => return named(inner_type),
        Type::Optional { inner_type } => return format!("{}?", named(inner_type)),
        Type::Sequence { inner_type } | Type::Set { inner_type } => {
            return format!("[{}]", named(inner_type));
        }
        Type::Map { key_type, value_type } => {
            return format!("{{{}: {}}}", named(key_type), named(value_type));
        }
    };
    name.to_owned()
}

fn block(docs: Option<&str>, head: &str, members: &str) -> String {
    joined(&format!("{}{head}", doc(docs, 0)), members)
}

/// Joins two texts by a line break, unless one is empty.
fn joined(first: &str, second: &str) -> String {
    let gap = if first.is_empty() || second.is_empty() { "" } else { "\n" };
    format!("{first}{gap}{second}")
}

/// Writes docs above what they are of.
fn doc(text: Option<&str>, depth: usize) -> String {
    let indent = INDENT.repeat(depth);
    let lines = text.unwrap_or_default().trim().lines();
    lines.map(|line| format!("{indent}/// {}", line.trim()).trim_end().to_owned() + "\n").collect()
}

const INDENT: &str = "    ";
const HEAD: &str = "\
What crosses the border of libpatient_wallet_ffi, read from the library itself: names, signatures,
docs. Every constructor, method and function is synchronous unless it says `async`. `T?` may be
absent, `[T]` is a list. Written by UPDATE_API=1 cargo test -p patient-wallet-ffi --test api.";
const SECTIONS: [(&str, Kind); 6] = [
    ("Functions", Kind::Function),
    ("Objects", Kind::Object),
    ("Traits that the app implements", Kind::Trait),
    ("Records", Kind::Record),
    ("Enums", Kind::Enum),
    ("Errors", Kind::Error),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn function_named(name: &str, docstring: &str) -> Metadata {
        Metadata::Func(FnMetadata {
            module_path: "it".to_owned(),
            name: name.to_owned(),
            orig_name: None,
            is_async: false,
            inputs: vec![FnParamMetadata::simple(
                "ids",
                Type::Sequence { inner_type: Box::new(Type::String) },
            )],
            return_type: Some(Type::Optional { inner_type: Box::new(Type::Bytes) }),
            throws: None,
            checksum: None,
            docstring: Some(docstring.to_owned()),
        })
    }

    #[test]
    fn one_page_whatever_the_order() {
        let (one, other) = (function_named("b", "Two."), function_named("a", "One.\n\n More."));
        let page = of(vec![one.clone(), other.clone()]);
        assert_eq!(page, of(vec![other, one]));
        let end = "\n# Functions\n\n/// One.\n///\n/// More.\nfn a(ids: [string]) -> bytes?\n\n\
                   /// Two.\nfn b(ids: [string]) -> bytes?\n";
        assert!(page.ends_with(end), "{page}");
    }

    #[test]
    fn what_is_of_tests_is_not_of_the_border() {
        let page = of(vec![function_named("testing_panic", "Panics.")]);
        assert!(!page.contains("testing_panic"));
    }
}
