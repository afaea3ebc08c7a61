//! Typed identifiers: one type per noun, so that an asset's id is never taken for a finding's.
//!
//! An id is 128 bits of SHA-256 over a domain word and the length-prefixed parts that make the
//! thing what it is. The same thing has the same id on every machine and in every year; ids carry
//! no order and no secret. Shown and serialised as 32 lower-case hexadecimal digits.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// Why a text is not an id.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an id of 32 hexadecimal digits")]
pub struct NotAnId(String);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $domain:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id of the thing that these parts, in this order, identify.
            #[must_use]
            pub fn of(parts: &[&str]) -> Self {
                Self(digest($domain, parts))
            }

            /// An id read back from storage.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The id as it is stored.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse_hex(text).map(Self).ok_or_else(|| NotAnId(text.to_owned()))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// Identifies an [`Asset`](crate::asset::Asset) by kind and natural key.
    AssetId,
    "asset"
);
id!(
    /// Identifies a finding; see [`Identity`](crate::finding::Identity) for what goes in.
    FindingId,
    "finding"
);
id!(
    /// Identifies a problem: the same cause across assets.
    ProblemId,
    "problem"
);
id!(
    /// Identifies a decision about findings.
    DecisionId,
    "decision"
);
id!(
    /// Identifies a person or a program that signs in.
    UserId,
    "user"
);

/// An event's number in the lake: given at intake, counting up, never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub u64);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn digest(domain: &str, parts: &[&str]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in std::iter::once(&domain).chain(parts) {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize()[..16]);
    id
}

fn parse_hex(text: &str) -> Option<[u8; 16]> {
    let digits = text.as_bytes();
    if digits.len() != 32 {
        return None;
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(AssetId::of(&["ab", "c"]), AssetId::of(&["a", "bc"]));
        assert_ne!(AssetId::of(&["a"]).as_bytes(), FindingId::of(&["a"]).as_bytes());
    }

    #[test]
    fn an_id_of_today_is_an_id_of_tomorrow() {
        // Stored in databases: this value may never change.
        assert_eq!(AssetId::of(&["host", "web-1"]).to_string(), "2f0a48a1212b32a6e7ddd45f2123dc36");
    }

    proptest! {
        #[test]
        fn survives_its_text(bytes: [u8; 16]) {
            let id = FindingId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse::<FindingId>().unwrap(), id);
        }
    }
}
