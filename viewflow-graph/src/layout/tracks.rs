//! The tracks of the lines between two layers.

use super::Item;

/// A line's change of rows within a channel.
pub(super) struct Turn {
    pub(super) edge: usize,
    pub(super) ends: [End; 2],
    pub(super) track: i32,
    /// The row in which the line changes to a second track, and that track.
    pub(super) knee: Option<(i32, i32)>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) struct End {
    pub(super) y: i32,
    /// Whether the item is in the layer behind the channel, not in the layer before it.
    pub(super) behind: bool,
    /// The item, and the number of its boundary.
    pub(super) at: (Item, Option<i32>),
}

/// The part of a turn that lies on one track: all of it, or the part before or after its knee.
struct Piece {
    turn: usize,
    ends: [Option<End>; 2],
    span: (i32, i32),
    track: i32,
}

impl Piece {
    fn ends(&self) -> impl Iterator<Item = &End> {
        self.ends.iter().flatten()
    }

    /// Whether the two pieces may overlap, as they come from, or go to, the same place.
    fn is_one_with(&self, other: &Self) -> bool {
        self.turn == other.turn || self.ends().any(|end| other.ends().any(|other| end == other))
    }

    /// Whether the two pieces are nearer to each other than `apart` allows.
    fn meets(&self, other: &Self, apart: i32) -> bool {
        self.span.0 <= other.span.1 + apart && other.span.0 <= self.span.1 + apart && !self.is_one_with(other)
    }

    /// Whether this piece has to be left of the other one so that their ends do not overlap.
    fn is_before(&self, other: &Self) -> bool {
        let over = |a: &End, b: &End| !a.behind && b.behind && a.y == b.y;
        !self.is_one_with(other) && self.ends().any(|a| other.ends().any(|b| over(a, b)))
    }
}

/// Gives each turn in a channel a track and returns the number of tracks.
///
/// Turns on one track keep a distance of `apart`.
pub(super) fn assign_tracks(turns: &mut [Turn], apart: i32) -> i32 {
    // Of two turns that go down, the lower one comes first; of two that go up, the higher one. So they do not cross.
    turns.sort_by_key(|turn| {
        let [a, b] = turn.ends;
        let down = b.y > a.y;
        (!down, if down { -a.y } else { a.y }, turn.edge)
    });
    let whole = |(turn, Turn { ends: [a, b], .. }): (usize, &Turn)| Piece {
        turn,
        ends: [Some(*a), Some(*b)],
        span: (a.y.min(b.y), a.y.max(b.y)),
        track: 0,
    };
    let mut open: Vec<Piece> = turns.iter().enumerate().map(whole).collect();
    let mut placed: Vec<Piece> = Vec::new();
    let mut count = 0;
    // For each piece, the number of pieces that have to be left of it.
    let mut waits_for = blockers(&open);
    while !open.is_empty() {
        let free = waits_for.iter().position(|count| *count == 0);
        // If two pieces have to be left of each other, one of them changes tracks on its way.
        let knee = match free {
            Some(_) => None,
            None => open.iter().enumerate().find_map(|(index, piece)| Some((index, knee_of(piece, turns)?))),
        };
        if let Some((index, y)) = knee {
            let piece = open.remove(index);
            turns[piece.turn].knee = Some((y, 0));
            let half = |end: Option<End>, ends| {
                let to = end.map_or(y, |end| end.y);
                Piece { turn: piece.turn, ends, span: (y.min(to), y.max(to)), track: 0 }
            };
            let [a, b] = piece.ends;
            open.extend([half(a, [a, None]), half(b, [None, b])]);
            waits_for = blockers(&open);
            continue;
        }
        let index = free.unwrap_or(0);
        waits_for.remove(index);
        let piece = open.remove(index);
        for (other, waits_for) in open.iter().zip(&mut waits_for) {
            *waits_for -= usize::from(piece.is_before(other));
        }
        place(piece, apart, &mut placed, &mut count);
    }
    for Piece { turn, ends, track, .. } in placed {
        let turn = &mut turns[turn];
        match (&mut turn.knee, ends) {
            (Some((_, second)), [None, _]) => *second = track,
            _ => turn.track = track,
        }
    }
    count
}

fn blockers(pieces: &[Piece]) -> Vec<usize> {
    pieces.iter().map(|piece| pieces.iter().filter(|other| other.is_before(piece)).count()).collect()
}

/// Puts a piece on the first track that is free for it.
fn place(mut piece: Piece, apart: i32, placed: &mut Vec<Piece>, count: &mut i32) {
    let after = placed.iter().filter(|other| other.is_before(&piece));
    piece.track = after.map(|other| other.track + 1).max().unwrap_or(0);
    while placed.iter().any(|other| other.track == piece.track && other.meets(&piece, apart)) {
        piece.track += 1;
    }
    *count = (*count).max(piece.track + 1);
    placed.push(piece);
}

/// Returns the row nearest to the middle of a turn in which nothing ends.
///
/// Returns `None` if the turn is too short, or is only part of a turn.
fn knee_of(piece: &Piece, turns: &[Turn]) -> Option<i32> {
    if piece.ends.contains(&None) {
        return None;
    }
    let (top, bottom) = piece.span;
    let middle = i32::midpoint(top, bottom);
    let taken = |y: &i32| {
        turns.iter().any(|turn| turn.ends.iter().any(|end| end.y == *y) || turn.knee.is_some_and(|knee| knee.0 == *y))
    };
    let rows = (0..(bottom - top) / 2).flat_map(|away| [middle - away, middle + away]);
    rows.filter(|y| top < *y && *y < bottom).find(|y| !taken(y))
}
