//! A form described as data: every face draws the form from this one description.

use serde::Serialize;
use serde_json::Value;

use crate::data::field::{Choice, ValueKind, Widget};
use crate::error::FieldErrors;

/// A form described as data, from which a page, a window or a terminal can draw it.
///
/// It is serialized under the names that it has here; empty parts are left out. Names stay the same, and new ones may
/// be added. A change that existing readers cannot handle gets a new [`version`](FormSpec::version).
/// [`FormSpec::schema`] makes a JSON Schema of it.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct FormSpec {
    /// The version of this description: [`FormSpec::VERSION`].
    pub version: u32,
    /// The text above it: the node's title.
    pub title: String,
    /// The cases that can be decided, one button for each, if the form is an enum. Then `fields` is empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<FormCase>,
    /// The name of the case chosen so far, if a draft has chosen one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen: Option<&'static str>,
    /// Its pages, in order, if it is filled in page by page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<FormPage>,
    /// Its fields, in order: those of all pages.
    pub fields: Vec<FormField>,
}

/// One page of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FormPage {
    /// The text above it.
    pub title: String,
    /// The names of its fields, in order.
    pub fields: Vec<&'static str>,
}

/// One case of a form that is an enum. It is sent as an object whose only key is the name of the case.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FormCase {
    /// The key under which its fields are sent.
    pub name: &'static str,
    /// The text on its button.
    pub title: &'static str,
    /// A sentence of help; empty if there is none.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub help: &'static str,
    /// A question to confirm before it is sent, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<&'static str>,
    /// Its pages, in order, if it is filled in page by page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<FormPage>,
    /// The fields to fill in with it, in order.
    pub fields: Vec<FormField>,
}

/// A value that a form takes: a field, an item of a list, or a value of a map.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FormField {
    /// The key under which its value is sent. Empty for the items of a list and the values of a map.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub name: &'static str,
    /// The text that a person reads.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub label: &'static str,
    /// A sentence of help; empty if there is none.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub help: &'static str,
    /// The kind of value that it takes.
    pub kind: ValueKind,
    /// Whether it has to be filled in, if it is asked.
    pub required: bool,
    /// For a field with a condition over the others: whether it is asked, with what is filled in now. For a field
    /// within the items of a list or the values of a map: whether it is asked in a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<bool>,
    /// Whether it is computed from the others, so that no person fills it in.
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
    /// The choices of this person, if they are limited. For a list, its items have the choices: see
    /// [`FormField::offered`].
    /// It is none if there are more than [`FormField::MOST_CHOICES`] of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<Choice>>,
    /// Whether there are more choices than a description lists.
    /// You search them with [`Desk::choices`](crate::Desk::choices).
    #[serde(skip_serializing_if = "is_false")]
    pub choices_are_searched: bool,
    /// The choices with which the field is filled in at first, if choices are searched: a page needs their labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub picked: Vec<Choice>,
    /// The table of the row that it refers to, if it refers to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<&'static str>,
    /// The widget that suits it best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub widget: Option<Widget>,
    /// The fields of a nested struct.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FormField>,
    /// The description of each item of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<FormField>>,
    /// The description of each value of a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Box<FormField>>,
    /// For a nested struct that contains itself: how many structs outwards its fields are described. The struct that
    /// holds this field counts as 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<usize>,
    /// Its first value; null if it is empty at first. A computed value is null until everything it is computed from
    /// exists.
    pub value: Value,
}

impl FormSpec {
    /// The version of the description.
    pub const VERSION: u32 = 1;
}

/// A form with what a person has filled in so far, and complaints about it: from
/// [`Desk::fill_in`](crate::Desk::fill_in).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Filled {
    /// The form, with what was filled in.
    pub form: FormSpec,
    /// All complaints that sending it now would cause.
    pub complaints: FieldErrors,
}

impl Filled {
    /// Returns the complaints about one page, counted from 0. A person can go to the next page if there are none.
    ///
    /// A form without pages has one page. A page that does not exist has no complaints.
    pub fn of_page(&self, page: usize) -> FieldErrors {
        let case = self.form.cases.iter().find(|case| Some(case.name) == self.form.chosen);
        let pages = case.map_or(&self.form.pages, |case| &case.pages);
        let is_there = |name: &str| match pages.get(page) {
            Some(page) => page.fields.contains(&name),
            None => pages.is_empty() && page == 0,
        };
        // In a decision, the name of the case comes before the name of the field.
        let name = |path: &str| path.split('.').nth(usize::from(case.is_some())).unwrap_or_default().to_owned();
        self.complaints.filtered(|path| is_there(&name(path)))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl FormField {
    /// The most choices that a description lists. If there are more, people search them.
    pub const MOST_CHOICES: usize = 200;

    /// Returns the choices for the field, or for each of its items, if they are limited.
    pub fn offered(&self) -> Option<&[Choice]> {
        let mut field = self;
        while let (None, Some(items)) = (&field.choices, &field.items) {
            field = items;
        }
        field.choices.as_deref()
    }

    /// Reads what a person typed, for faces that have only text: a terminal, a page's form.
    ///
    /// Empty text is null. Lists have commas between their items. Nested structs and maps are JSON.
    ///
    /// # Errors
    /// The error says what to type instead. It is the end of a sentence that begins with the field's name. The form
    /// itself checks, when it is submitted, whether the value fits the field otherwise.
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
