//! Comparisons of text at compile time.

/// Whether two texts are equal.
pub(crate) const fn same(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
        if *a != *b {
            return false;
        }
        (left, right) = (left_rest, right_rest);
    }
    left.is_empty() && right.is_empty()
}

/// Whether a text is among several texts.
pub(crate) const fn is_among(text: &str, mut several: &[&str]) -> bool {
    while let [first, rest @ ..] = several {
        if same(first, text) {
            return true;
        }
        several = rest;
    }
    false
}
