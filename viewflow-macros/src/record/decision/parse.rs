//! Parses an enum that is a decision.

use quote::format_ident;
use syn::{Data, DeriveInput, Fields, LitStr};

use super::{Case, Decision};
use crate::errors::Errors;
use crate::record::check;
use crate::record::face::Face;
use crate::record::model::Record;
use crate::record::parse::{FIELD, PAGE, read_field};
use crate::syntax::{
    WAS, default_crate, doc_lines, docs, earlier_names, misplaced, options, plain_name, snake_case, title_of,
    unknown_option,
};

/// The name of a variant's attribute.
const CASE: &str = "case";

pub(super) fn parse(input: DeriveInput, errors: &mut Errors) -> Decision {
    let before = errors.count();
    let mut decision =
        Decision { ident: input.ident, vis: input.vis, krate: default_crate(), cases: Vec::new(), whole: false };
    misplaced(&input.attrs, &[CASE, WAS], "on a variant", errors);
    misplaced(&input.attrs, &[FIELD, PAGE], "on a field", errors);
    for option in options(&input.attrs, "form", errors) {
        if option.key == "crate" {
            decision.krate = errors.ok(option.path()).unwrap_or(decision.krate);
        } else {
            errors.push(unknown_option(&option.key, &["crate"]));
        }
    }
    let Data::Enum(data) = input.data else { return decision };
    if data.variants.is_empty() {
        errors.over(&decision.ident, "a decision needs cases to choose from: add a variant for each");
    }
    for variant in data.variants {
        let case = read_case(&decision, variant, errors);
        check_names(&case, &decision.cases, errors);
        decision.cases.push(case);
    }
    decision.whole = errors.count() == before;
    decision
}

fn read_case(decision: &Decision, variant: syn::Variant, errors: &mut Errors) -> Case {
    let name = plain_name(&variant.ident);
    let mut case = Case {
        title: title_of(&snake_case(&name)),
        help: doc_lines(&variant.attrs).join(" ").trim().to_owned(),
        confirm: None,
        was: earlier_names(&variant.attrs, errors).iter().map(LitStr::value).collect(),
        record: None,
        ident: variant.ident,
        name,
    };
    misplaced(&variant.attrs, &[FIELD, PAGE], "on a field", errors);
    misplaced(&variant.attrs, &["form"], "on the enum, and what is said of a case in `#[case(..)]`", errors);
    for option in options(&variant.attrs, CASE, errors) {
        let text = option.text();
        match option.key.to_string().as_str() {
            "title" => case.title = errors.ok(option.name()).unwrap_or(case.title),
            "help" => case.help = errors.ok(text).map_or(case.help, |text| text.value()),
            "confirm" => case.confirm = errors.ok(option.name()),
            _ => errors.push(unknown_option(&option.key, &["title", "help", "confirm"])),
        }
    }
    match variant.fields {
        Fields::Unit => {}
        Fields::Unnamed(fields) => {
            let message =
                format!("expected fields with names, or none: they are what is asked when `{}` is chosen", case.ident);
            errors.over(&fields, message);
        }
        Fields::Named(named) => {
            let ident = format_ident!("{}{}", plain_name(&decision.ident), case.name, span = case.ident.span());
            let mut record = Record::new(Face::Variant, ident, decision.vis.clone());
            record.krate.clone_from(&decision.krate);
            let docs = named.named.iter().map(|field| docs(&field.attrs).cloned().collect()).collect();
            for mut field in named.named {
                // The fields of a variant are as visible as the enum.
                field.vis.clone_from(&decision.vis);
                read_field(&mut record, field, errors);
            }
            check::check(&mut record, errors);
            case.record = Some((record, docs));
        }
    }
    case
}

/// Checks that a name belongs to only one case.
fn check_names(case: &Case, others: &[Case], errors: &mut Errors) {
    let is_taken =
        |was: &&String| **was == case.name || others.iter().any(|other| other.name == **was || other.was.contains(was));
    if let Some(was) = case.was.iter().find(is_taken) {
        let message = format!("`{was}` is already a name of a case: give each earlier name once");
        errors.over(&case.ident, message);
    }
    if others.iter().any(|other| other.was.contains(&case.name)) {
        let message = format!("`{}` is already an earlier name of another case: give each name once", case.name);
        errors.over(&case.ident, message);
    }
}
