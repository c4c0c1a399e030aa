//! Forms at the terminal: filled in from words, and asked for line by line.

use viewflow::Document;
use viewflow::form::{FormCase, FormField, FormSpec};

use crate::terminal::{Outcome, Terminal};

impl Terminal {
    /// Fills in a form from `field=value` words, and asks for the fields that are missing.
    /// In a decision, the first word names the case.
    ///
    /// Returns `None` when the input ends, or when the person does not confirm a decision.
    pub(crate) fn fill_in(&mut self, form: &FormSpec, given: &[&str]) -> Outcome<Option<Document>> {
        if form.cases.is_empty() {
            return self.fill_in_fields(&form.fields, given);
        }
        let (case, given) = match given {
            [case, fields @ ..] if !case.contains('=') => ((*case).to_owned(), fields),
            _ => {
                form.cases.iter().for_each(|case| println!("    {}  {}", case.name, case.title));
                let Some(case) = self.read("  decide: ")? else { return Ok(None) };
                (case, given)
            }
        };
        let known = form.cases.iter().find(|known| known.name.eq_ignore_ascii_case(&case));
        let Some(known) = known else {
            let cases: Vec<&str> = form.cases.iter().map(|case| case.name).collect();
            return Err(format!("`{case}` cannot be decided here: choose one of {}", cases.join(", ")).into());
        };
        let Some(filled) = self.fill_in_fields(&known.fields, given)? else { return Ok(None) };
        let confirmed = self.confirm(known)?;
        Ok(confirmed.then(|| Document::from_iter([(known.name.to_owned(), filled.into())])))
    }

    /// Asks the question of a case that is to be confirmed.
    fn confirm(&mut self, case: &FormCase) -> Outcome<bool> {
        let Some(question) = case.confirm else { return Ok(true) };
        let answer = self.read(&format!("  {question} (yes or no): "))?;
        let confirmed = answer.is_some_and(|answer| ["y", "yes"].contains(&answer.to_lowercase().as_str()));
        if !confirmed {
            println!("  nothing is decided");
        }
        Ok(confirmed)
    }

    fn fill_in_fields(&mut self, fields: &[FormField], given: &[&str]) -> Outcome<Option<Document>> {
        let mut filled = Document::new();
        for word in given {
            let (name, text) = word.split_once('=').ok_or(format!("`{word}` should be FIELD=VALUE"))?;
            let field = fields.iter().find(|field| field.name == name);
            let value = match field {
                Some(field) => field.value_from_text(text).map_err(|error| format!("`{name}` {error}"))?,
                // The engine reports what is wrong with the value.
                None => text.into(),
            };
            filled.insert(name.to_owned(), value);
        }
        for field in fields.iter().filter(|field| given.is_empty() || field.required) {
            while !filled.contains_key(field.name) {
                for choice in field.offered().into_iter().flatten() {
                    println!("    {}  {}", choice.value, choice.label);
                }
                let needed = if field.required { "" } else { " (may be left out)" };
                let Some(text) = self.read(&format!("  {}{needed}: ", field.label))? else { return Ok(None) };
                match field.value_from_text(&text) {
                    Ok(value) => drop(filled.insert(field.name.to_owned(), value)),
                    Err(error) if self.asks => println!("  it {error}"),
                    Err(error) => return Err(format!("`{}` {error}", field.name).into()),
                }
            }
        }
        Ok(Some(filled))
    }
}
