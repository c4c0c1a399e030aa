//! The parser of lock files, which people edit and merge.

use std::fmt;
use std::iter::Peekable;
use std::str::{Chars, FromStr};

use super::{Data, Edge, Field, Flow, INTEGERS, Lock, Node, RENEW, Type, VERSION, is_plain};
use crate::kind::Kind;
use crate::shape::Plain;
use crate::suggest::nearest;

/// An error in a lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The number of the line, counted from 1.
    pub line: usize,
    /// The message: what is wrong with the line, and what to do.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

type Result<T> = std::result::Result<T, String>;

/// How deep types may be nested.
const DEPTH: u32 = 64;

impl FromStr for Lock {
    type Err = ParseError;

    fn from_str(text: &str) -> std::result::Result<Self, ParseError> {
        let mut reader = Reader::default();
        for (index, line) in text.lines().enumerate() {
            reader.read(index + 1, line).map_err(|message| ParseError { line: index + 1, message })?;
        }
        reader.finish()
    }
}

#[derive(Default)]
struct Reader {
    version: bool,
    lock: Lock,
    /// Names that have to be nodes of the current flow, with their lines, and whether they have to be splits.
    named: Vec<(usize, String, bool)>,
}

impl Reader {
    fn read(&mut self, number: usize, text: &str) -> Result<()> {
        if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|marker| text.starts_with(marker)) {
            return Err(format!(
                "a merge left a conflict here: keep the lines of both sides that the flows still have, take the markers out, \
                 and run `{RENEW}`"
            ));
        }
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return Ok(());
        }
        let mut line = Line { letters: text.chars().peekable() };
        let word = line.name()?;
        if !self.version {
            if word != "version" {
                return Err(format!("a lock file begins with `version {VERSION}`: restore it, or run `{RENEW}`"));
            }
            let version = line.name()?;
            if version != VERSION.to_string() {
                return Err(format!(
                    "the file has version {version}, and this release of viewflow reads version {VERSION}: use the release \
                     that wrote it, or run `{RENEW}`"
                ));
            }
            self.version = true;
            return line.end();
        }
        match word.as_str() {
            "flow" => {
                self.end_flow().map_err(|error| error.to_string())?;
                let name = line.name()?;
                if self.lock.flows.iter().any(|flow| flow.name == name) {
                    return Err(twice("flow", &name));
                }
                self.lock.flows.push(Flow { name, ..Flow::default() });
            }
            "process" => {
                let what = line.name()?;
                let flow = self.lock.flows.last_mut().ok_or_else(|| outside("process", "flow"))?;
                read_data(&mut flow.process, &what, &mut line)?;
            }
            "node" => self.node(number, &mut line)?,
            word => {
                let node = self.lock.flows.last_mut().and_then(|flow| flow.nodes.last_mut());
                let node = node.ok_or_else(|| outside(word, "node"))?;
                if word == "edge" {
                    let role = line.name()?;
                    line.expect("->")?;
                    let to = line.name()?;
                    self.named.push((number, to.clone(), false));
                    node.edges.push(Edge { role, to });
                } else {
                    read_data(&mut node.data, word, &mut line)?;
                }
            }
        }
        line.end()
    }

    fn node(&mut self, number: usize, line: &mut Line<'_>) -> Result<()> {
        let flow = self.lock.flows.last_mut().ok_or_else(|| outside("node", "flow"))?;
        let name = line.name()?;
        line.expect(":")?;
        let kind = line.name()?;
        let kind = Kind::from_name(&kind)
            .ok_or_else(|| unknown("kind of node", &kind, Kind::ALL.iter().map(|kind| kind.name())))?;
        let closes = if line.takes_word("of") { Some(line.name()?) } else { None };
        self.named.extend(closes.clone().map(|split| (number, split, true)));
        let mut scope = Vec::new();
        if line.takes_word("in") {
            loop {
                let split = line.name()?;
                self.named.push((number, split.clone(), true));
                scope.push(split);
                if !line.takes(',') {
                    break;
                }
            }
        }
        if flow.nodes.iter().any(|node| node.name == name) {
            return Err(twice("node", &name));
        }
        flow.nodes.push(Node { name, kind, closes, scope, data: Data::default(), edges: Vec::new() });
        Ok(())
    }

    /// Checks that all names in a flow are names of its nodes.
    fn end_flow(&mut self) -> std::result::Result<(), ParseError> {
        let nodes = self.lock.flows.last().map_or(&[][..], |flow| &flow.nodes);
        for (line, name, is_split) in self.named.drain(..) {
            let message = match nodes.iter().find(|node| node.name == name) {
                Some(node) if is_split && node.kind != Kind::Split => {
                    format!("`{name}` is {}, and only a `Split` has nodes within it.", node.kind.with_article())
                }
                Some(_) => continue,
                None => format!("`{name}` is no node of the flow: was its line lost in a merge?"),
            };
            return Err(ParseError { line, message: format!("{message} Restore the file, or run `{RENEW}`") });
        }
        Ok(())
    }

    fn finish(mut self) -> std::result::Result<Lock, ParseError> {
        self.end_flow()?;
        if self.version {
            Ok(self.lock)
        } else {
            let message = format!("the file is empty: restore it, or run `{RENEW}`");
            Err(ParseError { line: 1, message })
        }
    }
}

fn read_data(data: &mut Data, what: &str, line: &mut Line<'_>) -> Result<()> {
    match what {
        "seed" => data.seed = line.ty(0)?,
        "artifact" => data.artifact = line.ty(0)?,
        "table" => data.table = Some(line.name()?),
        "field" | "column" => {
            let key = line.name()?;
            line.expect(":")?;
            let ty = line.ty(0)?;
            if data.fields.iter().any(|field| field.key == key) {
                return Err(twice("field", &key));
            }
            data.fields.push(Field { key, ty, column: what == "column" });
        }
        _ => {
            return Err(unknown(
                "line",
                what,
                ["flow", "process", "node", "edge", "seed", "artifact", "table", "field", "column"],
            ));
        }
    }
    Ok(())
}

fn twice(what: &str, name: &str) -> String {
    format!("the {what} `{name}` stands here twice, as after a merge: keep one, or run `{RENEW}`")
}

fn outside(word: &str, around: &str) -> String {
    format!("`{word}` stands outside of a {around}: was a line lost in a merge? Restore the file, or run `{RENEW}`")
}

fn unknown(what: &str, name: &str, known: impl IntoIterator<Item = &'static str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("`{name}` is no {what}, did you mean `{near}`?"),
        None => format!("`{name}` is no {what}: restore the file, or run `{RENEW}`"),
    }
}

/// The rest of a line.
struct Line<'t> {
    letters: Peekable<Chars<'t>>,
}

impl Line<'_> {
    fn skip_blanks(&mut self) {
        while self.letters.next_if(|letter| letter.is_whitespace()).is_some() {}
    }

    fn takes(&mut self, sign: char) -> bool {
        self.skip_blanks();
        self.letters.next_if_eq(&sign).is_some()
    }

    fn expect(&mut self, signs: &str) -> Result<()> {
        self.skip_blanks();
        for sign in signs.chars() {
            if self.letters.next_if_eq(&sign).is_none() {
                return Err(format!("expected `{signs}`{}", self.found()));
            }
        }
        Ok(())
    }

    fn found(&mut self) -> String {
        self.letters.peek().map_or(", and the line ends".to_owned(), |letter| format!(", found `{letter}`"))
    }

    fn end(&mut self) -> Result<()> {
        self.skip_blanks();
        match self.letters.peek() {
            None => Ok(()),
            Some(_) => Err(format!("expected the end of the line{}", self.found())),
        }
    }

    /// Reads a name, in quotes or not.
    fn name(&mut self) -> Result<String> {
        self.skip_blanks();
        let mut name = String::new();
        if self.letters.next_if_eq(&'"').is_none() {
            while let Some(letter) = self.letters.next_if(|letter| is_plain(*letter)) {
                name.push(letter);
            }
            return if name.is_empty() { Err(format!("expected a name{}", self.found())) } else { Ok(name) };
        }
        loop {
            match self.letters.next() {
                Some('"') => return Ok(name),
                Some('\\') => match self.letters.next() {
                    Some('n') => name.push('\n'),
                    Some('r') => name.push('\r'),
                    Some(letter @ ('"' | '\\')) => name.push(letter),
                    _ => return Err("`\\` stands before `\"`, `\\`, `n` or `r`".to_owned()),
                },
                Some(letter) => name.push(letter),
                None => return Err("expected `\"`, and the line ends".to_owned()),
            }
        }
    }

    /// Reads this word if it comes next.
    fn takes_word(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let mut ahead = self.letters.clone();
        let comes =
            word.chars().all(|letter| ahead.next() == Some(letter)) && ahead.next().is_none_or(char::is_whitespace);
        if comes {
            self.letters = ahead;
        }
        comes
    }

    fn ty(&mut self, depth: u32) -> Result<Type> {
        if depth > DEPTH {
            return Err(format!("the types lie more than {DEPTH} deep in each other"));
        }
        let mut ty = if self.takes('[') {
            let item = self.ty(depth + 1)?;
            self.expect("]")?;
            Type::List(Box::new(item))
        } else if self.takes('{') {
            let item = self.ty(depth + 1)?;
            self.expect("}")?;
            Type::Map(Box::new(item))
        } else if self.takes('(') {
            Type::Embedded(self.list(|line| {
                let key = line.name()?;
                line.expect(":")?;
                Ok(Field { key, ty: line.ty(depth + 1)?, column: false })
            })?)
        } else {
            self.named_type()?
        };
        let mut options = depth;
        while self.takes('?') {
            options += 1;
            if options > DEPTH {
                return Err(format!("the types lie more than {DEPTH} deep in each other"));
            }
            ty = Type::Optional(Box::new(ty));
        }
        Ok(ty)
    }

    fn named_type(&mut self) -> Result<Type> {
        let name = self.name()?;
        let (choice, reference, integer) = ("choice", "ref", "integer");
        if [choice, reference, integer].contains(&name.as_str()) {
            self.expect("(")?;
        }
        if name == choice {
            return Ok(Type::Choice(self.list(Self::name)?));
        }
        if name == reference {
            let table = self.name()?;
            self.expect(")")?;
            return Ok(Type::Reference(table));
        }
        if name == integer {
            let bounds = self.list(Self::name)?;
            let bounds: Option<Vec<i128>> = bounds.iter().map(|bound| bound.parse().ok()).collect();
            return match bounds.as_deref() {
                Some([min, max]) => Ok(Type::Integer { min: *min, max: *max }),
                _ => Err("`integer(..)` takes the least and the greatest number".to_owned()),
            };
        }
        if let Some((_, min, max)) = INTEGERS.iter().find(|(integer, ..)| *integer == name) {
            return Ok(Type::Integer { min: *min, max: *max });
        }
        let plain = Plain::ALL.iter().find(|plain| plain.name() == name);
        let known = Plain::ALL.iter().map(|plain| plain.name()).chain(INTEGERS.iter().map(|(name, ..)| *name));
        plain.map(|plain| Type::Plain(*plain)).ok_or_else(|| unknown("type", &name, known))
    }

    /// Reads items with commas between them, up to `)`.
    fn list<T>(&mut self, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = Vec::new();
        if self.takes(')') {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if !self.takes(',') {
                self.expect(")")?;
                return Ok(items);
            }
        }
    }
}
