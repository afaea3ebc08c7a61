//! What somebody meant who mistyped a name.

/// The name most like the one that was written, when it is like enough to be meant: of every three characters one may differ.
pub fn nearest<'n>(written: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let limit = written.chars().count() / 3;
    let by_letters = known.into_iter().map(|name| (distance(written, name), name));
    by_letters.min().filter(|(far, _)| *far <= limit).map(|(_, name)| name)
}

/// Edits (Levenshtein) from one name to another.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, c) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, d) in to.iter().enumerate() {
            let changed = diagonal + usize::from(c != *d);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood() {
        let known = ["topics", "brokers", "store"];
        assert_eq!(nearest("topic", known), Some("topics"));
        assert_eq!(nearest("sotre", known), None, "two edits of five characters are too many");
        assert_eq!(nearest("sotres", known), None);
        assert_eq!(nearest("stores", known), Some("store"));
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("zzz", []), None);
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!((distance("", ""), distance("abc", ""), distance("kitten", "sitting")), (0, 3, 3));
    }
}
