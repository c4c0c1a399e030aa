//! Suggestions for mistyped names.

/// Returns the candidate that a mistyped name most likely meant, if any is near enough.
///
/// Nearness is the optimal string alignment distance: it counts insertions, deletions, substitutions and swaps of
/// neighbours. Up to a third of the longer name may differ.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance * 3 <= name.len().max(candidate.len()).max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before = vec![0; right.len() + 1];
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, a) in left.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, b) in right.iter().enumerate() {
            let substituted = above[column] + usize::from(a != b);
            let mut best = substituted.min(above[column + 1] + 1).min(line[column] + 1);
            if row > 0 && column > 0 && *a == right[column - 1] && left[row - 1] == *b {
                best = best.min(before[column - 1] + 1);
            }
            line.push(best);
        }
        before = std::mem::replace(&mut above, line);
    }
    above[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        assert_eq!(nearest("reveiw", ["start", "review", "end"]), Some("review"));
        assert_eq!(nearest("aproved", ["approved", "remark"]), Some("approved"));
        assert_eq!(nearest("edn", ["start", "end"]), Some("end"));
    }

    #[test]
    fn a_name_that_is_like_none_gets_no_suggestion() {
        assert_eq!(nearest("publish", ["start", "end"]), None);
        assert_eq!(nearest("x", []), None);
    }
}
