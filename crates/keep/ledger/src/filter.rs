//! Which findings, in which order, from where on.

use crate::codes::{Bucket, StateName};
use crate::error::LedgerError;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use vigie_model::finding::FindingKind;
use vigie_model::ids::AssetId;
use vigie_model::severity::Severity;

/// Which findings: all parts that are given must fit.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Filter {
    /// In these states.
    pub states: States,
    /// Of one of these severities; empty for all.
    pub severities: Vec<Severity>,
    /// Of one of these kinds; empty for all.
    pub kinds: Vec<FindingKind>,
    /// On this asset.
    pub asset: Option<AssetId>,
    /// Of this rule or vulnerability.
    pub subject: Option<String>,
    /// Each word of this occurs in title, subject, place, aliases, or the asset's name or key.
    pub text: Option<String>,
    /// Of at least this priority.
    pub priority_min: Option<u8>,
    /// With a fix, or without.
    pub fixable: Option<bool>,
    /// Known to be exploited, or not.
    pub known_exploited: Option<bool>,
}

/// States that a filter lets through.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum States {
    /// Those that ask for work: open and in progress.
    #[default]
    Active,
    /// All of them.
    All,
    /// These.
    Only(Vec<StateName>),
}

/// By what findings are sorted. Ties are broken by the order in which they were first recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Sort {
    /// What to do first.
    #[default]
    Priority,
    /// How bad, then what to do first.
    Severity,
    /// When it was first seen.
    FirstSeen,
    /// When it was last seen.
    LastSeen,
    /// The first 40 characters of the title, in lower case.
    Title,
}

/// In which direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Order {
    /// Worst, latest, last in the alphabet first.
    #[default]
    Descending,
    /// The other way round.
    Ascending,
}

/// A dimension of the counts beside a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    State,
    Severity,
    Kind,
}

impl Filter {
    /// Whether findings of a bucket fit, as far as the bucket tells.
    pub(crate) fn admits(&self, bucket: Bucket) -> bool {
        self.admits_but(bucket, None)
    }

    /// As [`Filter::admits`], leaving one dimension open.
    pub(crate) fn admits_but(&self, bucket: Bucket, open: Option<Dimension>) -> bool {
        let state = match &self.states {
            States::Active => bucket.state.is_active(),
            States::All => true,
            States::Only(states) => states.contains(&bucket.state),
        };
        (state || open == Some(Dimension::State))
            && (self.severities.is_empty() || self.severities.contains(&bucket.severity) || open == Some(Dimension::Severity))
            && (self.kinds.is_empty() || self.kinds.contains(&bucket.kind) || open == Some(Dimension::Kind))
            && self.fixable.is_none_or(|fixable| fixable == bucket.fixable)
            && self.known_exploited.is_none_or(|known| known == bucket.known_exploited)
    }
}

/// Words beyond these are not looked at.
pub(crate) const WORDS_MAX: usize = 8;
const WORD_CHARS_MAX: usize = 100;

/// The words of a text search, in lower case.
pub(crate) fn words(text: &str) -> Vec<String> {
    let words = text.split_whitespace().take(WORDS_MAX);
    words.map(|word| word.chars().take(WORD_CHARS_MAX).flat_map(char::to_lowercase).collect()).collect()
}

/// The LIKE pattern of texts that contain a word, with `\` as escape.
pub(crate) fn pattern(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for c in word.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// By what one finding is sorted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// Where severity comes first; else 0.
    pub(crate) severity: i64,
    pub(crate) value: KeyValue,
    pub(crate) number: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyValue {
    Number(i64),
    Text(String),
}

impl Order {
    /// How two keys come after each other on a page.
    pub(crate) fn compare(self, one: &Key, other: &Key) -> Ordering {
        match self {
            Self::Descending => other.cmp(one),
            Self::Ascending => one.cmp(other),
        }
    }
}

/// A place in a sorted list: the next page begins after it. A text without meaning to others; good
/// for the sort and direction it came from, whatever the filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) sort: Sort,
    pub(crate) order: Order,
    pub(crate) key: Key,
}

/// Longer than any cursor this program writes.
const CURSOR_BYTES_MAX: usize = 1024;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sort = match self.sort {
            Sort::Priority => 'p',
            Sort::Severity => 's',
            Sort::FirstSeen => 'f',
            Sort::LastSeen => 'l',
            Sort::Title => 't',
        };
        let order = match self.order {
            Order::Descending => 'd',
            Order::Ascending => 'a',
        };
        write!(f, "{sort}{order}.{}.{}.", self.key.severity, self.key.number)?;
        match &self.key.value {
            KeyValue::Number(number) => write!(f, "{number}"),
            KeyValue::Text(text) => text.bytes().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

impl FromStr for Cursor {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        parse(text).ok_or(LedgerError::BadCursor)
    }
}

fn parse(text: &str) -> Option<Cursor> {
    let text = (text.len() <= CURSOR_BYTES_MAX).then_some(text)?;
    let mut parts = text.split('.');
    let (sort, order) = match parts.next()?.as_bytes() {
        [sort, order] => (*sort, *order),
        _ => return None,
    };
    let sort = match sort {
        b'p' => Sort::Priority,
        b's' => Sort::Severity,
        b'f' => Sort::FirstSeen,
        b'l' => Sort::LastSeen,
        b't' => Sort::Title,
        _ => return None,
    };
    let order = match order {
        b'd' => Order::Descending,
        b'a' => Order::Ascending,
        _ => return None,
    };
    let (severity, number, value) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    let value = match sort {
        Sort::Title => KeyValue::Text(from_hex(value)?),
        _ => KeyValue::Number(value.parse().ok()?),
    };
    parts.next().is_none().then_some(Cursor { sort, order, key: Key { severity, value, number } })
}

fn from_hex(digits: &str) -> Option<String> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|nibble| u8::try_from(nibble).ok());
    let pairs = digits.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| match pair {
            [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
            _ => None,
        })
        .collect();
    String::from_utf8(bytes?).ok()
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_and_patterns() {
        assert_eq!(words("  OpenSSL\tÄrger "), ["openssl", "ärger"]);
        assert_eq!(pattern(r"100%_\"), r"%100\%\_\\%");
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", "pd", "pd.0.1", "xd.0.1.2", "pd.0.1.2.3", "td.0.1.zz", "td.0.1.f", "pd.0.1.x", "td.0.1.ff"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_cursor_survives_its_text(severity in 0_i64..5, value: i64, title: String, number: i64, ascending: bool) {
            let order = if ascending { Order::Ascending } else { Order::Descending };
            let title: String = title.chars().take(40).collect();
            for (sort, value) in [(Sort::LastSeen, KeyValue::Number(value)), (Sort::Title, KeyValue::Text(title))] {
                let cursor = Cursor { sort, order, key: Key { severity, value, number } };
                prop_assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
            }
        }

        #[test]
        fn any_text_is_read_without_panic(text: String) {
            drop(text.parse::<Cursor>());
        }
    }
}
