//! Compose files: a piece for each service, and one for what stands beside the services.
//!
//! Specification: <https://github.com/compose-spec/compose-spec>. Bodies keep the words of the format, short and long forms
//! alike. `${NAME:-default}` becomes its default, `${NAME}` an unknown value; a service that extends another one of the
//! same file gets what it does not say itself from there. Deliberately absent: other files (`include`, `extends` with a
//! `file`, overrides), which stay as they are written.

use super::PIECES_MAX;
use super::document::Document;
use serde_json::{Map, Value};
use vigie_model::configuration::{Form, Piece, unknown};

/// The longest chain of `extends`.
const EXTENDS_MAX: usize = 8;
/// The deepest nesting of defaults in defaults.
const DEPTH_MAX: usize = 8;

/// The pieces of a Compose file; none when the document is of another purpose.
pub(super) fn recognise(path: &str, document: &Document) -> Vec<Piece> {
    let Some(services) = document.body.get("services").and_then(Value::as_object) else { return Vec::new() };
    if document.body.get("apiVersion").is_some() || !(is_named(path) || looks_right(services)) {
        return Vec::new();
    }
    let mut pieces = vec![around(path, document)];
    for name in services.keys().take(PIECES_MAX) {
        let pointer = format!("/services/{}", name.replace('~', "~0").replace('/', "~1"));
        let Some(part) = document.part(&pointer).filter(|part| part.body.is_object()) else { continue };
        let mut body = part.body;
        if let Value::Object(members) = &mut body {
            inherit(members, services);
        }
        interpolate(&mut body);
        pieces.push(piece(path, part.line, "service", name, body, part.lines));
    }
    pieces
}

/// Whether a file is called like a Compose file.
fn is_named(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.contains("compose")
}

/// Whether these are services of Compose, and not of something else that has services.
fn looks_right(services: &Map<String, Value>) -> bool {
    let one = |service: &Value| service.get("image").is_some_and(Value::is_string) || service.get("build").is_some();
    !services.is_empty() && services.values().all(one)
}

/// What stands beside the services.
fn around(path: &str, document: &Document) -> Piece {
    let mut body = document.body.clone();
    if let Value::Object(members) = &mut body {
        members.remove("services");
    }
    interpolate(&mut body);
    let lines = document.lines.iter().filter(|(at, _)| !at.starts_with("/services"));
    piece(path, document.line, "compose", "", body, lines.map(|(at, line)| (at.clone(), *line)).collect())
}

fn piece(path: &str, line: u32, kind: &str, name: &str, body: Value, lines: std::collections::BTreeMap<String, u32>) -> Piece {
    let (path, kind, name) = (path.to_owned(), kind.to_owned(), name.to_owned());
    Piece { form: Form::Compose, path, line, kind, name, body, lines }
}

/// Fills in what a service of the same file says that this one extends.
fn inherit(service: &mut Map<String, Value>, services: &Map<String, Value>) {
    for _ in 0..EXTENDS_MAX {
        let base = match service.get("extends") {
            Some(Value::String(name)) => Some(name),
            Some(Value::Object(extends)) if extends.get("file").is_none() => match extends.get("service") {
                Some(Value::String(name)) => Some(name),
                _ => None,
            },
            _ => None,
        };
        let Some(base) = base.and_then(|name| services.get(name)?.as_object()) else { return };
        service.remove("extends");
        for (key, value) in base {
            service.entry(key).or_insert_with(|| value.clone());
        }
    }
}

fn interpolate(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('$') => {
            let mut out = String::new();
            *value = if expand(text, DEPTH_MAX, &mut out) { Value::String(out) } else { unknown(text) };
        }
        Value::Array(items) => items.iter_mut().for_each(interpolate),
        Value::Object(members) => members.values_mut().for_each(interpolate),
        _ => {}
    }
}

/// Puts defaults in; whether everything is known then.
fn expand(text: &str, depth: usize, out: &mut String) -> bool {
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('$') {
        out.push_str(before);
        let first = behind.chars().next();
        rest = match first {
            Some('$') => {
                out.push('$');
                behind.get(1..).unwrap_or_default()
            }
            Some('{') => {
                let Some((inside, behind)) = braced(behind) else { return false };
                let (Some(default), Some(depth)) = (default_of(inside), depth.checked_sub(1)) else { return false };
                if !expand(default, depth, out) {
                    return false;
                }
                behind
            }
            Some(first) if first.is_ascii_alphabetic() || first == '_' => return false,
            _ => {
                out.push('$');
                behind
            }
        };
    }
    out.push_str(rest);
    true
}

/// What stands in the braces that a text begins with, and what stands behind them.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some((text.get(1..at)?, text.get(at + 1..)?)),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// `NAME:-default` and `NAME-default`.
fn default_of(inside: &str) -> Option<&str> {
    let end = inside.find(|char: char| !(char.is_ascii_alphanumeric() || char == '_'))?;
    let rest = inside.get(end..)?;
    rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::read;
    use proptest::prelude::*;
    use serde_json::json;
    use vigie_model::configuration::Look;

    const WHOLE: &str = "\
version: '3'
services:
  base: &base
    image: nginx:${TAG:-1.27}
    user: '1000'
  web:
    extends: base
    image: ${REGISTRY}/web
    environment:
      A: $$x ${B:-b${C:-c}}
    ports: ['80:80']
  api: {<<: *base, user: root}
networks: {default: {external: true}}
";

    #[test]
    fn reads_services_and_what_stands_beside_them() {
        let pieces = read("deploy/docker-compose.prod.yml", WHOLE.as_bytes()).unwrap();
        let path = "deploy/docker-compose.prod.yml";
        let named = |name: &str| pieces.iter().find(|piece| piece.name == name).unwrap();
        assert_eq!(pieces.len(), 4);
        assert_eq!((named("").id(), named("api").id()), (path.to_owned(), format!("{path}#service/api")));
        assert_eq!(named("").body["version"], "3");
        let web = named("web");
        assert_eq!(web.look("/image"), Look::Unknown("${REGISTRY}/web"));
        assert_eq!(web.look("/user").known().unwrap(), "1000", "from the service that it extends");
        assert_eq!(web.look("/environment/A").known().unwrap(), "$x bc");
        assert_eq!(web.place("/ports/0"), format!("{path}:11"));
        assert_eq!(named("api").body, json!({ "image": "nginx:1.27", "user": "root" }));
    }

    #[test]
    fn other_services_are_none() {
        let symfony = "services:\n  App\\Foo: {autowire: true}\n";
        assert_eq!(read("config/services.yaml", symfony.as_bytes()), Ok(Vec::new()));
        assert_eq!(read(".gitlab-ci.yml", b"services: [postgres]\n"), Ok(Vec::new()));
        assert_eq!(read("stack.yml", b"services:\n  a: {image: b}\n").unwrap().len(), 2);
    }

    #[test]
    fn circles_of_extends_end() {
        let text = "services:\n  a: {extends: b, image: x}\n  b: {extends: a, image: y}\n";
        assert_eq!(read("compose.yaml", text.as_bytes()).unwrap().len(), 3);
    }

    proptest! {
        #[test]
        fn survives_any_value(text in "[${}a:+?-]{0,30}") {
            let mut value = json!(text);
            interpolate(&mut value);
        }
    }
}
