//! A form, described as data: the one description from which every face draws it.

use serde::Serialize;
use serde_json::Value;

use crate::data::field::{Choice, ValueKind, Widget};
use crate::error::FieldErrors;

/// A form described as data, from which a page, a window or a terminal can draw it.
///
/// It is serialized under the names that it has here; what is empty is left out. Names stay, and others may come: a change that those who
/// know a version cannot read has another [`version`](FormSpec::version). [`FormSpec::schema`] makes a JSON Schema of it.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct FormSpec {
    /// The version of this description: [`FormSpec::VERSION`].
    pub version: u32,
    /// What a person reads above it: the node's title.
    pub title: String,
    /// What can be decided, one button for each, where the form is an enum: then `fields` is empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<FormCase>,
    /// The name of the case that was chosen so far, as a draft of it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen: Option<&'static str>,
    /// Its pages, in order, where it is filled in page by page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<FormPage>,
    /// Its fields, in order: those of all pages.
    pub fields: Vec<FormField>,
}

/// One page of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FormPage {
    /// What a person reads above it.
    pub title: String,
    /// The names of its fields, in order.
    pub fields: Vec<&'static str>,
}

/// One case of a form that is an enum: sent as an object whose one key is its name.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FormCase {
    /// The key under which its fields are sent.
    pub name: &'static str,
    /// What a person reads on its button.
    pub title: &'static str,
    /// A sentence of help; empty when there is none.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub help: &'static str,
    /// What a person is asked before it is sent, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<&'static str>,
    /// Its pages, in order, where it is filled in page by page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<FormPage>,
    /// What has to be filled in with it, in order.
    pub fields: Vec<FormField>,
}

/// A value that a form takes: a field, or what a list or map has any number of.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FormField {
    /// The key under which its value is sent. Empty for the items of a list and the values of a map.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub name: &'static str,
    /// What a person reads.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub label: &'static str,
    /// A sentence of help; empty when there is none.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub help: &'static str,
    /// What kind of value it takes.
    pub kind: ValueKind,
    /// Whether it has to be filled in, where it is asked.
    pub required: bool,
    /// Of a field that is asked only where a condition over the others holds: whether it is, with what is filled in now. Of a field within
    /// the items of a list or the values of a map: whether it is in a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<bool>,
    /// Whether it is computed from the others: nobody fills it in.
    #[serde(skip_serializing_if = "is_false")]
    pub computed: bool,
    /// The greatest number of characters, items or bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// A regular expression that the whole text must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<&'static str>,
    /// The least value: of the field, or of its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Value>,
    /// The greatest value: of the field, or of its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Value>,
    /// What this person can choose, where that is limited. Of a list, the items have the choices: see [`FormField::offered`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<Choice>>,
    /// The table to whose rows it refers, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<&'static str>,
    /// With what it is best filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub widget: Option<Widget>,
    /// The fields of a nested struct.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FormField>,
    /// What each item of a list is like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<FormField>>,
    /// What each value of a map is like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Box<FormField>>,
    /// Of a nested struct that has itself within it: so many structs outwards its fields are described, 1 being the one in which this stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<usize>,
    /// What it is filled in with at first; null when with nothing. What is computed is null until all that it is computed from is there.
    pub value: Value,
}

impl FormSpec {
    /// The version of the description.
    pub const VERSION: u32 = 1;
}

/// A form with what a person has filled in so far, and what is wrong with it: from [`Engine::fill_in`](crate::Engine::fill_in).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Filled {
    /// The form, as it is with what was filled in.
    pub form: FormSpec,
    /// All that would be complained of, were it sent now.
    pub complaints: FieldErrors,
}

impl Filled {
    /// What is wrong with the fields of one page, counted from 0: a person goes on to the next one when nothing is.
    ///
    /// A form without pages is one page. Of a page that is not there nothing is wrong.
    pub fn of_page(&self, page: usize) -> FieldErrors {
        let case = self.form.cases.iter().find(|case| Some(case.name) == self.form.chosen);
        let pages = case.map_or(&self.form.pages, |case| &case.pages);
        let is_there = |name: &str| match pages.get(page) {
            Some(page) => page.fields.contains(&name),
            None => pages.is_empty() && page == 0,
        };
        // Of a decision the name of the case stands before that of the field.
        let name = |path: &str| path.split('.').nth(usize::from(case.is_some())).unwrap_or_default().to_owned();
        self.complaints.filtered(|path| is_there(&name(path)))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl FormField {
    /// What can be chosen for the field, or for each of its items, where that is limited.
    pub fn offered(&self) -> Option<&[Choice]> {
        let mut field = self;
        while let (None, Some(items)) = (&field.choices, &field.items) {
            field = items;
        }
        field.choices.as_deref()
    }

    /// Reads what a person typed, for faces that have only text: a terminal, a page's form.
    ///
    /// Nothing typed is null; lists have commas between their items; nested structs and maps are JSON.
    ///
    /// # Errors
    /// What has to be typed instead, as the end of the sentence "`field` ...". Whether the value fits the field besides
    /// is found out when the form is submitted.
    pub fn value_from_text(&self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        match (self.kind, &self.items) {
            (ValueKind::List, Some(item)) if !text.starts_with('[') => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                items.map(|text| item.value_from_text(text)).collect::<Result<_, _>>().map(Value::Array)
            }
            _ if text.is_empty() => Ok(Value::Null),
            (ValueKind::Bool, _) => match text.to_lowercase().as_str() {
                "yes" | "y" | "true" | "on" => Ok(Value::Bool(true)),
                "no" | "n" | "false" | "off" => Ok(Value::Bool(false)),
                _ => Err("must be yes or no".to_owned()),
            },
            (ValueKind::Integer | ValueKind::Reference | ValueKind::Process, _) => {
                let whole = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from));
                whole.map_err(|_| "must be a whole number".to_owned())
            }
            (ValueKind::Float, _) => {
                let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
                number.map(Value::from).ok_or_else(|| "must be a number".to_owned())
            }
            (ValueKind::List | ValueKind::Map | ValueKind::Object | ValueKind::Json, _) => {
                serde_json::from_str(text).map_err(|error| format!("must be JSON: {error}"))
            }
            _ => Ok(Value::from(text)),
        }
    }
}
