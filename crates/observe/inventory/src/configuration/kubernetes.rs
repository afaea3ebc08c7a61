//! Objects of Kubernetes: manifests, what `helm template` and `kustomize build` put out, what a cluster answered.
//!
//! An object is a document with `apiVersion` and `kind` (<https://kubernetes.io/docs/reference/using-api/>); lists are
//! unpacked. Kinds that nobody knows pass as pieces of their kind. A chart's templates are not rendered here: they
//! are [`super::Unreadable::Template`]. A value that is wholly `${NAME}` is set by envsubst or Flux when it is applied, and
//! unknown until then; `$(NAME)` is Kubernetes' own and stays a text.

use super::PIECES_MAX;
use super::document::Document;
use serde_json::Value;
use vigie_model::configuration::{Form, Piece, unknown};
use vigie_model::observed::{Gap, Obstacle};

/// The objects of a document; none when it is of another purpose.
pub(super) fn recognise(path: &str, document: &Document) -> Vec<Piece> {
    let Some((version, kind)) = header(&document.body) else { return Vec::new() };
    let Some(items) = document.body["items"].as_array().filter(|_| kind.ends_with("List")) else {
        return vec![piece(path, document)];
    };
    let of_list = |place: usize| {
        let mut item = document.part(&format!("/items/{place}"))?;
        // The items of a typed list leave out what the list says.
        let inherited = [("apiVersion", version), ("kind", kind.strip_suffix("List")?)];
        for (member, value) in inherited.into_iter().filter(|(_, value)| !value.is_empty()) {
            item.body.as_object_mut()?.entry(member).or_insert_with(|| value.into());
        }
        header(&item.body).is_some().then(|| piece(path, &item))
    };
    (0..items.len().min(PIECES_MAX)).filter_map(of_list).collect()
}

/// Version and kind of something that looks like an object.
fn header(body: &Value) -> Option<(&str, &str)> {
    let version = body.get("apiVersion")?.as_str()?;
    let kind = body.get("kind")?.as_str()?;
    let number = version.rsplit('/').next()?.strip_prefix('v')?;
    let is_version = number.starts_with(|first: char| first.is_ascii_digit());
    (is_version && kind.starts_with(|first: char| first.is_ascii_uppercase())).then_some((version, kind))
}

fn piece(path: &str, document: &Document) -> Piece {
    let text = |pointer: &str| document.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let name = [text("/metadata/name"), text("/metadata/generateName")].into_iter().find(|name| !name.is_empty());
    let name = match (text("/metadata/namespace"), name.unwrap_or_default()) {
        ("", name) => name.to_owned(),
        (namespace, name) => format!("{namespace}/{name}"),
    };
    let kind = text("/kind").to_owned();
    let mut body = document.body.clone();
    substitute(&mut body);
    Piece { form: Form::Kubernetes, path: path.to_owned(), line: document.line, kind, name, body, lines: document.lines.clone() }
}

/// Marks what is put in when the object is applied.
fn substitute(value: &mut Value) {
    match value {
        Value::String(text) if is_placeholder(text) => *value = unknown(text),
        Value::Array(items) => items.iter_mut().for_each(substitute),
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(text) if name == "image" && text.contains("${") => *member = unknown(text),
                    _ => substitute(member),
                }
            }
        }
        _ => {}
    }
}

fn is_placeholder(text: &str) -> bool {
    let name = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| !name.is_empty() && !name.contains(['{', '}', '\n']))
}

/// Whether a text is a template of a Helm chart that nobody has rendered: it names what only Helm knows.
pub(super) fn is_template(text: &str) -> bool {
    const OF_HELM: [&str; 6] = [".Values", ".Release.", ".Chart.", ".Capabilities.", "include \"", ".Template."];
    let inside = text.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap_or_default());
    text.contains("apiVersion") && inside.into_iter().any(|action| OF_HELM.iter().any(|word| action.contains(word)))
}

/// Reads a stream of manifests document by document, as `helm template` writes them: what is broken is a gap and the
/// rest is read. The most pieces are [`PIECES_MAX`], and what comes after them is a gap as well.
#[must_use]
pub fn read_stream(path: &str, text: &str) -> (Vec<Piece>, Vec<Gap>) {
    let mut pieces = Vec::new();
    let mut gaps = Vec::new();
    for (line, part) in parts(text) {
        if pieces.len() >= PIECES_MAX {
            gaps.push(Gap::new(format!("{path}:{line}"), Obstacle::BeyondLimit, format!("more than {PIECES_MAX} objects")));
            break;
        }
        match super::of_documents(path, part) {
            Ok(found) => pieces.extend(found.into_iter().map(|piece| moved(piece, line - 1))),
            Err(error) => gaps.push(Gap::new(format!("{path}:{line}"), Obstacle::Unreadable, error.to_string())),
        }
    }
    pieces.truncate(PIECES_MAX);
    (pieces, gaps)
}

/// The documents of a stream with the lines where they begin, counted from 1: a marker stands at the beginning of a
/// line and nowhere else (YAML 1.2.2, chapter 9.1).
fn parts(text: &str) -> Vec<(u32, &str)> {
    let mut parts = Vec::new();
    let (mut begin, mut at) = ((0, 1), 0);
    for (line, content) in (1_u32..).zip(text.split_inclusive('\n')) {
        if at > begin.0 && content.starts_with("---") {
            parts.push((begin.1, &text[begin.0..at]));
            begin = (at, line);
        }
        at += content.len();
    }
    parts.push((begin.1, &text[begin.0..]));
    parts
}

fn moved(mut piece: Piece, lines: u32) -> Piece {
    piece.line = piece.line.saturating_add(lines);
    piece.lines.values_mut().for_each(|line| *line = line.saturating_add(lines));
    piece
}

#[cfg(test)]
mod tests {
    use super::super::{Unreadable, read};
    use super::*;
    use vigie_model::configuration::Look;

    fn shown(text: &str) -> Vec<String> {
        let pieces = read("deploy/all.yaml", text.as_bytes()).unwrap();
        pieces.iter().map(|piece| format!("{} {} :{}", piece.kind, piece.name, piece.line)).collect()
    }

    #[test]
    fn reads_documents_and_lists() {
        let text = "---\n# Source: web/templates/web.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n\
            ---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {generateName: job-}\n\
            - apiVersion: example.org/v1alpha1\n  kind: Widget\n---\napiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a}\n";
        assert_eq!(shown(text), ["Deployment shop/web :3", "Pod job- :10", "Widget  :13", "ConfigMap a :19"]);
    }

    #[test]
    fn other_files_give_nothing() {
        for text in [
            "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
            "replicaCount: 1\nimage: {tag: x}\n",
            "on: push\njobs: {a: {steps: [{run: 'echo ${{ github.sha }}'}]}}\n",
            "openapi: 3.1.0\ninfo: {title: kind of apiVersion}\n",
            "apiVersion: 1\nkind: Pod\n",
            "apiVersion: v1\nkind: pod\n",
            "- apiVersion: v1\n  kind: Pod\n",
            "items: [",
        ] {
            assert_eq!(shown(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn templates_of_charts_are_not_read() {
        let quoted = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: \"{{ .Release.Name }}\"\n";
        let flow = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {{ toYaml .Values.spec }}\n";
        for text in [quoted, flow] {
            assert_eq!(read("web/templates/pod.yaml", text.as_bytes()), Err(Unreadable::Template), "{text}");
        }
        let alert = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {text: '{{ $labels.instance }} is down'}\n";
        assert_eq!(shown(alert), ["ConfigMap a :1"]);
    }

    #[test]
    fn what_is_put_in_later_is_unknown() {
        let text = "apiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: ${HOST}\n  containers:\n  - image: app:${TAG}\n    args: ['$(A)', 'echo ${B}']\n";
        let piece = &read("a.yaml", text.as_bytes()).unwrap()[0];
        assert_eq!(piece.look("/spec/hostNetwork"), Look::Unknown("${HOST}"));
        assert_eq!(piece.look("/spec/containers/0/image"), Look::Unknown("app:${TAG}"));
        assert_eq!(piece.look("/spec/containers/0/args/1").known().unwrap(), "echo ${B}");
    }

    #[test]
    fn a_broken_document_does_not_hide_the_others() {
        let text =
            "apiVersion: v1\nkind: Pod\n---\napiVersion: [\n--- # third\napiVersion: v1\nkind: Pod\nspec:\n  hostPID: true\n";
        let (pieces, gaps) = read_stream("-", text);
        assert_eq!(pieces.iter().map(|piece| piece.line).collect::<Vec<_>>(), [1, 6]);
        assert_eq!(pieces[1].place("/spec/hostPID"), "-:9");
        assert_eq!(gaps.iter().map(|gap| gap.what.as_str()).collect::<Vec<_>>(), ["-:3"]);
    }
}
