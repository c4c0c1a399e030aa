//! The sizes and positions in a picture, which SVG and BPMN's diagram interchange share.

use super::{Figure, label_of};
use crate::detail::Detail;
use crate::graph::Graph;
use crate::layout::{Boundaries, Layout, Measures, Size, layout};

/// The height of a line of text, in pixels.
pub(super) const LINE: i32 = 15;
/// The radius of an event; `BOUNDARY` is that of an event on a border.
pub(super) const EVENT: i32 = 16;
pub(super) const BOUNDARY: i32 = 10;
/// Half the width of a diamond.
const GATEWAY: i32 = 22;
/// Half the width of a task's box.
const TASK: i32 = 62;
const BOUNDARIES: Boundaries = Boundaries { first: 20, next: 26 };
/// The greatest width of a title within a box; `BENEATH` is that of a title below an event.
const TITLE: i32 = 104;
const BENEATH: i32 = 92;

impl Graph {
    /// Returns the layout of the picture.
    pub(super) fn picture(&self) -> Layout {
        let titles = (0..self.nodes().len()).map(|node| self.lines_of_title(node));
        let sizes = titles.enumerate().map(|(node, lines)| {
            let figure = self.figure(node);
            let (half, high) = self.half_size(node);
            let broad = lines.iter().map(|line| width_of(line)).max().unwrap_or(0);
            match figure {
                Figure::Task => Size { width: 2 * half, half, border: high, up: high, down: high },
                _ => {
                    let beneath = height_of(lines.len()) + 6;
                    Size { width: broad.max(2 * half), half, border: high, up: high, down: high + beneath }
                }
            }
        });
        let labels = self.edges().iter().map(|edge| match label_of(edge) {
            Some(label) => width_of(&label) + 8,
            None => 0,
        });
        let measures = Measures {
            nodes: sizes.collect(),
            labels: labels.collect(),
            gap: 20,
            line: (10, 6),
            stub: 14,
            track: 10,
            arrow: 18,
            boundary: 24,
            boundaries: BOUNDARIES,
        };
        layout(self, &measures)
    }

    /// Returns the lines of a node's title, as the picture shows them.
    pub(super) fn lines_of_title(&self, node: usize) -> Vec<String> {
        let room = if self.figure(node) == Figure::Task { TITLE } else { BENEATH };
        let node = &self.nodes()[node];
        let mut lines = wrapped(&node.title, room);
        if let Some(time) = node.detail.as_ref().and_then(Detail::told) {
            lines.extend(wrapped(&format!("({time})"), room));
        }
        lines
    }

    /// Returns half the width and half the height of a node's shape.
    pub(super) fn half_size(&self, node: usize) -> (i32, i32) {
        let lines = self.lines_of_title(node).len();
        match self.figure(node) {
            Figure::Task => {
                let half = TASK.max(BOUNDARIES.room(self.boundaries(node).count()));
                (half, 30.max(height_of(lines) / 2 + 15))
            }
            Figure::Event => (EVENT, EVENT),
            Figure::Gateway => (GATEWAY, GATEWAY),
        }
    }
}

fn height_of(lines: usize) -> i32 {
    i32::try_from(lines).unwrap_or(0) * LINE
}

/// Estimates the width of a text. Fonts differ, so the estimate is generous.
fn width_of(text: &str) -> i32 {
    let tenths = |letter| match letter {
        'i' | 'j' | 'l' | 'I' | ' ' | '.' | ',' | ':' | '\'' | '|' | '(' | ')' | '[' | ']' => 40,
        'f' | 'r' | 't' | '-' | '"' => 48,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 112,
        letter if letter >= '\u{1100}' => 125,
        letter if letter.is_uppercase() => 84,
        _ => 73,
    };
    text.chars().map(tenths).sum::<i32>() / 10
}

/// Breaks a title into lines that fit, each with at least one word.
///
/// Text beyond the last line is left out.
fn wrapped(title: &str, room: i32) -> Vec<String> {
    const MOST: usize = 4;
    let mut lines: Vec<String> = Vec::new();
    for word in title.split_whitespace() {
        let mut rest = word;
        match lines.last_mut() {
            Some(line) if width_of(line) + 4 + width_of(word) <= room => {
                line.push(' ');
                line.push_str(word);
                continue;
            }
            _ => {}
        }
        // Break a word that is too long for a line.
        while width_of(rest) > room {
            let fits = rest.char_indices().map(|(at, _)| at).filter(|at| width_of(&rest[..*at]) + 5 <= room);
            let Some(at) = fits.max().filter(|at| *at > 0) else { break };
            lines.push(format!("{}-", &rest[..at]));
            rest = &rest[at..];
        }
        lines.push(rest.to_owned());
    }
    if lines.len() > MOST {
        lines.truncate(MOST);
        lines[MOST - 1].push('…');
    }
    lines
}
