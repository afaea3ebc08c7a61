//! One record as a shipper handed it over.

use std::borrow::Cow;
use vigie_model::event::Label;
use vigie_model::time::Timestamp;

/// Most pairs of name and value taken from the envelope of one record.
pub const MORE_MAX: usize = 256;

/// A record and what the protocol says about it. What the record says itself counts first, where it has a header.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record<'a> {
    /// The record, kept byte for byte.
    pub raw: Cow<'a, [u8]>,
    /// The line within it, where the record is only its envelope.
    pub text: Option<Cow<'a, str>>,
    /// When it was written.
    pub time: Option<Timestamp>,
    /// The machine that wrote it.
    pub host: Option<Cow<'a, str>>,
    /// The program that wrote it.
    pub program: Option<Cow<'a, str>>,
    /// The file it stood in.
    pub path: Option<Cow<'a, str>>,
    /// Syslog severity, 0 emergency to 7 debug.
    pub severity: Option<u8>,
    /// What it belongs to.
    pub labels: Vec<(Label, Cow<'a, str>)>,
    /// What the envelope says beyond that, by its own names; at most [`MORE_MAX`].
    pub more: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Why it could not be taken apart; it is kept all the same.
    pub problem: Option<&'static str>,
}

impl<'a> Record<'a> {
    /// A record of which nothing else is known.
    #[must_use]
    pub fn of(raw: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { raw: raw.into(), ..Self::default() }
    }

    /// Bytes that no decoder could make sense of: kept, counted as unparsed, found by their text.
    #[must_use]
    pub fn set_aside(raw: &'a [u8], problem: &'static str) -> Self {
        Self { raw: Cow::Borrowed(raw), problem: Some(problem), ..Self::default() }
    }

    /// Keeps a pair of the envelope, and what it tells about where the record comes from.
    pub fn tell(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        let (name, value) = (name.into(), value.into());
        if value.is_empty() {
            return;
        }
        if let Some(place) = super::place::of(&name) {
            super::place::put(self, place, value.clone());
        }
        if self.more.len() < MORE_MAX {
            self.more.push((name, value));
        }
    }
}
