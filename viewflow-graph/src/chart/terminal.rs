//! Charts for a terminal.

use super::{Figure, Gateway, Mark, label_of};
use crate::detail::Detail;
use crate::graph::Graph;
use crate::layout::{Boundaries, Layout, Measures, Route, Size, layout};
use crate::role::Role;
use crate::sound::Sound;

/// The number of letters in a line of a task's title, unless a word is longer. `MOST` is the greatest number of lines.
const ROOM: usize = 18;
const MOST: usize = 3;
const BOUNDARIES: Boundaries = Boundaries { first: 2, next: 2 };

impl Graph {
    /// Returns an outline for a terminal: one line for each node, with its mark, its kind and the ways out of it.
    ///
    /// `mark` is called with the index of each node. [`Graph::drawing`] returns a chart with boxes and lines.
    pub fn outline(&self, mark: impl Fn(usize) -> Mark) -> String {
        let width = self.nodes().iter().map(|node| node.name.chars().count()).max().unwrap_or(0);
        let kinds = self.nodes().iter().map(|node| node.kind.name().len()).max().unwrap_or(0);
        let mut text = String::new();
        for (index, node) in self.nodes().iter().enumerate() {
            let line = format!(
                "{} {:width$}  {:kinds$}  {}",
                mark(index).symbol(),
                node.name,
                node.kind.name(),
                self.told_ways(index)
            );
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn told_ways(&self, node: usize) -> String {
        let ways = self.out(node).map(|(_, edge)| {
            let target = &self.nodes()[edge.to].name;
            match &edge.role {
                Role::Next => format!("→ {target}"),
                _ => format!("{} → {target}", edge.way()),
            }
        });
        ways.collect::<Vec<_>>().join(", ")
    }

    /// Returns the chart of [`Graph::svg`] for a terminal that is wide enough.
    ///
    /// Tasks are boxes. Events stand in round brackets, ends in two of them. Gateways stand in pointed brackets. `mark`
    /// is called with the index of each node.
    ///
    /// ```
    /// use viewflow_graph::{Graph, Kind, Mark, Role};
    ///
    /// let mut graph = Graph::new("hello");
    /// let start = graph.node("start", Kind::Start);
    /// let approve = graph.node("approve", Kind::View);
    /// let end = graph.node("end", Kind::End);
    /// graph.edge(start, Role::Next, approve);
    /// graph.edge(approve, Role::Next, end);
    /// let mark = |node| if node == approve { Mark::Active } else { Mark::Untouched };
    /// assert_eq!(
    ///     graph.drawing(mark),
    ///     "            ┌───────────┐\n\
    ///      ( Start )──▶│ ● Approve ├──▶(( End ))\n\
    ///      \x20           └───────────┘\n"
    /// );
    /// ```
    pub fn drawing(&self, mark: impl Fn(usize) -> Mark) -> String {
        let sound = self.check().ok();
        let titles: Vec<Vec<String>> =
            (0..self.nodes().len()).map(|node| self.told_title(sound.as_ref(), node, mark(node))).collect();
        let layout = self.cells(&titles);
        let mut grid = Grid::new(layout.width, layout.height);
        layout.edges.iter().for_each(|route| grid.line(&route.points));
        for (index, lines) in titles.iter().enumerate() {
            grid.node(layout.nodes[index], self.figure(index), self.half_of(index, lines), lines);
        }
        for (index, edge) in self.edges().iter().enumerate() {
            let Route { points, label: (x, y) } = &layout.edges[index];
            if let Some(label) = label_of(edge) {
                grid.put(x + 1, *y, &label);
            }
            if let (Some(sign), Some((x, y))) = (border_sign(&edge.role), points.first()) {
                grid.put(*x, *y, sign);
            }
            if let Some((x, y)) = points.last() {
                grid.put(x - 1, *y, "▶");
            }
        }
        grid.into_text()
    }

    fn cells(&self, titles: &[Vec<String>]) -> Layout {
        let sizes = titles.iter().enumerate().map(|(node, lines)| {
            let half = self.half_of(node, lines);
            let (up, down) = match self.figure(node) {
                Figure::Task => (1 + (cells(lines.len()) - 1) / 2, 1 + cells(lines.len()) / 2),
                _ => (0, 0),
            };
            Size { width: 2 * half + 1, half, border: down, up, down }
        });
        let labels = self.edges().iter().map(|edge| label_of(edge).map_or(0, |label| cells(label.chars().count()) + 2));
        let measures = Measures {
            nodes: sizes.collect(),
            labels: labels.collect(),
            gap: 1,
            line: (0, 0),
            stub: 1,
            track: 2,
            arrow: 2,
            boundary: 1,
            boundaries: BOUNDARIES,
        };
        layout(self, &measures)
    }

    /// Returns half the width of a node.
    ///
    /// A task has a border and a blank on each side of its title, and room for its boundaries.
    fn half_of(&self, node: usize, lines: &[String]) -> i32 {
        let width = cells(lines.iter().map(|line| line.chars().count()).max().unwrap_or(0));
        match self.figure(node) {
            Figure::Task => (width / 2 + 2).max(BOUNDARIES.room(self.boundaries(node).count())),
            _ => width / 2,
        }
    }

    /// Returns the lines of a node's title, with its mark.
    ///
    /// Only tasks have several lines; other nodes have one line with their brackets.
    fn told_title(&self, sound: Option<&Sound>, node: usize, mark: Mark) -> Vec<String> {
        let figure = self.figure(node);
        let kind = self.nodes()[node].kind;
        let time = self.nodes()[node].detail.as_ref().and_then(Detail::told);
        let mut words = self.nodes()[node].title.clone();
        words.extend(time.map(|time| format!(" ({time})")));
        if mark != Mark::Untouched {
            words = format!("{} {words}", mark.symbol());
        }
        let sign = match self.gateway(sound, node) {
            Gateway::Exclusive => 'x',
            Gateway::Parallel => '+',
            Gateway::Inclusive => 'o',
            Gateway::EventBased => '1',
            Gateway::Complex => '*',
        };
        match figure {
            Figure::Task => wrapped(&words),
            Figure::Event if kind.is_end() => vec![format!("(( {words} ))")],
            Figure::Event => vec![format!("( {words} )")],
            Figure::Gateway => vec![format!("<{sign} {words} >")],
        }
    }
}

fn cells(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / 4)
}

/// Returns the sign on the border of a task from which an edge leaves.
fn border_sign(role: &Role) -> Option<&'static str> {
    match role {
        Role::Timeout { .. } => Some("◷"),
        Role::OnError(_) => Some("!"),
        Role::OnEscalation(_) => Some("^"),
        Role::Compensation => Some("«"),
        _ => None,
    }
}

/// Breaks a title into lines of whole words, and shortens it if it is too long.
fn wrapped(title: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in title.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= ROOM || line.chars().count() == 1 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    if lines.len() > MOST {
        lines.truncate(MOST);
        lines[MOST - 1].push('…');
    }
    lines
}

/// A sheet of letters and of lines that connect.
struct Grid {
    width: usize,
    cells: Vec<Cell>,
}

#[derive(Clone, Copy)]
enum Cell {
    /// The directions in which lines leave the cell: up, right, down, left.
    Line([bool; 4]),
    Letter(char),
}

const UP: usize = 0;
const RIGHT: usize = 1;
const DOWN: usize = 2;
const LEFT: usize = 3;

impl Grid {
    fn new(width: i32, height: i32) -> Self {
        let side = |length: i32| usize::try_from(length).unwrap_or(0) + 1;
        Self { width: side(width), cells: vec![Cell::Line([false; 4]); side(width) * side(height)] }
    }

    fn at(&mut self, x: i32, y: i32) -> Option<&mut Cell> {
        let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        if x < self.width { self.cells.get_mut(y * self.width + x) } else { None }
    }

    /// Adds a direction to the line in a cell.
    fn go(&mut self, x: i32, y: i32, direction: usize) {
        if let Some(Cell::Line(directions)) = self.at(x, y) {
            directions[direction] = true;
        }
    }

    /// Draws a piece of a line along one of the axes.
    fn piece(&mut self, (x, y): (i32, i32), (to_x, to_y): (i32, i32)) {
        for at in x.min(to_x)..x.max(to_x) {
            self.go(at, y, RIGHT);
            self.go(at + 1, y, LEFT);
        }
        for at in y.min(to_y)..y.max(to_y) {
            self.go(to_x, at, DOWN);
            self.go(to_x, at + 1, UP);
        }
    }

    /// Draws the line of an edge, up to its arrow.
    fn line(&mut self, points: &[(i32, i32)]) {
        let mut points = points.to_vec();
        if let Some(last) = points.last_mut() {
            last.0 -= 1;
        }
        points.windows(2).for_each(|pair| self.piece(pair[0], pair[1]));
    }

    fn node(&mut self, (x, y): (i32, i32), figure: Figure, half: i32, lines: &[String]) {
        if figure != Figure::Task {
            let title = lines.concat();
            self.put(x - cells(title.chars().count()) / 2, y, &title);
            return;
        }
        let top = y - 1 - (cells(lines.len()) - 1) / 2;
        let bottom = y + 1 + cells(lines.len()) / 2;
        let (left, right) = (x - half, x + half);
        for row in top + 1..bottom {
            for column in left..=right {
                let keeps = column == left || column == right;
                if !keeps && let Some(cell) = self.at(column, row) {
                    *cell = Cell::Line([false; 4]);
                }
            }
        }
        let corners = [((left, top), (right, top)), ((left, bottom), (right, bottom))];
        corners.into_iter().for_each(|(from, to)| self.piece(from, to));
        [left, right].into_iter().for_each(|side| self.piece((side, top), (side, bottom)));
        for (line, row) in lines.iter().zip(top + 1..) {
            self.put(x - (cells(line.chars().count()) - 1) / 2, row, line);
        }
    }

    fn put(&mut self, x: i32, y: i32, text: &str) {
        for (letter, column) in text.chars().zip(x..) {
            if let Some(cell) = self.at(column, y) {
                *cell = Cell::Letter(letter);
            }
        }
    }

    fn into_text(self) -> String {
        let mut text = String::new();
        for row in self.cells.chunks(self.width) {
            let line: String = row.iter().map(|cell| cell.letter()).collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.truncate(text.trim_end().len() + 1);
        text
    }
}

impl Cell {
    fn letter(self) -> char {
        let directions = match self {
            Self::Letter(letter) => return letter,
            Self::Line(directions) => directions,
        };
        match directions {
            [false, false, false, false] => ' ',
            [true, false, true | false, false] | [false, false, true, false] => '│',
            [false, true, false, true | false] | [false, false, false, true] => '─',
            [true, true, false, false] => '└',
            [false, true, true, false] => '┌',
            [false, false, true, true] => '┐',
            [true, false, false, true] => '┘',
            [true, true, true, false] => '├',
            [true, false, true, true] => '┤',
            [false, true, true, true] => '┬',
            [true, true, false, true] => '┴',
            [true, true, true, true] => '┼',
        }
    }
}
