//! The three languages in which Vigie speaks, and texts that exist in all of them.
//!
//! A [`Text`] is written with [`text!`](crate::text) at the place that needs it, the three languages
//! under each other, so that a missing translation does not compile and no key can go stale.

use serde::{Deserialize, Serialize};

/// A language of the console and of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
    /// German.
    De,
}

impl Lang {
    /// All languages, English first.
    pub const ALL: [Self; 3] = [Self::En, Self::Fr, Self::De];

    /// The two-letter code of ISO 639-1.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::De => "de",
        }
    }

    /// The language of a code, a POSIX locale or an HTTP language tag: `fr`, `fr_CH.UTF-8`, `de-AT`.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['_', '-', '.', '@', ';']).next()?.trim();
        Self::ALL.into_iter().find(|lang| lang.code().eq_ignore_ascii_case(primary))
    }
}

/// One text in every language.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// French.
    pub fr: String,
    /// German.
    pub de: String,
}

impl Text {
    /// A text that is the same in every language, such as a name or a path.
    #[must_use]
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { en: text.clone(), fr: text.clone(), de: text }
    }

    /// The text in one language.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Fr => &self.fr,
            Lang::De => &self.de,
        }
    }
}

/// Writes a [`Text`]: `text!(en "{n} findings", fr "{n} constats", de "{n} Befunde")`.
///
/// Each literal is a format string with inline arguments.
#[macro_export]
macro_rules! text {
    (en $en:literal, fr $fr:literal, de $de:literal $(,)?) => {
        $crate::lang::Text { en: ::std::format!($en), fr: ::std::format!($fr), de: ::std::format!($de) }
    };
}

/// Writes a `String` in one language: `say!(lang, en "yes", fr "oui", de "ja")`.
#[macro_export]
macro_rules! say {
    ($lang:expr, en $en:literal, fr $fr:literal, de $de:literal $(,)?) => {
        match $lang {
            $crate::lang::Lang::En => ::std::format!($en),
            $crate::lang::Lang::Fr => ::std::format!($fr),
            $crate::lang::Lang::De => ::std::format!($de),
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_locales_and_tags() {
        assert_eq!(Lang::from_tag("fr_CH.UTF-8"), Some(Lang::Fr));
        assert_eq!(Lang::from_tag("de-AT"), Some(Lang::De));
        assert_eq!(Lang::from_tag("C"), None);
        assert_eq!(Lang::from_tag(""), None);
    }

    #[test]
    fn writes_three_languages() {
        let n = 3;
        let text = text!(en "{n} hosts", fr "{n} hôtes", de "{n} Rechner");
        assert_eq!(text.get(Lang::De), "3 Rechner");
        assert_eq!(say!(Lang::Fr, en "yes", fr "oui", de "ja"), "oui");
    }
}
