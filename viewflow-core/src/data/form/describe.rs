//! Describes forms for a person that fills them in.

use serde_json::Value;
use viewflow_graph::{Plain, Shape};
use viewflow_store::Document;

use super::{FormCase, FormField, FormPage, FormSpec, nested};
use crate::data::decision::CaseSpec;
use crate::data::document;
use crate::data::field::{
    Choice, ChoiceList, Depends, FieldKind, FieldSpec, ValueKind, Widget, each_item, forget_secrets,
};
use crate::error::Result;
use crate::people::User;
use crate::unit::Db;

/// Describes a form for a person that fills it in, with the values that it holds. The form has these fields; with
/// cases, each field is a case.
pub(crate) fn describe(
    title: &str,
    (specs, cases): (&'static [FieldSpec], &'static [CaseSpec]),
    db: &Db,
    user: &dyn User,
    shown: &Document,
) -> Result<FormSpec> {
    let mut shown = shown.clone();
    compute(specs, &mut shown);
    let mut fields = Describing { db, user, around: Vec::new() }.fields(specs, Some(&shown))?;
    specs.iter().zip(&mut fields).for_each(|(spec, field)| hide_secrets(spec, field));
    let plain = FormSpec { version: FormSpec::VERSION, title: title.to_owned(), ..FormSpec::default() };
    if cases.is_empty() {
        return Ok(FormSpec { pages: pages(title, specs), fields, ..plain });
    }
    // In a decision, each field is a case.
    let chosen = fields.iter().zip(cases).find(|(field, _)| !field.value.is_null()).map(|(_, case)| case.name);
    let case = |((field, case), spec): ((FormField, &CaseSpec), &FieldSpec)| {
        let CaseSpec { name, title, help, confirm } = *case;
        let pages = nested(&(spec.kind)()).map_or_else(Vec::new, |specs| pages(title, specs));
        FormCase { name, title, help, confirm, pages, fields: field.fields }
    };
    Ok(FormSpec { cases: fields.into_iter().zip(cases).zip(specs).map(case).collect(), chosen, ..plain })
}

/// Puts computed values where they belong, at every depth. A value that cannot be computed yet is null.
fn compute(specs: &[FieldSpec], shown: &mut Document) {
    for spec in specs {
        if let Some(value) = shown.get_mut(spec.name).filter(|value| value.is_object() || value.is_array()) {
            compute_within(&(spec.kind)(), value);
        }
    }
    if let Some(settle) = specs.iter().find_map(|spec| spec.settle) {
        let mut settled = settle(shown);
        for spec in specs.iter().filter(|spec| spec.is_computed()) {
            shown.insert(spec.name.to_owned(), settled.computed.remove(spec.name).unwrap_or_default());
        }
    }
}

fn compute_within(kind: &FieldKind, value: &mut Value) {
    match (kind, value) {
        (FieldKind::Embedded(specs), Value::Object(fields)) => compute(specs, fields),
        (FieldKind::List(item), Value::Array(items)) => {
            items.iter_mut().for_each(|value| compute_within(item, value));
        }
        (FieldKind::Map(item), Value::Object(items)) => {
            items.values_mut().for_each(|value| compute_within(item, value));
        }
        _ => {}
    }
}

/// Removes secrets from the values of a field, and of everything nested in it.
fn hide_secrets(spec: &FieldSpec, field: &mut FormField) {
    if field.is_secret_within() {
        let mut whole = Document::from_iter([(spec.name.to_owned(), field.value.take())]);
        forget_secrets(std::slice::from_ref(spec), &mut whole);
        field.value = whole.remove(spec.name).unwrap_or_default();
        field.hide();
    }
}

/// Returns the pages of a form; none if no field begins a page. Fields before the first page get a page with the form's
/// title.
fn pages(title: &str, specs: &[FieldSpec]) -> Vec<FormPage> {
    let mut pages: Vec<FormPage> = Vec::new();
    for spec in specs.iter().filter(|_| specs.iter().any(|spec| spec.page.is_some())) {
        if spec.page.is_some() || pages.is_empty() {
            pages.push(FormPage { title: spec.page.unwrap_or(title).to_owned(), fields: Vec::new() });
        }
        pages.last_mut().into_iter().for_each(|page| page.fields.push(spec.name));
    }
    pages
}

struct Describing<'a> {
    db: &'a Db,
    user: &'a dyn User,
    /// The structs around this one that are described without values. Each may contain itself.
    around: Vec<usize>,
}

impl Describing<'_> {
    /// Describes the fields of a struct with the values it holds; without values, as in a new one.
    fn fields(&mut self, specs: &'static [FieldSpec], shown: Option<&Document>) -> Result<Vec<FormField>> {
        let defaults = || {
            let value = |spec: &FieldSpec| Some((spec.name.to_owned(), default_of(spec, &(spec.kind)())?));
            specs.iter().filter_map(value).collect::<Document>()
        };
        let settle = specs.iter().find_map(|spec| spec.settle);
        let settled = settle.map(|settle| shown.map_or_else(|| settle(&defaults()), settle)).unwrap_or_default();
        let field = |spec: &FieldSpec| {
            let field = self.field(spec, shown)?;
            Ok(match spec.depends {
                None => field,
                Some(Depends::Computed) => FormField { computed: true, required: false, ..field },
                Some(Depends::OnlyIf { required }) => {
                    // As long as a condition cannot be evaluated, its field counts as asked.
                    let asked = settled.asked.get(spec.name).copied().unwrap_or(true);
                    FormField { asked: Some(asked), required, ..field }
                }
            })
        };
        specs.iter().map(field).collect()
    }

    fn field(&mut self, spec: &FieldSpec, shown: Option<&Document>) -> Result<FormField> {
        let kind = (spec.kind)();
        let choices = spec.choices.map(|choices| choices(self.db, self.user)).transpose()?;
        let listed = choices.as_ref().map(|choices| choices.first(FormField::MOST_CHOICES + 1)).transpose()?;
        let searched = choices.filter(|_| listed.as_ref().is_some_and(|all| all.len() > FormField::MOST_CHOICES));
        let listed = listed.filter(|_| searched.is_none());
        let value = shown
            .and_then(|shown| shown.get(spec.name))
            .cloned()
            .or_else(|| default_of(spec, &kind))
            .unwrap_or_default();
        let within = shown.is_some().then_some(&value);
        let mut described = self.value(&kind, &spec.shape, spec.required, listed, within)?;
        let bound = |bound: Option<fn() -> Value>| bound.map(|bound| bound());
        (described.min, described.max) =
            (bound(spec.rules.min).or(described.min), bound(spec.rules.max).or(described.max));
        (described.name, described.label, described.help) = (spec.name, spec.label, spec.help);
        described.widget = spec.widget;
        (described.max_length, described.pattern) = (spec.rules.max_length, spec.rules.pattern);
        if let Some(choices) = searched {
            described.choices_are_searched = true;
            described.picked = picked(spec, &*choices, &value)?;
        }
        let known = if described.choices_are_searched { Some(&*described.picked) } else { described.offered() };
        described.value = as_chosen(spec, known, value);
        Ok(described)
    }

    /// Describes a value of this kind, with what it already holds.
    fn value(
        &mut self,
        kind: &FieldKind,
        shape: &Shape,
        required: bool,
        choices: Option<Vec<Choice>>,
        held: Option<&Value>,
    ) -> Result<FormField> {
        let shape = if let Shape::Optional(inner) = shape { inner } else { shape };
        let mut field = FormField { required, ..FormField::of(kind.plain()) };
        match kind {
            FieldKind::List(item) => {
                let inner = if let Shape::List(inner) = shape { *inner } else { &Shape::Plain(Plain::Other) };
                field.items = Some(Box::new(self.value(item, inner, has_to_be(item, inner), choices, None)?));
                return Ok(field);
            }
            FieldKind::Map(item) => {
                let inner = if let Shape::Map(inner) = shape { *inner } else { &Shape::Plain(Plain::Other) };
                field.values = Some(Box::new(self.value(item, inner, has_to_be(item, inner), None, None)?));
            }
            FieldKind::Embedded(specs) => self.object(specs, held, &mut field)?,
            FieldKind::Choice(listed) => field.choices = Some(listed.clone()),
            FieldKind::Reference(table) => (field.table, field.min) = (Some(table.name), Some(1.into())),
            FieldKind::Process => field.min = Some(0.into()),
            FieldKind::Integer { min, max } => (field.min, field.max) = (bound(*min), bound(*max)),
            FieldKind::Float if matches!(shape, Shape::Plain(Plain::F32)) => {
                (field.min, field.max) = (Some(f32::MIN.into()), Some(f32::MAX.into()));
            }
            _ => {}
        }
        field.choices = choices.or(field.choices);
        Ok(field)
    }

    fn object(&mut self, specs: &'static [FieldSpec], held: Option<&Value>, field: &mut FormField) -> Result<()> {
        if let Some(held) = held.and_then(Value::as_object) {
            field.fields = self.fields(specs, Some(held))?;
            return Ok(());
        }
        let address = specs.as_ptr().addr();
        let again = self.around.iter().rev().position(|around| *around == address).filter(|_| !specs.is_empty());
        if let Some(outwards) = again {
            field.repeats = Some(outwards + 1);
            return Ok(());
        }
        self.around.push(address);
        field.fields = self.fields(specs, None)?;
        self.around.pop();
        Ok(())
    }
}

impl FormField {
    fn is_secret_within(&self) -> bool {
        self.widget == Some(Widget::Password)
            || self.fields.iter().any(Self::is_secret_within)
            || self.items.iter().chain(&self.values).any(|inner| inner.is_secret_within())
    }

    fn hide(&mut self) {
        for field in &mut self.fields {
            if field.widget == Some(Widget::Password) {
                field.value = Value::Null;
            }
            field.hide();
        }
        self.items.iter_mut().chain(&mut self.values).for_each(|inner| inner.hide());
    }

    fn of(kind: ValueKind) -> Self {
        Self {
            name: "",
            label: "",
            help: "",
            kind,
            required: true,
            asked: None,
            computed: false,
            max_length: None,
            pattern: None,
            min: None,
            max: None,
            choices: None,
            choices_are_searched: false,
            picked: Vec::new(),
            table: None,
            widget: None,
            fields: Vec::new(),
            items: None,
            values: None,
            repeats: None,
            value: Value::Null,
        }
    }
}

fn default_of(spec: &FieldSpec, kind: &FieldKind) -> Option<Value> {
    spec.default.map(|default| document::named(kind, &default()))
}

/// Returns whether an item of a list, or a value of a map, must not be left empty.
fn has_to_be(kind: &FieldKind, shape: &Shape) -> bool {
    !matches!(shape, Shape::Optional(_)) && !matches!(kind, FieldKind::Json | FieldKind::Nothing)
}

fn bound(bound: i128) -> Option<Value> {
    i64::try_from(bound).map(Value::from).or_else(|_| u64::try_from(bound).map(Value::from)).ok()
}

/// Returns the choices that a value, or its items, are.
fn picked(spec: &FieldSpec, choices: &dyn ChoiceList, value: &Value) -> Result<Vec<Choice>> {
    if value.is_null() || spec.is_secret() {
        return Ok(Vec::new());
    }
    let canonical = (spec.canonical)(value);
    let mut picked = Vec::new();
    for key in each_item(canonical.as_ref().unwrap_or(value)) {
        picked.extend(choices.choice_of(key)?);
    }
    Ok(picked)
}

/// Returns the value as its equal choice is written, so that a page can find that choice.
fn as_chosen(spec: &FieldSpec, choices: Option<&[Choice]>, value: Value) -> Value {
    let Some(choices) = choices else { return value };
    if let Value::Array(items) = value {
        return items.into_iter().map(|item| as_chosen(spec, Some(choices), item)).collect();
    }
    if choices.iter().any(|choice| choice.value == value) {
        return value;
    }
    let key = |value: &Value| spec.key_of_item(value);
    let same = key(&value).and_then(|of| choices.iter().find(|choice| key(&choice.value).as_ref() == Some(&of)));
    same.map_or(value, |choice| choice.value.clone())
}
