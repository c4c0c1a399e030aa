//! Faces work at the desk: their sources call nothing else of the engine that reads or acts for a person.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The sources of faces: files and directories. A new face goes on this list.
const FACES: [&str; 3] = ["examples/publish", "tests/it/faces.rs", "tests/it/faces"];

/// The methods of the engine that a face may call: the desk, and those for the program itself rather than a person.
const ALLOWED: [&str; 8] = ["builder", "desk", "flows", "graph", "run_pending", "title", "transaction", "workers"];

#[test]
fn faces_reach_the_engine_through_the_desk() {
    for face in FACES {
        let (mut past, mut desks) = (Vec::new(), 0);
        for file in files(&root().join(face)) {
            let text = fs::read_to_string(&file).unwrap();
            desks += text.matches(".desk(").count();
            past.extend(past_the_desk(&text).into_iter().map(|found| format!("  {}: {found}", file.display())));
        }
        assert!(
            past.is_empty(),
            "a face goes past the desk, where nothing asks whether the person may see or do that:\n{}\n\
             Use the desk of the person instead, as in `engine.desk(&user).act(task, &command)`: see \
             src/guide/faces.md.\n\
             Of the engine itself, a face may call {}.",
            past.join("\n"),
            ALLOWED.join(", "),
        );
        assert!(desks > 0, "`{face}` uses no desk: is it a face, and are its sources there?");
    }
}

#[test]
fn a_call_past_the_desk_is_found_however_it_is_written() {
    for (line, found) in [
        ("self.engine.assign(task, &user)?;", "`engine.assign`"),
        ("let tasks = engine\n    .queue(&ann)\n    .list()?;", "`engine.queue`"),
        ("println!(\"{}\", engine.process_record(id)?.status);", "`engine.process_record`"),
        ("loop { if done { self.engine().cancel(id, &user)? } }", "`engine.cancel`"),
        ("let engine = self.engine()?.clone();", "`engine.clone`"),
        ("state.engine.task::<ReviewFlow>(id)", "`engine.task`"),
        ("Engine::assign(&engine, task, &user)?;", "`Engine::assign`"),
        ("tasks.map(viewflow::Engine::task_record)", "`Engine::task_record`"),
        ("use viewflow::Engine as Machine;", "`Engine` under another name"),
        ("use viewflow::{Desk, Engine as Machine};", "`Engine` under another name"),
        ("fn show(machine: &'e Engine) {}", "an engine by the name `machine`"),
        ("fn show(user: &User, machine: &mut viewflow::Engine) {}", "an engine by the name `machine`"),
        ("struct Face { machine: Engine }", "an engine by the name `machine`"),
        ("let machine = &self.engine;", "an engine by the name `machine`"),
    ] {
        assert_eq!(past_the_desk(line), [found], "{line}");
    }
    for line in [
        "self.engine.desk(person).task(id)?; engine.desk(&ann).queue().page(None, 9)?;",
        "let engine = Engine::builder(store).flow(flow).build()?; engine.run_pending()?;",
        "engine.transaction(|db| db.table().insert(post.clone()))",
        "struct Face { engine: Engine } fn face(engine: &'e viewflow::Engine) -> Face { Face { engine } }",
        "// engine.assign(task, &user)\nprintln!(\"engine.assign()\"); desk.assign(); let of = &self.desk;",
    ] {
        assert_eq!(past_the_desk(line), [""; 0], "{line}");
    }
}

/// The places where the text of a source goes past the desk.
fn past_the_desk(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    visit(TokenStream::from_str(text).unwrap(), &mut found);
    found
}

fn visit(tokens: TokenStream, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => visit(group.stream(), found),
            TokenTree::Ident(word) if word == "engine" => found.extend(called_on(&tokens[at + 1..])),
            TokenTree::Ident(word) if word == "Engine" => found.extend(of_the_type(&tokens[..at], &tokens[at + 1..])),
            TokenTree::Ident(word) if word == "let" => found.extend(renamed(&tokens[at + 1..])),
            _ => {}
        }
    }
}

/// The method that is called on `engine`, or on what `engine()` returns.
fn called_on(mut after: &[TokenTree]) -> Option<String> {
    if let [TokenTree::Group(group), rest @ ..] = after
        && group.delimiter() == Delimiter::Parenthesis
    {
        after = rest;
    }
    while let [TokenTree::Punct(sign), rest @ ..] = after
        && sign.as_char() == '?'
    {
        after = rest;
    }
    match after {
        [TokenTree::Punct(dot), TokenTree::Ident(name), ..] if dot.as_char() == '.' && !is_allowed(name) => {
            Some(format!("`engine.{name}`"))
        }
        _ => None,
    }
}

/// A function of `Engine` by its path, the type under another name, or a value of it under another name than `engine`.
fn of_the_type(before: &[TokenTree], after: &[TokenTree]) -> Option<String> {
    match after {
        [colon, _, TokenTree::Ident(name), ..] if is_sign(colon, ':') => {
            return (!is_allowed(name)).then(|| format!("`Engine::{name}`"));
        }
        [TokenTree::Ident(word), ..] if word == "as" => return Some("`Engine` under another name".to_owned()),
        _ => {}
    }
    match before_the_type(before) {
        [.., TokenTree::Ident(name), colon] if is_sign(colon, ':') && name != "engine" => {
            Some(format!("an engine by the name `{name}`"))
        }
        _ => None,
    }
}

/// The tokens before a type, without those that belong to it, as in `&'a mut viewflow::Engine`.
fn before_the_type(mut before: &[TokenTree]) -> &[TokenTree] {
    loop {
        before = match before {
            [rest @ .., TokenTree::Ident(_), colon, second] if is_sign(colon, ':') && is_sign(second, ':') => rest,
            [rest @ .., quote, TokenTree::Ident(_)] if is_sign(quote, '\'') => rest,
            [rest @ .., TokenTree::Ident(word)] if word == "mut" => rest,
            [rest @ .., sign] if is_sign(sign, '&') => rest,
            _ => return before,
        };
    }
}

/// The other name that `let` gives to an engine.
fn renamed(after: &[TokenTree]) -> Option<String> {
    let statement = after.split(|token| is_sign(token, ';')).next()?;
    match statement {
        [TokenTree::Ident(name), .., TokenTree::Ident(last)] if last == "engine" && name != "engine" => {
            Some(format!("an engine by the name `{name}`"))
        }
        _ => None,
    }
}

fn is_allowed(name: &proc_macro2::Ident) -> bool {
    ALLOWED.iter().any(|allowed| name == allowed)
}

fn is_sign(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().find(|directory| directory.join("ARCHITECTURE.md").exists()).unwrap().to_owned()
}

/// A file, or all files with Rust in a directory.
fn files(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() || entry.extension().is_some_and(|ending| ending == "rs") {
            found.extend(files(&entry));
        }
    }
    found.sort();
    found
}
