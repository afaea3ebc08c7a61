//! Expectations kept as text: compared, and written again when asked.
//!
//! `VIGIE_BLESS=1 cargo test -p <crate>` writes what came out; read the difference before committing.

use std::env;
use std::fs;
use std::path::PathBuf;

/// Compares a text with the file `path`, which is relative to the crate under test.
///
/// # Panics
/// When they differ, with the lines that do; when the file cannot be read.
pub fn check_golden(path: &str, text: &str) {
    let file = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(path);
    if env::var_os("VIGIE_BLESS").is_some_and(|value| value == "1") {
        let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, text));
        return written.unwrap_or_else(|error| panic!("cannot write {path}: {error}"));
    }
    let expected =
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("cannot read {path}: {error}; VIGIE_BLESS=1 writes it"));
    if expected != text {
        panic!("{path} differs from what came out (VIGIE_BLESS=1 writes it anew):\n{}", difference(&expected, text));
    }
}

/// Compares two texts of several lines.
///
/// # Panics
/// When they differ, with the lines that do.
pub fn check_text(expected: &str, text: &str) {
    if expected != text {
        panic!("expected (-) and what came out (+) differ:\n{}", difference(expected, text));
    }
}

/// Lines of equal context shown around a difference.
const CONTEXT: usize = 3;

/// The differing middle of two texts, between their equal beginning and end.
fn difference(expected: &str, found: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    if old == new {
        return "(only line ends differ)\n".to_owned();
    }
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let mut shown = String::new();
    let mut put = |sign: char, lines: &[&str]| {
        for line in lines {
            shown.push(sign);
            shown.push(' ');
            shown.push_str(line);
            shown.push('\n');
        }
    };
    put(' ', &old[head.saturating_sub(CONTEXT)..head]);
    put('-', &old_rest[..old_rest.len() - tail]);
    put('+', &new_rest[..new_rest.len() - tail]);
    let after = &old_rest[old_rest.len() - tail..];
    put(' ', &after[..after.len().min(CONTEXT)]);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_differing_middle() {
        assert_eq!(difference("a\nb\nc\nd\ne\nx\nf\n", "a\nb\nc\nd\ne\ny\nz\nf\n"), "  c\n  d\n  e\n- x\n+ y\n+ z\n  f\n");
        assert_eq!(difference("a\n", "a\r\n"), "(only line ends differ)\n");
        assert_eq!(difference("a\na\n", "a\n"), "  a\n- a\n");
    }

    #[test]
    fn a_golden_file_is_compared() {
        check_golden("src/testdata/golden.txt", "one\ntwo\n");
    }

    #[test]
    #[should_panic(expected = "- two\n+ three\n")]
    fn a_golden_file_that_differs_says_where() {
        check_golden("src/testdata/golden.txt", "one\nthree\n");
    }
}
