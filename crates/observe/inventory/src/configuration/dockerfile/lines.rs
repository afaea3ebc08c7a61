//! Lines of a Dockerfile: directives, comments, continuations and here-documents.
//!
//! As BuildKit reads them: directives stand before anything else, a comment line within a continued instruction is
//! left out, and a here-document follows the instruction that names it. One whose end is missing is no
//! here-document: builders without them take the text as it is.

use std::collections::HashSet;

/// The most lines that are compared in search of the ends of here-documents.
const SEARCHED_MAX: usize = 1_000_000;

/// A whole file.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The directive `syntax`; empty when there is none.
    pub(super) syntax: String,
    /// What escapes: `\`, or a backtick by the directive `escape`.
    pub(super) escape: char,
    /// Instructions.
    pub(super) logical: Vec<Logical>,
}

/// One instruction on one line, however many it takes in the file.
#[derive(Debug, Default)]
pub(super) struct Logical {
    /// Its text, continued lines joined.
    pub(super) text: String,
    /// Where each line of the file begins in the text: offset and number, counted from 1.
    pub(super) places: Vec<(usize, u32)>,
    /// Here-documents.
    pub(super) heredocs: Vec<Heredoc>,
}

/// A here-document.
#[derive(Debug)]
pub(super) struct Heredoc {
    /// Its word: `EOF`.
    pub(super) name: String,
    /// What stands in it.
    pub(super) text: String,
    /// The line where its text begins, counted from 1.
    pub(super) line: u32,
}

impl Logical {
    /// The line of an offset in the text.
    pub(super) fn line_at(&self, offset: usize) -> u32 {
        let at = self.places.partition_point(|(start, _)| *start <= offset);
        self.places.get(at.saturating_sub(1)).map_or(0, |(_, line)| *line)
    }
}

/// Reads a file into instructions.
pub(super) fn read(text: &str) -> Lines {
    let physical: Vec<&str> = text.trim_start_matches('\u{feff}').split('\n').map(|line| line.trim_end_matches('\r')).collect();
    let (syntax, escape) = directives(&physical);
    let mut reader = Reader { physical, at: 0, escape, searched: 0, missing: HashSet::new() };
    let mut logical = Vec::new();
    while let Some(next) = reader.next() {
        logical.push(next);
    }
    Lines { syntax, escape, logical }
}

/// The directives `syntax` and `escape`; the first line that is none ends them.
fn directives(lines: &[&str]) -> (String, char) {
    let (mut syntax, mut escape) = (String::new(), '\\');
    for line in lines {
        let Some((key, value)) = line.trim().strip_prefix('#').and_then(|rest| rest.split_once('=')) else { break };
        match key.trim().to_ascii_lowercase().as_str() {
            "syntax" => value.trim().clone_into(&mut syntax),
            "escape" => escape = if value.trim() == "`" { '`' } else { '\\' },
            key if key.is_empty() || key.contains(char::is_whitespace) => break,
            _ => {}
        }
    }
    (syntax, escape)
}

struct Reader<'a> {
    physical: Vec<&'a str>,
    at: usize,
    escape: char,
    /// Lines compared so far in search of the ends of here-documents.
    searched: usize,
    /// Words whose end is nowhere behind.
    missing: HashSet<String>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<Logical> {
        let mut logical = Logical::default();
        while let Some(line) = self.physical.get(self.at).copied() {
            self.at += 1;
            let shown = if logical.places.is_empty() { line.trim_start() } else { line };
            if shown.trim().is_empty() || shown.trim_start().starts_with('#') {
                continue;
            }
            let number = u32::try_from(self.at).unwrap_or(u32::MAX);
            logical.places.push((logical.text.len(), number));
            match continued(shown, self.escape) {
                Some(rest) => logical.text.push_str(rest),
                None => {
                    logical.text.push_str(shown);
                    break;
                }
            }
        }
        if logical.places.is_empty() {
            return None;
        }
        logical.text.truncate(logical.text.trim_end().len());
        if may_have_heredocs(&logical.text) {
            logical.heredocs = self.heredocs(&logical.text);
        }
        Some(logical)
    }

    fn heredocs(&mut self, text: &str) -> Vec<Heredoc> {
        let mut found = Vec::new();
        for (name, dash) in heredoc_words(text) {
            let Some(end) = self.end_of(&name, dash) else { break };
            let lines = self.physical.get(self.at..end).unwrap_or_default();
            let shown: Vec<&str> = lines.iter().map(|line| if dash { line.trim_start_matches('\t') } else { line }).collect();
            let line = u32::try_from(self.at + 1).unwrap_or(u32::MAX);
            found.push(Heredoc { name, text: shown.join("\n"), line });
            self.at = end + 1;
        }
        found
    }

    fn end_of(&mut self, name: &str, dash: bool) -> Option<usize> {
        if self.missing.contains(name) {
            return None;
        }
        for (number, line) in self.physical.iter().enumerate().skip(self.at) {
            self.searched += 1;
            if self.searched > SEARCHED_MAX {
                return None;
            }
            let line = if dash { line.trim_start_matches('\t') } else { line };
            if line == name {
                return Some(number);
            }
        }
        self.missing.insert(name.to_owned());
        None
    }
}

/// The line without the escape at its end, when it has one that continues it.
fn continued(line: &str, escape: char) -> Option<&str> {
    let rest = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    if rest.ends_with(escape) { None } else { Some(rest) }
}

fn may_have_heredocs(text: &str) -> bool {
    let takes = |word: &str| ["RUN", "COPY", "ADD"].iter().any(|op| word.eq_ignore_ascii_case(op));
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    text.contains("<<") && (takes(first) || (first.eq_ignore_ascii_case("ONBUILD") && words.next().is_some_and(takes)))
}

/// The here-documents that a line opens: the word, and whether leading tabs are dropped.
pub(super) fn heredoc_words(text: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut rest = text.char_indices().peekable();
    while let Some((at, char)) = rest.next() {
        match (quote, char) {
            (Some(open), _) if open == char => quote = None,
            (None, '"' | '\'') => quote = Some(char),
            (_, '\\') => {
                rest.next();
            }
            (None, '<') => {
                let run = text.get(at..).unwrap_or_default();
                let length = run.len() - run.trim_start_matches('<').len();
                if length == 2 {
                    found.extend(heredoc_word(run.trim_start_matches('<')));
                }
                for _ in 1..length {
                    rest.next();
                }
            }
            _ => {}
        }
    }
    found
}

fn heredoc_word(text: &str) -> Option<(String, bool)> {
    let (dash, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let word = match text.chars().next()? {
        quote @ ('"' | '\'') => text.get(1..)?.split(quote).next()?,
        _ => text.split(|char: char| char.is_whitespace() || ";&|<>()\"'".contains(char)).next()?,
    };
    let plain = !word.is_empty() && word.chars().all(|char| char.is_alphanumeric() || "_-.".contains(char));
    plain.then(|| (word.to_owned(), dash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_lines_and_leaves_comments_out() {
        let lines = read("# syntax=docker/dockerfile:1\n# escape=`\n\nFROM a\nRUN one `\n  # why\n\n  two\n# end\nCMD x\\\n");
        assert_eq!((lines.syntax.as_str(), lines.escape), ("docker/dockerfile:1", '`'));
        let texts: Vec<&str> = lines.logical.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["FROM a", "RUN one   two", "CMD x\\"]);
        assert_eq!((lines.logical[1].line_at(0), lines.logical[1].line_at(9)), (5, 8));
    }

    #[test]
    fn a_comment_ends_directives() {
        let lines = read("# just a comment\n# escape=`\nFROM a\n");
        assert_eq!(lines.escape, '\\');
    }

    #[test]
    fn reads_here_documents() {
        let lines = read("RUN <<EOF bash && cat <<-'B' >x\none\nEOF\n\ttwo\n\tB\nRUN echo <<< here\nRUN cat <<GONE\nCMD x\n");
        let docs = &lines.logical[0].heredocs;
        assert_eq!((docs[0].name.as_str(), docs[0].text.as_str(), docs[0].line), ("EOF", "one", 2));
        assert_eq!((docs[1].name.as_str(), docs[1].text.as_str(), docs[1].line), ("B", "two", 4));
        assert_eq!(lines.logical.len(), 4, "{:?}", lines.logical);
    }
}
