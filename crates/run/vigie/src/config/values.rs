//! Values of `vigie.toml` that TOML has no kind for.

use serde::de::{Deserialize, Deserializer, Error};
use std::fmt::Display;
use std::str::FromStr;

/// The word for something that is not to be.
pub(super) const NONE: &str = "none";

/// What is written as its argument is.
#[derive(Clone, Debug)]
pub(super) struct Written<T>(pub(super) T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Written<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map(Self).map_err(Error::custom)
    }
}

/// The same, or the word `none`.
#[derive(Clone, Debug)]
pub(super) struct OrNone<T>(pub(super) Option<T>);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for OrNone<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match &*String::deserialize(from)? {
            NONE => Ok(Self(None)),
            text => text.parse().map(|value| Self(Some(value))).map_err(Error::custom),
        }
    }
}

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ratio(pub(super) f64);

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let ratio = f64::deserialize(from)?;
        if (0.0..=1.0).contains(&ratio) { Ok(Self(ratio)) } else { Err(Error::custom("a number from 0 to 1 is wanted")) }
    }
}

/// An address or a path, without user and password.
#[derive(Clone, Debug)]
pub(super) struct Url(pub(super) String);

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let authority = text.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
        if authority.is_some_and(|authority| authority.contains('@')) {
            // Without the address: it has what must not be shown.
            return Err(Error::custom("an address has no user and no password in it here"));
        }
        Ok(Self(text))
    }
}
