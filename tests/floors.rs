//! Checks which module uses which: compares the lists of floors in ARCHITECTURE.md with every path in the source of
//! each crate.
//!
//! A module may use itself and the modules on lower floors. Modules side by side on one floor do not use each
//! other. No path goes through the root of its own crate, which re-exports names of all floors.
//!
//! Calls of methods are no paths. A use of an inherent impl in an upper module shows only in its imports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Each crate by its directory. The façade has no floors, because it has only re-exports.
fn crates() -> Vec<String> {
    let entries = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut crates: Vec<String> = entries.filter(|name| name.starts_with("viewflow-")).collect();
    crates.sort();
    crates
}

#[test]
fn every_path_in_every_crate_leads_down() {
    for name in crates() {
        let floors = Floors::of(&name);
        let source = root().join(&name).join("src");
        let mut wrong = Vec::new();
        let mut modules = Vec::new();
        for file in files(&source) {
            let module = module_of(file.strip_prefix(&source).unwrap());
            let text = fs::read_to_string(&file).unwrap();
            wrong.extend(
                floors.wrong_paths(&module, &text).into_iter().map(|path| format!("{}: {path}", file.display())),
            );
            modules.extend(module.first().cloned());
        }
        assert!(wrong.is_empty(), "paths that do not lead down:\n{}", wrong.join("\n"));
        modules.sort();
        modules.dedup();
        let mut listed: Vec<String> = floors.0.into_keys().collect();
        listed.sort();
        assert_eq!(listed, modules, "ARCHITECTURE.md lists other modules of {name} than there are");
    }
}

#[test]
fn a_path_that_leads_up_is_found_however_it_is_written() {
    let floors = Floors::read("engine\nflow | kernel\nunit\n");
    let of_kernel = |text: &str| floors.wrong_paths(&["kernel".to_owned(), "turn".to_owned()], text);
    for up in [
        "use crate::engine::Engine;",
        "use crate::{engine::Engine, unit::Unit};",
        "use crate::{unit::{Unit, Db}, engine};",
        "fn turn() { crate::engine::step(); }",
        "fn turn() -> Option<crate::engine::Engine> { None }",
        "use super::super::engine::Engine;",
        "fn turn() { super::super::engine::step() }",
        "mod inner { use super::super::super::engine::Engine; }",
        "mod inner { fn turn() { vec![super::super::super::engine::step()]; } }",
        "macro_rules! call { () => { crate::engine::step() } }",
        "use crate::flow::Flow;",
        "use crate::Engine;",
        "use crate::*;",
        "pub(in crate::engine) fn turn() {}",
        "use super::{super::engine::Engine, token::Token};",
        "use super::{super::{engine::Engine, unit::Unit}, token::Token};",
        "use crate as root;",
        "use super::super as root;",
        "macro_rules! call { () => { $crate::engine::step() } }",
    ] {
        assert_eq!(of_kernel(up).len(), 1, "{up}");
    }
    for down in [
        "use crate::unit::Unit; use crate::kernel::token::Token; use super::token::Token; use super::super::unit::Unit;",
        "mod inner { use super::*; use super::super::Step; use crate::unit::Unit; }",
        "/// See [`Engine`](crate::engine::Engine).\nfn turn() -> &'static str { \"crate::engine\" }",
        "use super::{self, token::Token, super::unit::Unit};",
        "#[macro_export] macro_rules! call { () => { $crate::engine::step() } }",
        "crate::node_kinds!(kinds);",
    ] {
        assert_eq!(of_kernel(down), [""; 0], "{down}");
    }
}

#[test]
fn every_file_in_the_code_map_is_there() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, map) = page.split_once("## Code map").unwrap();
    let map = map.split("\n## ").next().unwrap();
    let rows = map.lines().filter(|line| line.starts_with("| `"));
    let mut seen = 0;
    for row in rows {
        let cell = row.split(" | ").next().unwrap();
        let mut base = root().join("viewflow-core/src");
        for name in cell.split('`').skip(1).step_by(2) {
            // The names after a whole path are in the same source directory.
            if root().join(name).exists() {
                let source = name.find("/src/").map_or(0, |at| at + 5);
                base = root().join(&name[..source]);
            } else {
                assert!(base.join(name).exists(), "ARCHITECTURE.md names `{name}`, which does not exist:\n{row}");
            }
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen} files are named");
    for name in crates().iter().filter(|name| *name != "viewflow-bench") {
        for module in Floors::of(name).0.into_keys() {
            let named =
                [format!("`{module}.rs`"), format!("`{module}/`"), format!("/{module}.rs`"), format!("/{module}/`")];
            assert!(named.iter().any(|file| map.contains(file)), "the code map does not name `{module}` of {name}");
        }
    }
}

#[test]
fn our_crates_depend_on_each_other_as_the_page_draws_it() {
    let allowed: [(&str, &[&str]); 8] = [
        ("viewflow-graph", &[]),
        ("viewflow-macros", &["viewflow-graph"]),
        ("viewflow-store", &["viewflow-graph", "viewflow-store"]),
        ("viewflow-core", &["viewflow-graph", "viewflow-store"]),
        ("viewflow-testing", &["viewflow-core", "viewflow-graph", "viewflow-store"]),
        ("viewflow-sled", &["viewflow-store"]),
        ("viewflow-bench", &["viewflow"]),
        ("", &["viewflow-core", "viewflow-macros", "viewflow-sled", "viewflow-store", "viewflow-testing"]),
    ];
    assert_eq!(allowed.len(), crates().len() + 1, "a crate is not listed here, and in ARCHITECTURE.md");
    for (directory, known) in allowed {
        let manifest = fs::read_to_string(root().join(directory).join("Cargo.toml")).unwrap();
        let mut section = "";
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
            }
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if section.ends_with("dependencies]")
                && section != "[workspace.dependencies]"
                && name.starts_with("viewflow")
            {
                assert!(known.contains(&name), "`{directory}` knows `{name}`");
            }
        }
    }
}

/// The names at `viewflow::`: those that an application's code uses in its first week, and shelves for the rest.
const ROOT: &str = "
    Activation Anonymous Artifact Bytes Choices Db Desk Document Embedded Engine EngineBuilder Entity Error
    Event EventKind FieldErrors Flow Form Id JobRun MemoryStore Message NodeName Page Permission Process ProcessId
    ProcessOf ProcessStatus Ref Result Seed SledStore Store StoreError Superuser Table Task TaskId TaskOf
    TaskStatus Timestamp User UserId Workers
    entity flow flow_lock form message process task
    jiff rust_decimal serde_json uuid
    __private builder change desk document engine error field graph guide handler lifecycle lock nodes people
    prelude store table
";

#[test]
fn the_root_of_the_facade_is_a_shelf_and_no_heap() {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let names = public_names(TokenStream::from_str(&text).unwrap());
    let listed: BTreeSet<String> = ROOT.split_whitespace().map(str::to_owned).collect();
    let new: Vec<&String> = names.difference(&listed).collect();
    assert!(new.is_empty(), "put {new:?} on a shelf, such as `viewflow::engine`, instead of the root of `viewflow`");
    let gone: Vec<&String> = listed.difference(&names).collect();
    assert!(gone.is_empty(), "{gone:?} is listed here, and not at the root of `viewflow`");
}

#[test]
fn a_public_name_is_found_however_it_is_exported() {
    let of = |text: &str| Vec::from_iter(public_names(TokenStream::from_str(text).unwrap()));
    assert_eq!(
        of("#[doc = \"..\"] pub use a::B; pub use a::{c::{D, E as F}, G, h::{self}};"),
        ["B", "D", "F", "G", "h"]
    );
    assert_eq!(of("pub use a::*;"), ["*"]);
    assert_eq!(
        of("pub mod a; pub(crate) mod b; mod c; pub struct D; pub const fn e() { pub use f::G; }"),
        ["D", "a", "e"]
    );
}

/// The names that a module's text makes public, at its own level; `*` for a list that is not written out.
fn public_names(tokens: TokenStream) -> BTreeSet<String> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut found = BTreeSet::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, token)| is_ident(Some(token), "pub")) {
        let item = tokens[at + 1..].split(|token| is_punct(Some(token), ';')).next().unwrap_or_default();
        match item {
            [TokenTree::Ident(word), path @ ..] if word == "use" => exported(path, &mut found),
            // `pub(crate)`.
            [TokenTree::Group(_), ..] | [] => {}
            [..] => {
                let words = item.iter().map(TokenTree::to_string);
                let is_qualifier = |word: &String| ["const", "async", "fn"].contains(&word.as_str());
                let kind = item.iter().take_while(|token| is_qualifier(&token.to_string())).count().max(1);
                found.extend(words.skip(kind).take(1));
            }
        }
    }
    found
}

/// The names that a path of `use` brings, or a list of paths.
fn exported(path: &[TokenTree], found: &mut BTreeSet<String>) {
    match path {
        [.., TokenTree::Group(list)] => {
            let inner: Vec<TokenTree> = list.stream().into_iter().collect();
            let of = &path[..path.len() - 1];
            for part in inner.split(|token| is_punct(Some(token), ',')) {
                let is_self = part.len() == 1 && is_ident(part.first(), "self");
                // `a::{self}` is `a`.
                exported(if is_self { &of[..of.len().saturating_sub(2)] } else { part }, found);
            }
        }
        [.., name] => {
            found.insert(name.to_string());
        }
        [] => {}
    }
}

/// The floor of each module, counted from the top.
struct Floors(BTreeMap<String, usize>);

impl Floors {
    /// Reads the list in ARCHITECTURE.md: a block that names the crate, with a line for each floor.
    fn of(name: &str) -> Self {
        let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
        let begin = format!("```text floors of {name}\n");
        let (_, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("ARCHITECTURE.md has no block `{begin}`"));
        Self::read(rest.split_once("```").unwrap().0)
    }

    /// Reads a list. `|` separates modules side by side; after two spaces a line says what they are about.
    fn read(list: &str) -> Self {
        let mut floors = BTreeMap::new();
        for (floor, line) in list.lines().enumerate() {
            for name in line.split("  ").next().unwrap_or_default().split('|').map(str::trim) {
                assert!(floors.insert(name.to_owned(), floor).is_none(), "`{name}` stands on two floors");
            }
        }
        Self(floors)
    }

    /// The paths in the text of a module that do not lead down.
    fn wrong_paths(&self, module: &[String], text: &str) -> Vec<String> {
        // The root's own files re-export.
        let Some(own) = module.first() else { return Vec::new() };
        let mut paths = Vec::new();
        visit(TokenStream::from_str(text).unwrap(), module, &mut paths);
        let leads_down = |to: &str| to == own || self.0.get(to).is_some_and(|floor| Some(floor) > self.0.get(own));
        paths.retain(|to| !leads_down(to));
        paths.iter().map(|to| format!("`{own}` knows `crate::{to}`")).collect()
    }
}

/// Collects the first names of all paths that begin at the root of the crate, however they are written.
fn visit(tokens: TokenStream, module: &[String], paths: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at: usize = 0;
    let mut exported = false;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(word) if word == "mod" => {
                if let [TokenTree::Ident(name), TokenTree::Group(body), ..] = &tokens[at + 1..] {
                    let inner: Vec<String> = module.iter().cloned().chain([name.to_string()]).collect();
                    visit(body.stream(), &inner, paths);
                    at += 2;
                }
            }
            // Code that a macro writes for other crates goes through the root.
            TokenTree::Group(group) if group.to_string().contains("macro_export") => exported = true,
            TokenTree::Ident(word) if word == "macro_rules" && std::mem::take(&mut exported) => at += 3,
            TokenTree::Ident(word) if word == "crate" || word == "super" => at = path(&tokens, at, module, paths),
            TokenTree::Group(group) => visit(group.stream(), module, paths),
            _ => {}
        }
        at += 1;
    }
}

/// Reads a path that begins with `crate` or `super`. Returns the place of its last keyword.
fn path(tokens: &[TokenTree], mut at: usize, module: &[String], paths: &mut Vec<String>) -> usize {
    let mut module = if is_ident(tokens.get(at), "crate") { &[] } else { &module[..module.len().saturating_sub(1)] };
    while let Some(next) = after_colons(tokens, at + 1).filter(|next| is_ident(tokens.get(*next), "super")) {
        (at, module) = (next, &module[..module.len().saturating_sub(1)]);
    }
    match after_colons(tokens, at + 1) {
        Some(after) => names(&tokens[after..], module, paths),
        // The root under another name would hide all paths through it.
        None if module.is_empty() && is_ident(tokens.get(at + 1), "as") => paths.push("self".to_owned()),
        None => {}
    }
    at
}

/// The first name of a path below a module, or of each path in a list, if that module is the root.
fn names(tokens: &[TokenTree], module: &[String], paths: &mut Vec<String>) {
    match tokens.first() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
            tokens.split(|token| is_punct(Some(token), ',')).for_each(|path| names(path, module, paths));
        }
        Some(token) if is_ident(Some(token), "super") => {
            path(tokens, 0, module, paths);
        }
        // Exported macros are at the root.
        Some(_) if is_punct(tokens.get(1), '!') => {}
        Some(token) if module.is_empty() => paths.push(token.to_string()),
        Some(_) | None => {}
    }
}

fn after_colons(tokens: &[TokenTree], at: usize) -> Option<usize> {
    (is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')).then_some(at + 2)
}

fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn is_ident(token: Option<&TokenTree>, name: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == name)
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().find(|directory| directory.join("ARCHITECTURE.md").exists()).unwrap().to_owned()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        // The files in `bin` are programs of their own.
        if entry.is_dir() && !entry.ends_with("src/bin") {
            found.extend(files(&entry));
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            found.push(entry);
        }
    }
    found.sort();
    found
}

/// `kernel/turn.rs` is `kernel::turn`; the files of the root belong to no module.
fn module_of(file: &Path) -> Vec<String> {
    let path = file.with_extension("");
    let names: Vec<String> = path.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names == ["lib"] || names == ["main"] { Vec::new() } else { names }
}
