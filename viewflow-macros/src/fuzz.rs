//! Fuzzes the macros with attributes that have a token too many, too few, or another token.
//!
//! The macros must not panic, and their output has to be Rust. Each token has to be used or reported.
//!
//! The attributes come from `tests/`. `VIEWFLOW_MUTANTS` sets the number of mutants.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::{env, fs};

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, File, Item, Meta, Token};

use crate::attribute::{Of, attributed};
use crate::errors::Errors;
use crate::record::Face;
use crate::{choices, flow, record};

/// The number of mutants that are tried.
const MUTANTS: usize = 10_000;

type Derive = fn(DeriveInput, Errors) -> TokenStream;

/// The derives, by name.
const DERIVES: [(&str, Derive); 8] = [
    ("Flow", flow::derive),
    ("Choices", choices::derive),
    ("Process", |item, errors| record::derive(item, Face::Process, errors)),
    ("Task", |item, errors| record::derive(item, Face::Task, errors)),
    ("Form", |item, errors| record::derive(item, Face::Form, errors)),
    ("Entity", |item, errors| record::derive(item, Face::Entity, errors)),
    ("Embedded", |item, errors| record::derive(item, Face::Embedded, errors)),
    ("Message", |item, errors| record::derive(item, Face::Message, errors)),
];

/// The attributes, by the name of the derive that does the same.
const ATTRIBUTES: [(&str, Of); 6] = [
    ("Flow", Of::Flow),
    ("Process", Of::Record(Face::Process)),
    ("Task", Of::Record(Face::Task)),
    ("Form", Of::Record(Face::Form)),
    ("Entity", Of::Record(Face::Entity)),
    ("Message", Of::Record(Face::Message)),
];

#[test]
fn a_mutant_of_an_attribute_is_rust_or_a_message_and_no_token_is_swallowed() {
    let corpus = corpus();
    assert!(corpus.len() > 100, "only {} structs were found", corpus.len());
    let mutants = env::var("VIEWFLOW_MUTANTS").ok().and_then(|number| number.parse().ok()).unwrap_or(MUTANTS);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut faults = Vec::new();
    for _ in 0..mutants {
        let seed = &corpus[dice.below(corpus.len())];
        let mut mutant = seed.input.clone();
        let Some(attribute) = some_attribute(&mut mutant, &mut dice) else { continue };
        let before = attribute.to_token_stream().to_string();
        let Meta::List(list) = &mut attribute.meta else { continue };
        let moved = mutate(&mut list.tokens, &mut dice);
        let now = attribute.to_token_stream().to_string();
        if let Err(fault) = judge(seed, mutant, moved || plain(&before) == plain(&now)) {
            faults.push(format!("{fault}\n    of  {before}\n    by  {now}"));
        }
    }
    faults.sort();
    assert!(faults.is_empty(), "{} of {mutants} mutants:\n{}", faults.len(), faults[..faults.len().min(40)].join("\n"));
}

#[test]
fn an_attribute_writes_the_item_and_what_its_derive_writes_for_it() {
    let mut tried = 0;
    for Seed { name, input, derive, .. } in corpus().into_iter().step_by(4) {
        let Some((_, of)) = ATTRIBUTES.iter().find(|(derived, _)| *derived == name) else { continue };
        let mut input = input;
        input.attrs.retain(|attribute| attribute.path().segments.len() == 1 && !attribute.path().is_ident("derive"));
        let derived = without_chart(&derive(input.clone(), Errors::default()).to_string());
        let attributed = attributed(TokenStream::new(), input.to_token_stream(), *of);
        let ident = &input.ident;
        let is_there = |item: &Item| match item {
            Item::Struct(item) => item.ident == *ident,
            Item::Enum(item) => item.ident == *ident,
            _ => false,
        };
        assert_eq!(
            syn::parse2::<File>(attributed.clone()).unwrap().items.iter().filter(|item| is_there(item)).count(),
            1
        );
        assert!(without_chart(&attributed.to_string()).ends_with(&derived), "{ident}: {attributed}");
        tried += 1;
    }
    assert!(tried > 50, "only {tried} items were found");
}

/// Returns the output of a macro without the flow's chart.
fn without_chart(written: &str) -> String {
    let (begin, end) = ("# [cfg_attr (doc , doc = \"\" , doc = ", " , doc = \"\")]");
    let found = written.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    found.map_or_else(|| written.to_owned(), |(before, after)| format!("{}{}", before.trim_end(), after))
}

#[test]
fn an_attribute_knows_the_attributes_of_its_derive() {
    let file = syn::parse_file(include_str!("lib.rs")).unwrap();
    let mut tried = 0;
    for item in file.items {
        let Item::Fn(item) = item else { continue };
        let derive = item.attrs.iter().find(|attribute| attribute.path().is_ident("proc_macro_derive"));
        let Some(derive) = derive else { continue };
        let names = derive.parse_args_with(|input: ParseStream<'_>| {
            let name: Ident = input.parse()?;
            input.parse::<Token![,]>()?;
            input.parse::<Ident>()?;
            let list;
            syn::parenthesized!(list in input);
            let names = Punctuated::<Ident, Token![,]>::parse_terminated_with(&list, Ident::parse_any)?;
            input.parse::<Option<Token![,]>>()?;
            Ok((name, names))
        });
        let (name, names) = names.unwrap();
        let Some((_, of)) = ATTRIBUTES.iter().find(|(derived, _)| name == derived) else { continue };
        let names: BTreeSet<String> = names.iter().map(Ident::to_string).collect();
        assert_eq!(names, of.helpers().into_iter().collect(), "{name}");
        tried += 1;
    }
    assert_eq!(tried, ATTRIBUTES.len());
}

/// A struct or enum, a derive, and the derive's output for it.
struct Seed {
    name: &'static str,
    input: DeriveInput,
    derive: Derive,
    written: String,
}

/// Describes what is wrong with the output for the mutant.
///
/// If tokens were only `moved`, the meaning may be the same as before.
fn judge(seed: &Seed, mutant: DeriveInput, moved: bool) -> Result<(), String> {
    let written = catch_unwind(AssertUnwindSafe(|| (seed.derive)(mutant, Errors::default())));
    let written = written.map_err(|_| "panics".to_owned())?;
    if let Err(error) = syn::parse2::<File>(written.clone()) {
        return Err(format!("is no Rust ({error})"));
    }
    // If the item was already wrong, its first message may be the whole output.
    if !moved && !seed.written.contains("compile_error") && written.to_string() == seed.written {
        return Err("swallows a token".to_owned());
    }
    Ok(())
}

/// Returns the attribute without a comma at its end, as such a comma means nothing.
fn plain(attribute: &str) -> String {
    let text: String = attribute.chars().filter(|letter| !letter.is_whitespace()).collect();
    text.replace(",)", ")").replace(",]", "]").replace("move|", "|")
}

/// Returns every struct and enum of the tests that has derives, once for each derive.
fn corpus() -> Vec<Seed> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    let mut files = vec![tests.join("expansion.rs")];
    add_files(&tests.join("ui"), &mut files);
    files.sort();
    let mut seeds = Vec::new();
    for file in files {
        if let Ok(file) = syn::parse_file(&fs::read_to_string(file).unwrap()) {
            add_items(&file.items, &mut seeds);
        }
    }
    seeds
}

fn add_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            add_files(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

fn add_items(items: &[Item], seeds: &mut Vec<Seed>) {
    for item in items {
        let (attributes, tokens) = match item {
            Item::Struct(item) => (&item.attrs, item.to_token_stream()),
            Item::Enum(item) => (&item.attrs, item.to_token_stream()),
            Item::Mod(module) => {
                add_items(module.content.as_ref().map_or(&[], |(_, items)| items), seeds);
                continue;
            }
            _ => continue,
        };
        let derived: String = attributes.iter().map(|attribute| attribute.to_token_stream().to_string()).collect();
        for (name, derive) in DERIVES {
            let is_derived = derived.contains("derive")
                && derived.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == name);
            if let (true, Ok(input)) = (is_derived, syn::parse2::<DeriveInput>(tokens.clone())) {
                let written = derive(input.clone(), Errors::default()).to_string();
                seeds.push(Seed { name, input, derive, written });
            }
        }
    }
}

/// Returns a random attribute among those that a derive reads.
fn some_attribute<'i>(input: &'i mut DeriveInput, dice: &mut Dice) -> Option<&'i mut Attribute> {
    let own = input.attrs.iter_mut();
    let mut all: Vec<&mut Attribute> = match &mut input.data {
        Data::Struct(data) => own.chain(data.fields.iter_mut().flat_map(|field| &mut field.attrs)).collect(),
        Data::Enum(data) => {
            let of_variant = |variant: &'i mut syn::Variant| {
                variant.attrs.iter_mut().chain(variant.fields.iter_mut().flat_map(|field| &mut field.attrs))
            };
            own.chain(data.variants.iter_mut().flat_map(of_variant)).collect()
        }
        Data::Union(_) => own.collect(),
    };
    // `after` is not an attribute of ours, and rustc reports everything in it.
    let others = ["doc", "derive", "allow", "cfg", "after"];
    all.retain(|attribute| !others.iter().any(|other| attribute.path().is_ident(other)));
    (!all.is_empty()).then(|| dice.below(all.len())).map(|index| all.swap_remove(index))
}

/// Changes one token, and returns whether tokens were only moved.
fn mutate(tokens: &mut TokenStream, dice: &mut Dice) -> bool {
    let mut trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let groups: Vec<usize> = (0..trees.len()).filter(|at| matches!(trees[*at], TokenTree::Group(_))).collect();
    if !groups.is_empty() && dice.below(3) == 0 {
        let at = groups[dice.below(groups.len())];
        if let TokenTree::Group(group) = &trees[at] {
            let mut inner = group.stream();
            let moved = mutate(&mut inner, dice);
            trees[at] = Group::new(group.delimiter(), inner).into();
            *tokens = trees.into_iter().collect();
            return moved;
        }
    }
    let at = dice.below(trees.len().max(1));
    let moved = match dice.below(5) {
        0 if !trees.is_empty() => {
            trees.remove(at);
            false
        }
        1 if !trees.is_empty() => {
            trees.insert(at, trees[at].clone());
            false
        }
        2 if at + 1 < trees.len() => {
            trees.swap(at, at + 1);
            true
        }
        3 if !trees.is_empty() => {
            trees[at] = some_token(dice);
            false
        }
        _ => {
            trees.insert(dice.below(trees.len() + 1), some_token(dice));
            false
        }
    };
    *tokens = trees.into_iter().collect();
    moved
}

fn some_token(dice: &mut Dice) -> TokenTree {
    const WORDS: [&str; 22] = [
        "x", "self", "Self", "a", "move", "async", "if", "match", "let", "return", "true", "end", "name", "title",
        "unique", "as", "then", "default", "key", "was", "_", "dyn",
    ];
    const SIGNS: [char; 20] =
        [',', '=', '|', ':', '<', '>', '.', '+', ';', '#', '!', '?', '&', '-', '*', '@', '$', '/', '%', '^'];
    match dice.below(8) {
        0..=2 => Ident::new(WORDS[dice.below(WORDS.len())], Span::call_site()).into(),
        3..=5 => Punct::new(SIGNS[dice.below(SIGNS.len())], Spacing::Alone).into(),
        6 => [Literal::string("a"), Literal::u8_unsuffixed(7), Literal::string("")][dice.below(3)].clone().into(),
        _ => {
            let delimiters = [Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket, Delimiter::None];
            Group::new(delimiters[dice.below(4)], TokenStream::new()).into()
        }
    }
}

/// A source of numbers that are the same on each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % end
    }
}
