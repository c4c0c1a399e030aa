//! The diagram interchange: the positions of shapes and lines.

use super::{Document, boundary_id, flow_id};
use crate::chart::Figure;
use crate::chart::picture::{BOUNDARY, LINE};
use crate::layout::leaves_the_border;

impl Document<'_> {
    pub(super) fn diagram(&mut self) {
        let process = self.graph.process_id();
        self.line(1, format_args!("<bpmndi:BPMNDiagram id=\"viewflow.diagram\">"));
        self.line(2, format_args!("<bpmndi:BPMNPlane id=\"viewflow.plane\" bpmnElement=\"{process}\">"));
        for node in 0..self.graph.nodes().len() {
            let (half, high) = self.graph.half_size(node);
            let id = self.ids[node].clone();
            let title = (self.graph.figure(node) != Figure::Task).then(|| self.graph.lines_of_title(node).len());
            self.shape(&id, self.picture.nodes[node], (half, high), title);
        }
        for (index, edge) in self.graph.edges().iter().enumerate() {
            if leaves_the_border(&edge.role) {
                let radius = BOUNDARY;
                self.shape(&boundary_id(index), self.picture.edges[index].points[0], (radius, radius), None);
            }
        }
        for (index, edge) in self.graph.edges().iter().enumerate() {
            let id = flow_id(index);
            self.line(3, format_args!("<bpmndi:BPMNEdge id=\"{id}.edge\" bpmnElement=\"{id}\">"));
            let mut points = self.picture.edges[index].points.clone();
            if leaves_the_border(&edge.role) {
                points[0].1 += BOUNDARY;
            }
            for (x, y) in points {
                self.line(4, format_args!("<di:waypoint x=\"{x}\" y=\"{y}\"/>"));
            }
            self.line(3, format_args!("</bpmndi:BPMNEdge>"));
        }
        self.line(2, format_args!("</bpmndi:BPMNPlane>"));
        self.line(1, format_args!("</bpmndi:BPMNDiagram>"));
    }

    /// Writes a shape around its middle, with a title of `title` lines below it.
    fn shape(&mut self, id: &str, (x, y): (i32, i32), (half, high): (i32, i32), title: Option<usize>) {
        let bounds =
            |x, y, width, height| format!("<dc:Bounds x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>");
        self.line(3, format_args!("<bpmndi:BPMNShape id=\"{id}.shape\" bpmnElement=\"{id}\">"));
        self.line(4, format_args!("{}", bounds(x - half, y - high, 2 * half, 2 * high)));
        if let Some(lines) = title {
            let lines = i32::try_from(lines).unwrap_or(1) * LINE;
            let label = bounds(x - 45, y + high + 2, 90, lines);
            self.line(4, format_args!("<bpmndi:BPMNLabel>{label}</bpmndi:BPMNLabel>"));
        }
        self.line(3, format_args!("</bpmndi:BPMNShape>"));
    }
}
