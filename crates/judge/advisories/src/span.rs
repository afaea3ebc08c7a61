//! Stretches of affected versions.
//!
//! `V` is a version: its text while a record is read, its number while records are collected, its
//! place in a package's sorted list in the file. What holds an installed version is asked in
//! [`crate::matching`].

/// A stretch of affected versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span<V> {
    /// The first affected version; `None` from the beginning.
    pub(crate) from: Option<V>,
    pub(crate) to: End<V>,
}

/// Where a stretch of affected versions ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End<V> {
    /// No version repairs it.
    Open,
    /// This version repairs it.
    Fixed(V),
    /// This version is the last one affected; what repairs it is not known.
    LastAffected(V),
}

impl<V> Span<V> {
    /// The same stretch with versions of another form.
    pub(crate) fn map<W>(self, mut form: impl FnMut(V) -> W) -> Span<W> {
        Span {
            from: self.from.map(&mut form),
            to: match self.to {
                End::Open => End::Open,
                End::Fixed(version) => End::Fixed(form(version)),
                End::LastAffected(version) => End::LastAffected(form(version)),
            },
        }
    }
}
