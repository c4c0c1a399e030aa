//! A search for what can be chosen in a field of a form.

use viewflow_store::{NodeName, TaskId};

use super::Desk;
use crate::data::field::{Choice, ChoiceList, FieldKind, FieldSpec, listed};
use crate::definition::Definition;
use crate::engine::{Page, no_node};
use crate::error::{Complaint, Error, FieldErrors, Place, Result};
use crate::people::{Person, User};
use crate::unit::Db;

/// How many choices one search looks at.
const LOOK: usize = 1000;
/// How many of them are read at a time, at first and at the most.
const CHUNK: (usize, usize) = (16, 256);

/// A form by what it is filled in for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormPlace {
    /// A start.
    Start(NodeName),
    /// An open task.
    Task(TaskId),
}

impl Desk<'_> {
    /// Searches what this person can choose in a field of a form: at most `limit` choices that come after a place.
    ///
    /// The path is that of complaints, as in `orders.0.customer`.
    /// It has the names of fields, and between them the number of an item of a list, or the key of a map.
    /// A choice is found when its label has all words of `search`, in capital letters or not.
    /// Without words all choices are found.
    /// A reference without choices of its own can be any row of its table.
    ///
    /// One call looks at 1,000 choices at the most, in the order in which they are stored.
    /// Then it ends early ([`Page::is_cut`]), and the next call goes on from there.
    ///
    /// # Errors
    /// [`Error::NoTask`] for a task that this person does not see.
    /// [`Error::NoNode`] for a start or form that does not exist.
    /// [`Error::Forbidden`] for a start that this person may not use.
    /// [`Error::Form`] for a field that does not exist or has no choices.
    pub fn choices(
        &self,
        place: &FormPlace,
        path: &str,
        search: &str,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<Choice, u64>> {
        let person = Person::of(self);
        let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
        self.engine.transaction(|db| {
            let (specs, at) = match place {
                FormPlace::Start(node) => self.start_fields(&person, node)?,
                FormPlace::Task(id) => self.task_fields(db, &person, *id)?,
            };
            let choices = self.choices_at(db, specs, path).map_err(|error| error.at(|| at.clone()))?;
            search_in(&*choices, &words, after.unwrap_or(0), limit)
        })
    }

    fn start_fields(&self, person: &Person, node: &NodeName) -> Result<(&'static [FieldSpec], Box<Place>)> {
        let start = self.engine.start_of_a_person(node)?;
        self.may_start(&start, person)?;
        Ok((start.node().form.as_ref().map_or(&[], |form| form.fields), start.place()))
    }

    fn task_fields(&self, db: &Db, person: &Person, id: TaskId) -> Result<(&'static [FieldSpec], Box<Place>)> {
        let task = self.task_in_step(db, person, id)?;
        let form = |def: &Definition| Some(def.nodes[def.find(&task.node)?].form.as_ref()?.fields);
        let fields = self.flow_of(&task.flow).and_then(form).filter(|_| !task.status.is_final());
        let node = || NodeName::new(&task.flow, &task.node);
        Ok((fields.ok_or_else(|| no_node(&node(), "with a form"))?, Place::of_task(&task)))
    }

    fn choices_at(&self, db: &Db, specs: &'static [FieldSpec], path: &str) -> Result<Box<dyn ChoiceList>> {
        let complain = |complaint: Complaint| {
            let mut errors = FieldErrors::default();
            errors.add(path, complaint);
            Error::from(errors)
        };
        let Some((spec, kind)) = field_at(specs, path) else {
            return Err(complain(Complaint::new("no_field", "is no field of this form".to_owned())));
        };
        if let Some(choices) = spec.choices {
            let user: &dyn User = self;
            return choices(db, user);
        }
        let nothing = || complain(Complaint::new("no_choices", "has nothing to choose from".to_owned()));
        match item_of(kind) {
            FieldKind::Choice(choices) => Ok(listed(choices)),
            FieldKind::Reference(table) => Ok((table.choices)(db)),
            _ => Err(nothing()),
        }
    }
}

/// The field at a path, and the kind of what is there.
fn field_at(specs: &'static [FieldSpec], path: &str) -> Option<(&'static FieldSpec, FieldKind)> {
    let (name, rest) = first_of(path);
    let spec = specs.iter().find(|spec| spec.name == name)?;
    let kind = (spec.kind)();
    match rest {
        None => Some((spec, kind)),
        Some(rest) => within(spec, kind, rest),
    }
}

/// Returns the spec and the kind at a path within a value of a kind.
fn within(spec: &'static FieldSpec, kind: FieldKind, path: &str) -> Option<(&'static FieldSpec, FieldKind)> {
    match kind {
        FieldKind::Embedded(specs) => field_at(specs, path),
        FieldKind::List(item) => match first_of(path) {
            (number, _) if number.parse::<usize>().is_err() => None,
            (_, None) => Some((spec, *item)),
            (_, Some(rest)) => within(spec, *item, rest),
        },
        FieldKind::Map(item) => {
            // A key may have dots in it.
            let rests = path.match_indices('.').map(|(at, _)| &path[at + 1..]);
            let mut found = rests.filter_map(|rest| within(spec, (*item).clone(), rest));
            found.next().or(Some((spec, *item)))
        }
        _ => None,
    }
}

fn first_of(path: &str) -> (&str, Option<&str>) {
    path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)))
}

/// The kind of what one choice picks.
fn item_of(kind: FieldKind) -> FieldKind {
    match kind {
        FieldKind::List(item) | FieldKind::Map(item) => item_of(*item),
        kind => kind,
    }
}

fn search_in(choices: &dyn ChoiceList, words: &[String], mut after: u64, limit: usize) -> Result<Page<Choice, u64>> {
    let mut page = Page { items: Vec::new(), next: Some(after), is_cut: false };
    let (mut left, mut size) = (LOOK, limit.clamp(CHUNK.0, CHUNK.1));
    while page.items.len() < limit {
        if left == 0 {
            page.is_cut = true;
            return Ok(page);
        }
        let looked = choices.look(after, left.min(size))?;
        left -= left.min(size);
        size = (2 * size).min(CHUNK.1);
        let last = looked.choices.last().map(|(place, _)| *place);
        for (place, choice) in looked.choices {
            let label = choice.label.to_lowercase();
            if words.iter().all(|word| label.contains(word.as_str())) {
                page.items.push(choice);
                if page.items.len() == limit {
                    page.next = Some(place).filter(|place| looked.next.is_some() || Some(*place) != last);
                    return Ok(page);
                }
            }
        }
        page.next = looked.next;
        let Some(next) = looked.next else { return Ok(page) };
        after = next;
    }
    Ok(page)
}
