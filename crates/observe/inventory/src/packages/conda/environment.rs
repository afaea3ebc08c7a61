//! `environment.yml`: what a conda environment is made from.
//!
//! `name=1.2.3=build` and `name==1.2.3` are pins; `name=1.2.3` matches the beginning of a version, but is what
//! `conda env export --no-builds` writes for a whole one, so it counts when it has two dots. Packages below
//! `pip:` are Python requirements.

use super::ECOSYSTEM;
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::python::normalised;
use crate::packages::python::requirements::{Pinned, pinned};
use crate::packages::syntax::text;
use crate::packages::syntax::yaml::{self, Yaml};
use crate::packages::{Found, Reader};

pub(crate) static READER: Reader = Reader {
    name: "conda environment",
    wants: |meta, setting| setting == Setting::Source && ["environment.yml", "environment.yaml"].contains(&meta.name()),
    looks_right: |_| true,
    bytes_max: yaml::BYTES_MAX,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let environment = match yaml::parse_first(&text::decoded(content.bytes)) {
        Ok(environment) => environment,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    for dependency in environment.items_of("dependencies") {
        if let Some(text) = dependency.text() {
            add(&mut list, text);
        }
        for requirement in dependency.items_of("pip").iter().filter_map(Yaml::text) {
            match pinned(requirement) {
                Pinned::To(name, version) => {
                    if let Some(component) = list.add(&normalised(name), version) {
                        component.package.ecosystem = "PyPI".to_owned();
                    }
                }
                Pinned::Open(name) => list.unresolved(name),
                Pinned::Nothing => {}
            }
        }
    }
    list.done()
}

fn add(list: &mut List<'_>, text: &str) {
    // A channel may come first: `conda-forge::numpy`.
    let text = text.rsplit("::").next().unwrap_or(text).trim();
    let name_end = text.find(['=', '<', '>', '!', '~', ' ', '[']).unwrap_or(text.len());
    let (name, rest) = text.split_at(name_end);
    let rest = rest.trim();
    let (version, build) = match rest.strip_prefix("==") {
        Some(version) => (version, true),
        None => rest
            .strip_prefix('=')
            .unwrap_or_default()
            .split_once('=')
            .map_or((rest.trim_start_matches('='), false), |(v, _)| (v, true)),
    };
    let plain = rest.starts_with('=') && !version.contains(['*', ',', '<', '>', '|', '!', ' ']);
    if plain && (build || version.split('.').count() > 2) {
        list.add(name, version);
    } else {
        list.unresolved(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_pins() {
        check(
            &READER,
            "environment.yml",
            "name: x\ndependencies:\n  - numpy=1.21.5\n  - conda-forge::python=3.9.7=h12\n  - a==1\n  - b=1.2\n  - c>=2\n  - d\n  \
             - pip:\n    - Requests==2.0\n    - flask\nprefix: /opt\n",
            &["requests 2.0", "a 1", "numpy 1.21.5", "python 3.9.7", "! no exact version of b, c, d, flask"],
        );
    }
}
