//! A place in a sudoers file, and the smallest steps from it.
//!
//! A backslash before the end of a line makes the next line part of this one, everywhere but in a comment; so lines
//! are not split first, the cursor walks over the whole file.

/// A place in a text. Copied to look ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { rest: text, line: 1 }
    }

    /// The line of the file, counted from 1.
    pub(super) const fn line(&self) -> usize {
        self.line
    }

    pub(super) const fn is_at_end_of_file(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// The character after the next one.
    pub(super) fn peek_second(&self) -> Option<char> {
        self.rest.chars().nth(1)
    }

    pub(super) fn advance(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.rest = self.rest.get(char.len_utf8()..).unwrap_or_default();
        self.line += usize::from(char == '\n');
        Some(char)
    }

    /// Steps over a literal without line ends, if it is next.
    pub(super) fn take(&mut self, literal: &str) -> bool {
        match self.rest.strip_prefix(literal) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes the characters of a kind.
    pub(super) fn take_while(&mut self, is_kind: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|char| !is_kind(char)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.line += taken.matches('\n').count();
        taken
    }

    /// Steps over blanks and continued line ends; whether there were any.
    pub(super) fn blanks(&mut self) -> bool {
        let start = self.rest.len();
        loop {
            self.take_while(is_blank);
            if !self.continued_line_end() {
                return self.rest.len() < start;
            }
        }
    }

    /// Steps over a backslash, blanks and a line end.
    pub(super) fn continued_line_end(&mut self) -> bool {
        let mut ahead = *self;
        if !ahead.take("\\") {
            return false;
        }
        ahead.take_while(is_blank);
        ahead.take("\r");
        if ahead.advance() != Some('\n') {
            return false;
        }
        *self = ahead;
        true
    }

    /// Whether nothing but a comment is left of this entry.
    pub(super) fn is_at_end(&self) -> bool {
        matches!(self.peek(), None | Some('\n' | '#')) || (self.peek() == Some('\r') && self.peek_second() == Some('\n'))
    }

    /// Steps behind the end of the line of a comment, which no backslash continues.
    pub(super) fn skip_line(&mut self) {
        self.take_while(|char| char != '\n');
        self.advance();
    }

    /// Steps behind the end of an entry that was not understood.
    pub(super) fn skip_entry(&mut self) {
        while !self.is_at_end_of_file() {
            if self.continued_line_end() {
                continue;
            }
            if self.peek() == Some('#') {
                return self.skip_line();
            }
            if self.advance() == Some('\n') {
                return;
            }
        }
    }
}

pub(super) const fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t')
}
