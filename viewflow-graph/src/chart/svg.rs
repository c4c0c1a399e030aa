//! Charts as SVG, in the notation of BPMN.

use std::fmt::{self, Write as _};

use super::picture::{BOUNDARY, EVENT, LINE};
use super::symbols::{boundary_symbol, gateway_symbol, symbol};
use super::{Figure, Mark, escaped, label_of};
use crate::graph::Graph;
use crate::kind::Drawn;
use crate::layout::{Layout, leaves_the_border};
use crate::role::Role;
use crate::sound::Sound;

/// The size of the font, in pixels. `MARGIN` is in pixels, too.
const FONT: i32 = 12;
const MARGIN: i32 = 12;

impl Graph {
    /// Returns the flow as an SVG picture in the notation of BPMN.
    ///
    /// `mark` is called with the index of each node and returns the mark to draw. The picture can be a file of its own.
    /// In a web page it takes the colour of the text around it, so it is readable on light and on dark pages.
    ///
    /// ```
    /// use viewflow_graph::{Graph, Kind, Mark, Role};
    ///
    /// let mut graph = Graph::new("hello");
    /// let start = graph.node("start", Kind::Start);
    /// let end = graph.node("end", Kind::End);
    /// graph.edge(start, Role::Next, end);
    /// let picture = graph.svg(|_| Mark::Untouched);
    /// assert!(picture.starts_with("<svg"));
    /// ```
    pub fn svg(&self, mark: impl Fn(usize) -> Mark) -> String {
        self.svg_with(self.check().ok().as_ref(), mark)
    }

    /// Returns the same picture as [`Graph::svg`], for a graph that was checked before.
    ///
    /// `sound` is the result of the check, or `None` if the graph is not sound.
    pub fn svg_with(&self, sound: Option<&Sound>, mark: impl Fn(usize) -> Mark) -> String {
        let picture = self.picture();
        let (width, height) = (picture.width + 2 * MARGIN, picture.height + 2 * MARGIN);
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-{MARGIN} -{MARGIN} {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"{FONT}\" fill=\"none\" \
             stroke=\"currentColor\" stroke-width=\"1.5\" stroke-linejoin=\"round\">\
             <style>svg:root{{color:#1f2328;background:#fff}}@media(prefers-color-scheme:dark){{svg:root{{color:#d8dee4;\
             background:#0d1117}}}}</style><title>{}</title>",
            escaped(&self.title)
        );
        let mut drawing = Drawing { graph: self, picture, sound, text };
        (0..self.edges().len()).for_each(|edge| drawing.line(edge));
        (0..self.nodes().len()).for_each(|node| drawing.node(node, mark(node)));
        for edge in 0..self.edges().len() {
            drawing.boundary(edge);
            drawing.label(edge);
        }
        drawing.text.push_str("</svg>");
        drawing.text
    }
}

struct Drawing<'g> {
    graph: &'g Graph,
    picture: Layout,
    sound: Option<&'g Sound>,
    text: String,
}

impl Drawing<'_> {
    fn write(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a `String` never fails.
        let _ = self.text.write_fmt(text);
    }

    /// Draws the line of an edge, with its arrow.
    fn line(&mut self, edge: usize) {
        let role = &self.graph.edges()[edge].role;
        let mut points = self.picture.edges[edge].points.clone();
        if leaves_the_border(role) {
            points[0].1 += BOUNDARY;
        }
        let Some((x, y)) = points.pop() else { return };
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x} {y}")).collect();
        let dashes = if *role == Role::Compensation { " stroke-dasharray=\"2 3\"" } else { "" };
        self.write(format_args!("<path d=\"M{}L{} {y}\"{dashes}/>", path.join("L"), x - 2));
        self.write(format_args!("<path fill=\"currentColor\" stroke=\"none\" d=\"M{x} {y}l-9 -4.5v9z\"/>"));
    }

    fn node(&mut self, index: usize, mark: Mark) {
        let node = &self.graph.nodes()[index];
        let (x, y) = self.picture.nodes[index];
        let color = color(mark);
        self.write(format_args!("<g transform=\"translate({x} {y})\""));
        if let Some(color) = color {
            self.write(format_args!(" color=\"{color}\" stroke=\"currentColor\" stroke-width=\"2\""));
        }
        self.write(format_args!("><title>{} ({})", escaped(&node.title), node.kind));
        if let Some(state) = mark.told() {
            self.write(format_args!(", {state}"));
        }
        self.text.push_str("</title>");
        let tint = color.map_or(String::new(), |color| format!(" fill=\"{color}\" fill-opacity=\".15\""));
        let (half, high) = self.graph.half_size(index);
        match self.graph.figure(index) {
            Figure::Task => self.task(index, (half, high), &tint),
            Figure::Event => {
                let thick = if node.kind.is_end() { " stroke-width=\"3\"" } else { "" };
                self.write(format_args!("<circle r=\"{EVENT}\"{thick}{tint}/>"));
                if !node.kind.is_start() && !node.kind.is_end() {
                    self.write(format_args!("<circle r=\"{}\"/>", EVENT - 3));
                }
                self.text.push_str(symbol(node.kind, Figure::Event));
            }
            Figure::Gateway => {
                self.write(format_args!("<path d=\"M-{half} 0L0 -{half}L{half} 0L0 {half}z\"{tint}/>"));
                self.text.push_str(gateway_symbol(self.graph.gateway(self.sound, index)));
            }
        }
        let lines = self.graph.lines_of_title(index);
        let count = i32::try_from(lines.len()).unwrap_or(0);
        let first = match self.graph.figure(index) {
            Figure::Task if node.kind.has_children() => -(count - 1) * LINE / 2,
            Figure::Task => 8 - (count - 1) * LINE / 2,
            _ => high + LINE,
        };
        self.text.push_str("<text text-anchor=\"middle\" fill=\"currentColor\" stroke=\"none\">");
        for (line, y) in lines.iter().zip((0..).map(|line| first + line * LINE)) {
            self.write(format_args!("<tspan x=\"0\" y=\"{y}\">{}</tspan>", escaped(line)));
        }
        self.text.push_str("</text></g>");
    }

    /// Draws the box of a task, with its symbols.
    fn task(&mut self, index: usize, (half, high): (i32, i32), tint: &str) {
        let kind = self.graph.nodes()[index].kind;
        let (x, _) = self.picture.nodes[index];
        let borders = self.graph.boundaries(index).map(|(edge, _)| self.picture.edges[edge].points[0].0 - x).collect();
        let border = outline(half, high, borders);
        let calls = kind.has_children();
        let thick = if calls { " stroke-width=\"3\"" } else { "" };
        self.write(format_args!("<path d=\"{border}\"{thick}{tint}/>"));
        let (sign, x, y) = (symbol(kind, Figure::Task), 13 - half, 13 - high);
        self.write(format_args!("<g transform=\"translate({x} {y})\" stroke-width=\"1.2\">{sign}</g>"));
        if calls {
            // The sign is in the middle, unless boundaries take that place.
            let x = if self.graph.boundaries(index).nth(1).is_some() { 14 - half } else { 0 };
            let many =
                if let Drawn::Calls { many: true } = kind.drawn() { "M10 -5v10M13.5 -5v10M17 -5v10" } else { "" };
            self.write(format_args!(
                "<path transform=\"translate({x} {})\" stroke-width=\"1.2\" d=\"M-6 -6h12v12h-12zM-3.5 0h7M0 -3.5v7{many}\"/>",
                high - 9
            ));
        }
    }

    /// Draws the event on the border of a task from which an edge leaves.
    fn boundary(&mut self, edge: usize) {
        let role = &self.graph.edges()[edge].role;
        let Some(symbol) = boundary_symbol(role) else { return };
        let (x, y) = self.picture.edges[edge].points[0];
        let dashes = if role.is_beside() { " stroke-dasharray=\"3 2\"" } else { "" };
        self.write(format_args!("<g transform=\"translate({x} {y})\"><circle r=\"{BOUNDARY}\"{dashes}/>"));
        if *role != Role::Compensation {
            self.write(format_args!("<circle r=\"{}\"{dashes}/>", BOUNDARY - 3));
        }
        self.write(format_args!("<g transform=\"scale(.62)\">{symbol}</g></g>"));
    }

    fn label(&mut self, edge: usize) {
        let Some(label) = label_of(&self.graph.edges()[edge]) else { return };
        let (x, y) = self.picture.edges[edge].label;
        self.write(format_args!(
            "<text x=\"{}\" y=\"{}\" fill=\"currentColor\" stroke=\"none\" font-size=\"11\" opacity=\".85\">{}</text>",
            x + 4,
            y - 4,
            escaped(&label)
        ));
    }
}

/// Returns the border of a task's box, with gaps for the events on it.
fn outline(half: i32, high: i32, mut borders: Vec<i32>) -> String {
    let side = half - 8;
    let mut path = format!(
        "M-{side} {high}a8 8 0 0 1 -8 -8V-{}a8 8 0 0 1 8 -8H{side}a8 8 0 0 1 8 8V{}a8 8 0 0 1 -8 8",
        high - 8,
        high - 8
    );
    borders.sort_unstable_by(|a, b| b.cmp(a));
    for at in borders {
        let _ = write!(path, "H{}M{} {high}", at + BOUNDARY, at - BOUNDARY);
    }
    let _ = write!(path, "H-{side}");
    path
}

/// Returns the colour of a mark.
fn color(mark: Mark) -> Option<&'static str> {
    match mark {
        Mark::Untouched => None,
        Mark::Passed => Some("#2f9e57"),
        Mark::Active => Some("#2b7de9"),
        Mark::Failed => Some("#e0443e"),
    }
}
