//! The JSON Schema of a form.

use serde_json::{Map, Value, json};

use super::{FormField, FormSpec};
use crate::data::document::is_blank;
use crate::data::field::{Choice, ValueKind, Widget};

/// More choices than this are not listed in a schema.
const LISTED: usize = 1000;

/// Text that is not blank. For JavaScript, one blank character of Unicode is not blank.
const NOT_BLANK: &str = r"[^\s\u0085]";

const TIME: &str = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?";

/// The days of the Gregorian calendar.
const DATE: &str = r"(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";

const DURATION: &str = r"-?PT(?:[0-9]{1,12}H([0-9]{1,12}M)?([0-9]{1,12}(\.[0-9]{1,9})?S)?|[0-9]{1,12}M([0-9]{1,12}(\.[0-9]{1,9})?S)?|[0-9]{1,12}(\.[0-9]{1,9})?S)";

const BASE64: &str = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?";

impl FormSpec {
    /// Returns the form as a JSON Schema (2020-12), for programs that fill it in.
    ///
    /// If the schema accepts a value, so does the form, from the person and at the time for which it was described.
    /// There are exceptions, as a schema cannot express everything:
    ///
    /// - the existence of rows and processes, and whether a unique value is taken;
    /// - conditions that decide whether a field is asked, as they are Rust, and the rules of computed fields;
    /// - choices, if there are more than a form lists: see [`FormField::choices_are_searched`];
    /// - bounds of values that are text in JSON: decimals, dates and times, text;
    /// - patterns with syntax that JavaScript does not have, which are left out; also, JavaScript's `\s` matches more;
    /// - a whole number written with a decimal point, as `1.0`, which the form refuses;
    /// - the depth of nesting in a field that takes any JSON;
    /// - the length of bytes, which the schema limits by their base64: up to two bytes more;
    /// - the names of zones, and points in time on the last day of the year 9999;
    /// - `format`, if a validator treats it as a comment;
    /// - values that stay as the form shows them, as they are not sent: a draft may be wrong;
    /// - rules of types of your own, and complaints of handlers.
    ///
    /// A form also accepts more than its schema: blanks for nothing, null to remove an entry from a map, and decimals
    /// as numbers.
    pub fn schema(&self) -> Value {
        let mut schema = Map::new();
        schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
        schema.insert("title".to_owned(), (&*self.title).into());
        if self.cases.is_empty() {
            schema.extend(object(&self.fields, "#", &mut Vec::new()));
            return Value::Object(schema);
        }
        let cases = self.cases.iter().enumerate().map(|(index, case)| {
            let at = format!("#/oneOf/{index}/properties/{}", pointed(case.name));
            let mut fields = object(&case.fields, &at, &mut Vec::new());
            tell(&mut fields, case.title, case.help);
            json!({ "properties": { (case.name): fields }, "required": [case.name], "additionalProperties": false })
        });
        schema.insert("type".to_owned(), "object".into());
        schema.insert("oneOf".to_owned(), cases.collect());
        Value::Object(schema)
    }
}

/// Makes the schema of a struct. `around` holds the places of the schemas of the structs around it.
fn object(fields: &[FormField], at: &str, around: &mut Vec<String>) -> Map<String, Value> {
    around.push(at.to_owned());
    let property = |field: &FormField| {
        // Anything sent for a computed field is ignored.
        let mut schema = if field.computed {
            Map::from_iter([("readOnly".to_owned(), true.into())])
        } else {
            value(field, &format!("{at}/properties/{}", pointed(field.name)), around)
        };
        tell(&mut schema, field.label, field.help);
        if !field.value.is_null() && !field.computed {
            schema.insert("default".to_owned(), field.value.clone());
        }
        if field.widget == Some(Widget::Password) {
            schema.insert("writeOnly".to_owned(), true.into());
        }
        (field.name.to_owned(), Value::Object(schema))
    };
    let properties: Map<_, _> = fields.iter().map(property).collect();
    around.pop();
    let required: Vec<_> = fields.iter().filter(|field| lacks(field)).map(|field| field.name).collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema.insert("additionalProperties".to_owned(), false.into());
    schema
}

/// Returns whether something has to be sent, because what the form shows is not enough.
fn lacks(field: &FormField) -> bool {
    if field.computed || field.asked.is_some() {
        return false;
    }
    if is_blank(&field.value) { field.required } else { field.value.is_object() && field.fields.iter().any(lacks) }
}

/// Returns whether a value must not be null. A field under a condition, whose outcome is unknown, may be null.
fn has_to_be(field: &FormField) -> bool {
    field.required && field.asked.is_none()
}

fn value(field: &FormField, at: &str, around: &mut Vec<String>) -> Map<String, Value> {
    let mut schema = typed(field, at, around);
    let listed = field.choices.as_ref().filter(|choices| choices.len() <= LISTED);
    if let Some(choices) = listed {
        schema.insert("enum".to_owned(), of_choices(choices, has_to_be(field)));
    }
    let is_text = matches!(field.kind, ValueKind::Text | ValueKind::User | ValueKind::Bytes | ValueKind::Choice);
    let is_number =
        matches!(field.kind, ValueKind::Integer | ValueKind::Float | ValueKind::Process | ValueKind::Reference);
    let may_be_blank = is_text || is_any(field.kind) || (listed.is_some() && !is_number);
    let patterns: Vec<String> = [
        (has_to_be(field) && may_be_blank).then(|| NOT_BLANK.to_owned()),
        field.pattern.filter(|pattern| is_known_to_javascript(pattern)).map(|pattern| format!("^(?:{pattern})$")),
        pattern(field.kind).map(|pattern| format!("^(?:{pattern})$")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let [one] = patterns.as_slice() {
        schema.insert("pattern".to_owned(), one.as_str().into());
    } else if !patterns.is_empty() {
        let all = patterns.iter().map(|pattern| json!({ "pattern": pattern }));
        schema.insert("allOf".to_owned(), all.collect());
    }
    if let (Some(max), Some(word)) = (field.max_length, length(field.kind)) {
        let max = if field.kind == ValueKind::Bytes { max.div_ceil(3).saturating_mul(4) } else { max };
        schema.insert(word.to_owned(), max.into());
    }
    if is_number {
        for (word, bound) in [("minimum", &field.min), ("maximum", &field.max)] {
            schema.extend(bound.clone().map(|bound| (word.to_owned(), bound)));
        }
    }
    schema
}

/// Makes the schema of a kind of value, and of what is in it.
fn typed(field: &FormField, at: &str, around: &mut Vec<String>) -> Map<String, Value> {
    let mut schema = Map::new();
    if let Some(outwards) = field.repeats {
        let again = around.len().checked_sub(outwards).and_then(|index| around.get(index));
        let again = json!({ "$ref": again });
        // The schema at that place may allow null.
        let one = json!({ "allOf": [again, { "type": "object" }] });
        schema.insert("anyOf".to_owned(), if field.required { json!([one]) } else { json!([one, { "type": "null" }]) });
        return schema;
    }
    if field.kind == ValueKind::Object {
        schema = object(&field.fields, at, around);
    }
    if let Some(items) = &field.items {
        schema.insert("items".to_owned(), Value::Object(value(items, &format!("{at}/items"), around)));
    }
    if let Some(values) = &field.values {
        let inner = value(values, &format!("{at}/additionalProperties"), around);
        schema.insert("additionalProperties".to_owned(), Value::Object(inner));
    }
    let format = match field.kind {
        ValueKind::Date => Some("date"),
        ValueKind::Timestamp => Some("date-time"),
        ValueKind::Uuid => Some("uuid"),
        _ => None,
    };
    schema.extend(format.map(|format| ("format".to_owned(), format.into())));
    if field.kind == ValueKind::Bytes {
        schema.insert("contentEncoding".to_owned(), "base64".into());
    }
    let word = match field.kind {
        ValueKind::Bool => "boolean",
        ValueKind::Integer | ValueKind::Reference | ValueKind::Process => "integer",
        ValueKind::Float => "number",
        ValueKind::List => "array",
        ValueKind::Map | ValueKind::Object => "object",
        // A choice may have any type, as the application's own types can be chosen.
        ValueKind::Choice => return schema,
        kind if is_any(kind) => {
            if has_to_be(field) {
                schema.insert("type".to_owned(), json!(["array", "boolean", "number", "object", "string"]));
            }
            return schema;
        }
        _ => "string",
    };
    schema.insert("type".to_owned(), if has_to_be(field) { word.into() } else { json!([word, "null"]) });
    schema
}

fn is_any(kind: ValueKind) -> bool {
    matches!(kind, ValueKind::Json | ValueKind::Nothing)
}

fn of_choices(choices: &[Choice], required: bool) -> Value {
    let values = choices.iter().map(|choice| choice.value.clone());
    values.chain((!required).then_some(Value::Null)).collect()
}

/// Returns the pattern for the text of a value, if the standard has no format for it.
fn pattern(kind: ValueKind) -> Option<String> {
    Some(match kind {
        ValueKind::Decimal => r"-?[0-9]{1,20}(\.[0-9]{1,8})?".to_owned(),
        ValueKind::Time => TIME.to_owned(),
        ValueKind::DateTime => format!("{DATE}T{TIME}"),
        ValueKind::Duration => DURATION.to_owned(),
        ValueKind::Task => "[0-9]{1,19}/[0-9]{1,9}".to_owned(),
        ValueKind::Bytes => BASE64.to_owned(),
        ValueKind::Zoned => format!("{DATE}T{TIME}.*\\[.+\\]"),
        _ => return None,
    })
}

fn length(kind: ValueKind) -> Option<&'static str> {
    match kind {
        ValueKind::Text | ValueKind::User | ValueKind::Bytes => Some("maxLength"),
        ValueKind::List => Some("maxItems"),
        _ => None,
    }
}

/// Returns whether a pattern means the same to JavaScript, which the standard prescribes for patterns.
fn is_known_to_javascript(pattern: &str) -> bool {
    let after = |word: &str| pattern.match_indices(word).map(|(at, _)| &pattern[at + word.len()..]).collect::<Vec<_>>();
    let groups = after("(?").iter().all(|rest| rest.starts_with(':'));
    let mut escapes = true;
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' {
            escapes &= letters.next().is_some_and(|next| r"dDwWsSbBntrfv^$\.*+?()[]{}|/-".contains(next));
        }
    }
    groups && escapes && !["[:", "&&", "--", "~~", "[["].iter().any(|word| pattern.contains(word))
}

fn tell(schema: &mut Map<String, Value>, title: &str, description: &str) {
    for (word, text) in [("title", title), ("description", description)] {
        if !text.is_empty() {
            schema.insert(word.to_owned(), text.into());
        }
    }
}

/// Escapes a name for a JSON pointer that is the fragment of a URI.
fn pointed(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let letter = |byte: u8| match byte {
        b'~' => "~0".to_owned(),
        b'/' => "~1".to_owned(),
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    name.bytes().map(letter).collect()
}
