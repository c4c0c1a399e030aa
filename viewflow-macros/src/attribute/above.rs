//! Finds the derives above an attribute.
//!
//! rustc does not show them to the attribute; it would only report that a trait is implemented twice. So this module
//! reads them from the source file. If it cannot read the file, it reports nothing.

use std::fs;

/// Returns the names of the derives right above this attribute, if there are any.
pub(super) fn derived_above() -> Option<Vec<String>> {
    if !proc_macro::is_available() {
        return None;
    }
    let at = proc_macro::Span::call_site();
    let text = fs::read_to_string(at.local_file()?).ok()?;
    let lines: Vec<&str> = text.lines().take(at.line()).collect();
    let (last, before) = lines.split_last()?;
    derived(before.iter().copied().chain(last.get(..at.column().checked_sub(1)?)))
}

/// Returns the names in the derives at the end of these lines.
fn derived<'l>(lines: impl DoubleEndedIterator<Item = &'l str>) -> Option<Vec<String>> {
    let mut names = None;
    // An attribute of several lines, read from its end.
    let mut attribute = String::new();
    for line in lines.rev() {
        let line = line.split("//").next().unwrap_or_default().trim();
        attribute.insert_str(0, line);
        if attribute.is_empty() {
            continue;
        }
        if !attribute.ends_with(']') {
            break;
        }
        if !line.starts_with("#[") {
            continue;
        }
        if !is_one(&attribute) {
            break;
        }
        if let Some((derived, _)) = attribute.strip_prefix("#[derive(").and_then(|rest| rest.split_once(')')) {
            let paths = derived.split(',').filter_map(|path| path.rsplit("::").next()).map(str::trim);
            let paths = paths.filter(|name| !name.is_empty()).map(str::to_owned);
            names.get_or_insert_with(Vec::new).extend(paths);
        }
        attribute.clear();
    }
    names
}

/// Whether the first bracket closes at the end of the text.
fn is_one(attribute: &str) -> bool {
    let mut open = 0_usize;
    for (at, letter) in attribute.char_indices() {
        match letter {
            '[' => open += 1,
            ']' if open <= 1 => return at + 1 == attribute.len(),
            ']' => open -= 1,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::derived;

    fn names(text: &str) -> Option<String> {
        derived(text.lines()).map(|names| names.join(" "))
    }

    #[test]
    fn what_is_derived_right_above_is_found_and_nothing_else() {
        assert_eq!(names("#[derive(Clone, std::fmt::Debug)]"), Some("Clone Debug".to_owned()));
        assert_eq!(
            names("#[derive(\n    Clone, // not so\n)]\n// why\n#[must_use]\n\n/// What.\n"),
            Some("Clone".to_owned())
        );
        assert_eq!(names("#[derive(Clone)]\n#[derive(Debug)] "), Some("Debug Clone".to_owned()));
        assert_eq!(names("#[derive(Clone)]\nstruct Other;\n"), None);
        assert_eq!(names("#[derive(Clone)]\nstruct Other([u8; 3],\n[u8; 4]\n"), None);
        assert_eq!(names("/// What.\n#[must_use]\n"), None);
    }
}
