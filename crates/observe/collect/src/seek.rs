//! Finding short texts in records.
//!
//! What `str` offers prepares itself for long texts, which costs more than looking through a record. Leaves out: anything
//! but plain texts.

use memchr::{memchr, memmem, memrchr};

/// Texts in which something is looked for.
pub(crate) trait Seek<'a> {
    /// As `split_once`.
    fn cut(self, at: &str) -> Option<(&'a str, &'a str)>;

    /// As `rsplit_once`.
    fn rcut(self, at: &str) -> Option<(&'a str, &'a str)>;

    /// As `contains`.
    fn has(self, text: &str) -> bool;
}

impl<'a> Seek<'a> for &'a str {
    #[inline]
    fn cut(self, at: &str) -> Option<(&'a str, &'a str)> {
        halves(self, find(self, at)?, at.len())
    }

    #[inline]
    fn rcut(self, at: &str) -> Option<(&'a str, &'a str)> {
        let place = match at.as_bytes() {
            [byte] => memrchr(*byte, self.as_bytes()),
            bytes => memmem::rfind(self.as_bytes(), bytes),
        };
        halves(self, place?, at.len())
    }

    #[inline]
    fn has(self, text: &str) -> bool {
        find(self, text).is_some()
    }
}

#[inline]
fn find(text: &str, wanted: &str) -> Option<usize> {
    match wanted.as_bytes() {
        [byte] => memchr(*byte, text.as_bytes()),
        bytes => memmem::find(text.as_bytes(), bytes),
    }
}

/// What stands before a place and behind what was found there.
#[inline]
fn halves(text: &str, place: usize, length: usize) -> Option<(&str, &str)> {
    Some((text.get(..place)?, text.get(place + length..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_what_str_does(text in "[ab é]{0,90}", wanted in "[ab é]{0,3}") {
            prop_assert_eq!(text.as_str().cut(&wanted), text.split_once(wanted.as_str()));
            prop_assert_eq!(text.as_str().rcut(&wanted), text.rsplit_once(wanted.as_str()));
            prop_assert_eq!(text.as_str().has(&wanted), text.contains(wanted.as_str()));
        }
    }
}
