//! Maven's `pom.xml`, as far as the file itself tells.
//!
//! Format: <https://maven.apache.org/pom.html>. Versions come from the dependency, from `dependencyManagement`
//! and from properties of this file; what a parent or an imported list of versions decides is not known here and
//! is a gap. What dependencies depend on in turn stands in other files.

use super::{ECOSYSTEM, is_exact};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::text;
use crate::packages::syntax::xml::{self, Element};
use crate::packages::{Found, Reader};
use std::collections::HashMap;
use vigie_model::component::Scope;

/// How often a property may stand for a text with properties.
const EXPANSIONS_MAX: usize = 8;
/// The longest value a property may grow to.
const VALUE_BYTES_MAX: usize = 1024;

pub(crate) static READER: Reader = Reader {
    name: "pom.xml",
    wants: |meta, setting| setting == Setting::Source && (meta.name() == "pom.xml" || meta.name().ends_with(".pom")),
    looks_right: |_| true,
    bytes_max: 8 * 1024 * 1024,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let project = match xml::parse(&text::decoded(content.bytes)) {
        Ok(project) => project,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    if project.name == "project" {
        let properties = Properties::of(&project);
        let managed = managed(&project, &properties);
        for dependency in dependencies(&project) {
            add(&mut list, dependency, &properties, &managed);
        }
    }
    list.done()
}

/// The dependencies of the project and of its profiles.
fn dependencies(project: &Element) -> impl Iterator<Item = &Element> {
    let profiles = project.first("profiles").into_iter().flat_map(|profiles| profiles.all("profile"));
    let places = std::iter::once(project).chain(profiles);
    places.filter_map(|place| place.first("dependencies")).flat_map(|list| list.all("dependency"))
}

fn add(list: &mut List<'_>, dependency: &Element, properties: &Properties, managed: &HashMap<String, Managed>) {
    let word = |name| properties.expanded(dependency.text_of(name));
    let name = format!("{}:{}", word("groupId"), word("artifactId"));
    let of_management = managed.get(&name);
    let own = word("version");
    let version = if own.is_empty() { of_management.map_or("", |managed| &managed.version) } else { &own };
    // `[1.2]` is the one way to ask for a version and no other.
    let version =
        version.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|one| is_exact(one)).unwrap_or(version);
    let own_scope = word("scope");
    let scope = if own_scope.is_empty() { of_management.map_or("", |managed| &managed.scope) } else { &own_scope };
    let scope = match scope {
        "test" => Scope::Development,
        _ if word("optional") == "true" => Scope::Optional,
        _ => Scope::Runtime,
    };
    if is_exact(version) {
        list.add_with(&name, version, scope, Some(true));
    } else {
        list.unresolved(&name);
    }
}

/// What `dependencyManagement` decides for a dependency.
struct Managed {
    version: String,
    scope: String,
}

fn managed(project: &Element, properties: &Properties) -> HashMap<String, Managed> {
    let list = project.first("dependencyManagement").and_then(|management| management.first("dependencies"));
    let entries = list.into_iter().flat_map(|list| list.all("dependency"));
    entries
        .map(|entry| {
            let word = |name| properties.expanded(entry.text_of(name));
            let name = format!("{}:{}", word("groupId"), word("artifactId"));
            (name, Managed { version: word("version"), scope: word("scope") })
        })
        .collect()
}

/// What `${…}` stands for.
struct Properties(HashMap<String, String>);

impl Properties {
    fn of(project: &Element) -> Self {
        let mut known = HashMap::new();
        for name in ["groupId", "version", "artifactId"] {
            let of_parent = project.first("parent").map_or("", |parent| parent.text_of(name));
            let own = project.text_of(name);
            let value = if own.is_empty() && name != "artifactId" { of_parent } else { own };
            for prefix in ["project.", "pom.", ""] {
                known.insert(format!("{prefix}{name}"), value.to_owned());
            }
            for prefix in ["project.parent.", "parent."] {
                known.insert(format!("{prefix}{name}"), of_parent.to_owned());
            }
        }
        let own = project.first("properties").into_iter().flat_map(|properties| &properties.children);
        known.extend(own.map(|property| (property.name.clone(), property.text().to_owned())));
        known.retain(|_, value| !value.is_empty());
        Self(known)
    }

    /// The text with its properties replaced; those that are not known stay as they are.
    fn expanded(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..EXPANSIONS_MAX {
            if !text.contains("${") || text.len() > VALUE_BYTES_MAX {
                break;
            }
            text = self.expanded_once(&text);
        }
        text
    }

    fn expanded_once(&self, text: &str) -> String {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            expanded.push_str(before);
            let Some((name, end)) = after.split_once('}') else {
                rest = text.get(text.len() - after.len() - 2..).unwrap_or_default();
                break;
            };
            match self.0.get(name.trim()) {
                Some(value) => expanded.push_str(value),
                None => expanded.push_str(&format!("${{{name}}}")),
            }
            rest = end;
        }
        expanded + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_what_the_file_itself_tells() {
        check(
            &READER,
            "pom.xml",
            r#"<?xml version="1.0"?><project xmlns="http://maven.apache.org/POM/4.0.0">
              <parent><groupId>org.example</groupId><artifactId>up</artifactId><version>7</version></parent>
              <artifactId>own</artifactId>
              <properties><a.version>1.${minor}</a.version><minor>5</minor><loop>${loop}x</loop></properties>
              <dependencyManagement><dependencies>
                <dependency><groupId>g</groupId><artifactId>managed</artifactId><version>${a.version}</version><scope>test</scope></dependency>
              </dependencies></dependencyManagement>
              <dependencies>
                <dependency><groupId>g</groupId><artifactId>a</artifactId><version>${a.version}</version></dependency>
                <dependency><groupId>${project.groupId}</groupId><artifactId>b</artifactId><version>${project.version}</version><optional>true</optional></dependency>
                <dependency><groupId>g</groupId><artifactId>managed</artifactId></dependency>
                <dependency><groupId>g</groupId><artifactId>exact</artifactId><version>[2.0]</version></dependency>
                <dependency><groupId>g</groupId><artifactId>range</artifactId><version>[1,2)</version></dependency>
                <dependency><groupId>g</groupId><artifactId>none</artifactId></dependency>
                <dependency><groupId>g</groupId><artifactId>loop</artifactId><version>${loop}</version></dependency>
                <dependency><groupId>g</groupId><artifactId>open</artifactId><version>${</version></dependency>
              </dependencies>
              <profiles><profile><dependencies>
                <dependency><groupId>g</groupId><artifactId>p</artifactId><version>3</version><scope>test</scope></dependency>
              </dependencies></profile></profiles>
            </project>"#,
            &[
                "g:a 1.5 direct",
                "g:exact 2.0 direct",
                "g:managed 1.5 development direct",
                "g:p 3 development direct",
                "org.example:b 7 optional direct",
                "! no exact version of g:range, g:none, g:loop, g:open",
            ],
        );
        check(&READER, "pom.xml", "<html/>", &[]);
        check(&READER, "pom.xml", "none", &["! no element"]);
    }
}
