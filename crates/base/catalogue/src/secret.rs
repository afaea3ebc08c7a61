//! How a kind of secret is recognised: the `rule.toml` of an entry of the family `secrets`, and the
//! texts that prove it.
//!
//! A rule is data. Its keywords are looked for in every byte that passes; only where one stands is
//! the pattern tried, in a bounded window. The evaluation lives in the room `inventory`; here is
//! what a rule says, and that its own parts fit together.
//!
//! Examples are made up, valid in form, and written so that nobody's scanner takes them for real: a
//! mark `{{}}` somewhere in the token keeps it apart in the file, and [`samples`] joins it again.

use serde::Deserialize;

/// A rule as its file says it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretRule {
    /// The pattern, in the syntax of the `regex` crate over bytes, without look-around. It starts at
    /// a keyword unless [`before`](Self::before) says otherwise.
    pub regex: String,
    /// Texts of which one stands in every match, at least four bytes each.
    pub keywords: Vec<String>,
    /// Whether the keywords count in whatever case.
    #[serde(default)]
    pub any_case: bool,
    /// How many bytes before its keyword a match may begin.
    #[serde(default)]
    pub before: u16,
    /// How many bytes from its keyword on a match may reach.
    #[serde(default = "SecretRule::default_after")]
    pub after: u16,
    /// The capture group that holds the secret; 0 is the whole match.
    #[serde(default)]
    pub group: usize,
    /// Least Shannon entropy of the secret, in bits per character.
    #[serde(default)]
    pub entropy: f64,
    /// What in the secret proves that it is one.
    #[serde(default)]
    pub checksum: Checksum,
    /// How sure a match is, before its surroundings are looked at.
    #[serde(default)]
    pub confidence: Confidence,
    /// Whether it yields to every other rule at the same place, and keeps out of lock files, minified
    /// code and test data.
    #[serde(default)]
    pub generic: bool,
    /// Whether it is looked for in text only; else programs and other binary files count, too.
    #[serde(default)]
    pub text_only: bool,
    /// Whether a letter, a digit or `_` right before or after the secret means that it is none.
    #[serde(default = "SecretRule::default_whole")]
    pub whole: bool,
    /// File names the rule is for, as patterns with `*`: `.npmrc`, `*.yaml`, `.docker/config.json`; none means all.
    #[serde(default)]
    pub paths: Vec<String>,
    /// What is not reported in spite of a match.
    #[serde(default)]
    pub allow: Allow,
}

/// What is not reported in spite of a match.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Allow {
    /// Words which, found in the secret in whatever case, make it a placeholder.
    pub words: Vec<String>,
    /// Patterns over the secret.
    pub regexes: Vec<String>,
    /// File names, as patterns with `*`.
    pub paths: Vec<String>,
}

/// What in a secret proves that it is one. A secret that fails its proof is not reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checksum {
    /// Nothing.
    #[default]
    None,
    /// The last six characters are the CRC-32 of what stands between them and the first `_`, in base 62.
    Crc32Base62,
    /// The last eight characters are the CRC-32 of what stands between the first and the last `_`, in
    /// hexadecimal, lowest byte first.
    Crc32Hex,
    /// A JSON Web Token: header and payload are JSON, the header names an algorithm.
    Jwt,
    /// A JSON Web Token that Kubernetes issued.
    KubernetesToken,
    /// A PEM block whose body is base64 of the length and with the first bytes of a key.
    Pem,
    /// Bech32 with its checksum.
    Bech32,
    /// Base64 of `user:password`.
    BasicAuth,
    /// Base64 of exactly 32 bytes that are not all alike.
    Base64Of32,
    /// Base64 of exactly 64 bytes that are not all alike.
    Base64Of64,
    /// An Ethereum-like key: 32 bytes in hexadecimal that are not all alike.
    HexOf32,
    /// Letters of both cases and digits: what generators make, not what people write.
    Mixed,
    /// Not a word, not a name, not a reference: what a person would call a password.
    Password,
}

/// How sure a match is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Worth a look.
    Low,
    /// By its surroundings.
    Medium,
    /// By its form alone.
    #[default]
    High,
}

impl SecretRule {
    /// The farthest a match may reach from its keyword, both ways.
    pub const REACH_MAX: u16 = 16 * 1024;

    /// The shortest keyword that the scanner can look for.
    pub const KEYWORD_MIN: usize = 3;

    const fn default_after() -> u16 {
        512
    }

    const fn default_whole() -> bool {
        true
    }
}

/// A text and the name of the file it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The name of the file.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// The file a sample stands in unless `true.txt` or `false.txt` says otherwise.
const USUAL_PATH: &str = "settings.txt";

/// Reads `true.txt` or `false.txt`: one sample on each line, or several lines between `<<<` and
/// `>>>`. A line `@ NAME` names the file of all samples after it; empty lines and lines that begin
/// with `# ` are for the reader. The mark `{{}}` is taken out everywhere.
#[must_use]
pub fn samples(text: &str) -> Vec<Sample> {
    raw_samples(text).map(|(path, text)| Sample { path, text: joined(&text) }).collect()
}

/// Paths and texts, with all marks.
pub(crate) fn raw_samples(text: &str) -> impl Iterator<Item = (String, String)> {
    let mut found = Vec::new();
    let mut path = USUAL_PATH.to_owned();
    let mut block: Option<String> = None;
    for line in text.lines() {
        match (&mut block, line) {
            (Some(body), ">>>") => {
                found.push((path.clone(), std::mem::take(body)));
                block = None;
            }
            (Some(body), line) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, "<<<") => block = Some(String::new()),
            (None, line) if line.trim().is_empty() || line.starts_with("# ") => {}
            (None, line) => match line.strip_prefix("@ ") {
                Some(name) => name.trim().clone_into(&mut path),
                None => found.push((path.clone(), line.to_owned())),
            },
        }
    }
    found.into_iter()
}

fn joined(text: &str) -> String {
    text.replace("{{}}", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_lines_and_blocks_of_a_file() {
        let text = "# of the format\nto{{}}ken=1\n\n@ .npmrc\n<<<\na\n\nb{{}}c\n>>>\nlast\n";
        let found: Vec<_> = samples(text).into_iter().map(|sample| (sample.path, sample.text)).collect();
        let expected = [("settings.txt", "token=1"), (".npmrc", "a\n\nbc\n"), (".npmrc", "last")];
        assert_eq!(found, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }

    #[test]
    fn a_rule_says_little_and_no_unknown_word() {
        let rule: SecretRule = toml::from_str("regex = 'abcd[0-9]{4}'\nkeywords = ['abcd']\nchecksum = 'crc32_base62'").unwrap();
        assert_eq!((rule.group, rule.after, rule.whole, rule.checksum), (0, 512, true, Checksum::Crc32Base62));
        assert!(toml::from_str::<SecretRule>("regex = 'a'\nkeywords = []\nkeyword = 'a'").is_err());
    }
}
