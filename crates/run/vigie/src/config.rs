//! `vigie.toml`: what is set once and stays. One table for each room, unknown keys are refused.

use serde::Deserialize;
use std::path::{Path, PathBuf};
use vigie_collect::inputs::Inputs;
use vigie_kit::data_dir::SETTINGS;
use vigie_kit::files;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::text;

/// Larger files are not read.
const BYTES_MAX: u64 = 1024 * 1024;

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Brokers and stores that events are fetched from.
    pub(crate) collect: Inputs,
}

impl Config {
    /// The file that is named, or the one in the data folder, where there is one.
    pub(crate) fn read(named: Option<&Path>, data: &Path) -> Result<Self, Problem> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => match data.join(SETTINGS) {
                path if path.exists() => path,
                _ => return Ok(Self::default()),
            },
        };
        let bytes = files::read_bounded(&path, BYTES_MAX).map_err(Explain::explain)?;
        parse(&String::from_utf8_lossy(&bytes), &path)
    }
}

fn parse(text: &str, path: &Path) -> Result<Config, Problem> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
        let (path, why) = (PathBuf::from(path), error.message().to_owned());
        let path = path.display();
        let said = text!(
            en "{path} is not understood at line {line}: {why}",
            fr "{path} n’est pas compris à la ligne {line} : {why}",
            de "{path} ist in Zeile {line} nicht zu verstehen: {why}",
        );
        Problem::new(Kind::Settings, said).hint(text!(
            en "docs/events.md lists the tables and their keys",
            fr "docs/events.md énumère les tables et leurs clés",
            de "docs/events.md nennt die Tabellen und ihre Schlüssel",
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let read =
            |text| parse(text, Path::new("v.toml")).map(|config| config.collect.kafka.len()).map_err(|problem| problem.said.en);
        assert_eq!(read(""), Ok(0));
        assert_eq!(read("[[collect.kafka]]\nbrokers = ['b:9092']\ntopics = ['t']\n"), Ok(1));
        let said = read("[[collect.kafka]]\nbrokers = ['b:9092']\ntopic = 't'\n").unwrap_err();
        assert!(said.starts_with("v.toml is not understood at line 3: unknown field `topic`"), "{said}");
    }
}
