//! What can be said of a query without looking at rows.
//!
//! Three answers: every row matches, none does, or nobody knows. Sound, never clever: a filter may
//! only exclude what its comparison excludes, so Bloom filters, which know texts letter by letter,
//! speak only for texts without letters (queries ignore case) and for single addresses, which files
//! hold in one form. Bounds of texts speak for every text that begins as wanted, in whatever case.

use super::columns::is_part_of_record;
use crate::files::{FileError, OpenFile, PAGE_ROWS, name};
use crate::query::{Expr, Target, Term, Test};
use std::ops::Range;
use vigie_model::event::{Class, Label};
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// Whether the rows of something match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    All,
    None,
    Unknown,
}

/// What is known of the rows of a file or a row group.
pub(super) trait Facts {
    /// Whether they match one condition.
    fn judge(&self, term: &Term) -> Result<Verdict, FileError>;
}

/// What the catalogue says of a file.
pub(super) struct OfFile<'f> {
    pub(super) class: Class,
    pub(super) tenant: &'f str,
    pub(super) times: (Timestamp, Timestamp),
    pub(super) received: (Timestamp, Timestamp),
    pub(super) ids: (EventId, EventId),
}

/// What the footer says of a row group.
pub(super) struct OfGroup<'f> {
    pub(super) file: &'f OpenFile,
    pub(super) group: usize,
    pub(super) class: Class,
}

/// What is known of a whole query.
pub(super) fn judge(expr: &Expr, facts: &dyn Facts) -> Result<Verdict, FileError> {
    Ok(match expr {
        Expr::All => Verdict::All,
        Expr::Term(term) => facts.judge(term)?,
        Expr::Not(part) => match judge(part, facts)? {
            Verdict::All => Verdict::None,
            Verdict::None => Verdict::All,
            Verdict::Unknown => Verdict::Unknown,
        },
        Expr::And(parts) => strongest(parts, facts, Verdict::None, Verdict::All)?,
        Expr::Or(parts) => strongest(parts, facts, Verdict::All, Verdict::None)?,
    })
}

/// `decides` if any part says so, `rest` if all parts say that.
fn strongest(parts: &[Expr], facts: &dyn Facts, decides: Verdict, rest: Verdict) -> Result<Verdict, FileError> {
    let mut all_rest = true;
    for part in parts {
        let verdict = judge(part, facts)?;
        if verdict == decides {
            return Ok(decides);
        }
        all_rest &= verdict == rest;
    }
    Ok(if all_rest { rest } else { Verdict::Unknown })
}

/// Which pages of a row group may have a row that matches, by the words of their records; nothing
/// when all may.
pub(super) fn pages(expr: &Expr, file: &OpenFile, group: usize) -> Result<Option<Vec<bool>>, FileError> {
    let merged = |parts: &[Expr], any: bool| {
        let mut all: Option<Vec<bool>> = None;
        for part in parts {
            match (pages(part, file, group)?, &mut all) {
                // What may be anywhere says nothing of a page, and decides for one of several.
                (None, _) if any => return Ok(None),
                (None, _) => {}
                (Some(part), None) => all = Some(part),
                (Some(part), Some(all)) => {
                    all.iter_mut().zip(part).for_each(|(one, other)| *one = if any { *one || other } else { *one && other });
                }
            }
        }
        Ok(all)
    };
    match expr {
        Expr::Term(Term { target: Target::Raw, test: Test::Contains(needle) }) => pages_with(needle.words(), file, group),
        Expr::And(parts) => merged(parts, false),
        Expr::Or(parts) => merged(parts, true),
        Expr::All | Expr::Not(_) | Expr::Term(_) => Ok(None),
    }
}

fn pages_with(words: &[u64], file: &OpenFile, group: usize) -> Result<Option<Vec<bool>>, FileError> {
    let mut all: Option<Vec<bool>> = None;
    for word in words {
        let Some(pages) = file.pages_with(group, *word)? else { return Ok(None) };
        match &mut all {
            None => all = Some(pages),
            Some(all) => all.iter_mut().zip(pages).for_each(|(all, page)| *all &= page),
        }
        if all.as_ref().is_some_and(|all| !all.contains(&true)) {
            break;
        }
    }
    Ok(all)
}

/// The parts of these stretches that lie in pages.
pub(super) fn within_pages(stretches: Vec<Range<usize>>, pages: &[bool]) -> Vec<Range<usize>> {
    let mut inside: Vec<Range<usize>> = Vec::new();
    for stretch in stretches {
        for page in stretch.start / PAGE_ROWS..stretch.end.div_ceil(PAGE_ROWS) {
            if !pages.get(page).copied().unwrap_or(true) {
                continue;
            }
            let part = stretch.start.max(page * PAGE_ROWS)..stretch.end.min((page + 1) * PAGE_ROWS);
            match inside.last_mut() {
                Some(before) if before.end == part.start => before.end = part.end,
                _ => inside.push(part),
            }
        }
    }
    inside
}

impl Facts for OfFile<'_> {
    fn judge(&self, term: &Term) -> Result<Verdict, FileError> {
        Ok(match (&term.target, &term.test) {
            (Target::Class, test) => of_class(test, self.class),
            (Target::Label(Label::Tenant), test) => of_tenant(test, self.tenant),
            (Target::Time, test) => of_range(test, (self.times.0.micros(), self.times.1.micros())),
            (Target::Received, test) => of_range(test, (self.received.0.micros(), self.received.1.micros())),
            (Target::Id, test) => of_range(test, (self.ids.0.0.cast_signed(), self.ids.1.0.cast_signed())),
            (Target::Activity, Test::Activities(pairs)) if pairs.iter().all(|(class, _)| *class != self.class) => Verdict::None,
            _ => Verdict::Unknown,
        })
    }
}

impl Facts for OfGroup<'_> {
    fn judge(&self, term: &Term) -> Result<Verdict, FileError> {
        let bounds = |column| self.file.bounds(self.group, column);
        let range = |column| bounds(column).map_or(Verdict::Unknown, |bounds| of_range(&term.test, bounds));
        match &term.target {
            Target::Class => Ok(of_class(&term.test, self.class)),
            Target::Time => Ok(range(name::TIME)),
            Target::Received => Ok(range(name::RECEIVED)),
            Target::Id => Ok(range(name::ID)),
            Target::Severity => Ok(range(name::SEVERITY)),
            Target::Activity => Ok(range(name::ACTIVITY)),
            Target::Host => self.of_text(name::HOST, &term.test),
            Target::Label(Label::Tenant) => Ok(of_tenant(&term.test, self.file.tenant())),
            Target::Label(label) if !self.file.has(label.name()) || self.file.is_empty(self.group, label.name()) => {
                Ok(Verdict::None)
            }
            Target::Label(label) => self.of_text(label.name(), &term.test),
            target @ Target::Field(_) if is_part_of_record(target, self.file) => {
                let empty = |column| self.file.is_empty(self.group, column);
                Ok(if empty(name::MESSAGE) && empty(name::MESSAGE_AT) { Verdict::None } else { Verdict::Unknown })
            }
            Target::Field(field) if self.file.has(field.path()) => {
                let column = field.path();
                if self.file.is_empty(self.group, column) {
                    return Ok(Verdict::None);
                }
                // Rows without a value match nothing, so a range never says that all match.
                match bounds(column) {
                    Some(bounds) if of_range(&term.test, bounds) == Verdict::None => Ok(Verdict::None),
                    Some(_) => Ok(Verdict::Unknown),
                    None => self.of_text(column, &term.test),
                }
            }
            Target::Field(field) if !self.file.may_map(field.path()) => Ok(Verdict::None),
            _ => Ok(Verdict::Unknown),
        }
    }
}

impl OfGroup<'_> {
    fn of_text(&self, column: &str, test: &Test) -> Result<Verdict, FileError> {
        match test {
            Test::Text(pattern) if self.is_outside(column, &pattern.prefix()) => Ok(Verdict::None),
            Test::Text(pattern) => match pattern.only_text().filter(|only| !only.is_empty()) {
                Some(only) => self.of_bloom(column, only),
                None => Ok(Verdict::Unknown),
            },
            Test::Network(network) if network.prefix_len() == network.max_prefix_len() && self.file.has_addresses(column) => {
                self.of_bloom(column, &network.addr().to_canonical().to_string())
            }
            _ => Ok(Verdict::Unknown),
        }
    }

    /// Whether the column has no such text, letter by letter.
    fn of_bloom(&self, column: &str, text: &str) -> Result<Verdict, FileError> {
        let bloom = self.file.bloom(self.group, column)?;
        Ok(if bloom.is_some_and(|bloom| !bloom.check(text)) { Verdict::None } else { Verdict::Unknown })
    }

    /// Whether all texts of a column lie before or behind those that begin so, in whatever case.
    fn is_outside(&self, column: &str, prefix: &str) -> bool {
        let bounds = self.file.text_bounds(self.group, column);
        bounds.is_some_and(|(low, high)| !may_begin(prefix.as_bytes(), Some(low), Some(high)))
    }
}

/// Whether a text that begins so, in whatever case, may lie between two others. Those are what is left of
/// them behind what was compared; nothing when the text is above the lower, below the upper already.
fn may_begin(prefix: &[u8], low: Option<&[u8]>, high: Option<&[u8]>) -> bool {
    let Some((first, rest)) = prefix.split_first() else { return true };
    [first.to_ascii_uppercase(), first.to_ascii_lowercase()].into_iter().any(|byte| {
        let low = match low {
            Some([bound, ..]) if byte < *bound => return false,
            Some([bound, more @ ..]) if byte == *bound => Some(more),
            _ => None,
        };
        let high = match high {
            Some([bound, more @ ..]) if byte == *bound => Some(more),
            Some([bound, ..]) if byte < *bound => None,
            None => None,
            // Above it, or longer than it.
            Some(_) => return false,
        };
        low.is_none() && high.is_none() || may_begin(rest, low, high)
    })
}

fn of_class(test: &Test, class: Class) -> Verdict {
    match test {
        Test::Classes(classes) if classes.contains(&class) => Verdict::All,
        Test::Classes(_) => Verdict::None,
        Test::Present => Verdict::All,
        _ => Verdict::Unknown,
    }
}

fn of_tenant(test: &Test, tenant: &str) -> Verdict {
    if test.holds_text(tenant) { Verdict::All } else { Verdict::None }
}

/// What a range says of values between two bounds, all of them there.
fn of_range(test: &Test, (low, high): (i64, i64)) -> Verdict {
    match test {
        Test::Present => Verdict::All,
        Test::Integer(from, to) if *to < low || high < *from => Verdict::None,
        Test::Integer(from, to) if *from <= low && high <= *to => Verdict::All,
        _ => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::may_begin;
    use proptest::prelude::*;

    #[test]
    fn bounds_are_held_against_every_case() {
        for (prefix, low, high, may) in [
            ("web-1", "db-1", "db-9", false),
            ("web-1", "Alpha", "Zulu", true),
            ("web-1", "alpha", "zulu", true),
            ("web-1", "web-2", "web-9", false),
            ("web-", "web-2", "web-9", true),
            ("web-1", "web", "web", false),
            ("web", "web-1", "web-1", true),
            ("w", "X", "v", false),
            ("", "a", "b", true),
        ] {
            assert_eq!(may_begin(prefix.as_bytes(), Some(low.as_bytes()), Some(high.as_bytes())), may, "{prefix} {low} {high}");
        }
    }

    proptest! {
        #[test]
        fn no_text_between_them_is_left_out(low in "[aAbBk]{0,4}", text in "[aAbBk]{0,4}", high in "[aAbBk]{0,4}", length in 0..4_usize) {
            let prefix = text.get(..length.min(text.len())).unwrap().to_lowercase();
            if low <= text && text <= high {
                prop_assert!(may_begin(prefix.as_bytes(), Some(low.as_bytes()), Some(high.as_bytes())));
            }
        }
    }
}
