//! YAML as a small tree of texts, lists and maps.
//!
//! Scalars stay the text they are written as: a version `1.10` is no number here. An alias repeats what its
//! anchor marked and pays for every node of it, so that a few lines cannot grow to gigabytes.

use saphyr_parser::{Event, Parser};
use std::collections::HashMap;

/// The most nodes of one file, counting repeated ones each time.
pub(crate) const NODES_MAX: usize = 1_000_000;
/// The deepest nesting.
pub(crate) const DEPTH_MAX: usize = 64;
/// The largest file that is read.
pub(crate) const BYTES_MAX: u64 = 24 * 1024 * 1024;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Yaml {
    /// A scalar as it is written, without quotes.
    Text(String),
    /// A list.
    List(Vec<Yaml>),
    /// A map in its order; keys that are no text are left out.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    /// The value of a key; none when this is no map or has no such key.
    pub(crate) fn get(&self, key: &str) -> Option<&Yaml> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The text of a key; empty when there is none.
    pub(crate) fn word(&self, key: &str) -> &str {
        self.get(key).and_then(Yaml::text).unwrap_or_default()
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Yaml::Text(text) => Some(text),
            Yaml::List(_) | Yaml::Map(_) => None,
        }
    }

    /// The items of a list; empty for anything else.
    pub(crate) fn items(&self) -> &[Yaml] {
        match self {
            Yaml::List(items) => items,
            Yaml::Text(_) | Yaml::Map(_) => &[],
        }
    }

    /// The entries of a map; empty for anything else.
    pub(crate) fn entries(&self) -> &[(String, Yaml)] {
        match self {
            Yaml::Map(entries) => entries,
            Yaml::Text(_) | Yaml::List(_) => &[],
        }
    }

    /// The entries of the map at a key; empty for anything else.
    pub(crate) fn entries_of(&self, key: &str) -> &[(String, Yaml)] {
        self.get(key).map_or(&[], Yaml::entries)
    }

    /// The items of the list at a key; empty for anything else.
    pub(crate) fn items_of(&self, key: &str) -> &[Yaml] {
        self.get(key).map_or(&[], Yaml::items)
    }

    fn nodes(&self) -> usize {
        1 + match self {
            Yaml::Text(_) => 0,
            Yaml::List(items) => items.iter().map(Yaml::nodes).sum(),
            Yaml::Map(entries) => entries.iter().map(|(_, value)| 1 + value.nodes()).sum(),
        }
    }
}

/// Reads all documents of a file.
pub(crate) fn parse(text: &str) -> Result<Vec<Yaml>, String> {
    let mut tree = Tree::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| error.to_string())?;
        tree.take(event)?;
    }
    Ok(tree.documents)
}

/// Reads the first document of a file.
pub(crate) fn parse_first(text: &str) -> Result<Yaml, String> {
    parse(text)?.into_iter().next().ok_or_else(|| "no document".to_owned())
}

#[derive(Default)]
struct Tree {
    documents: Vec<Yaml>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Yaml, usize)>,
    nodes: usize,
}

/// A list or map that is not closed yet.
struct Open {
    node: Yaml,
    /// The key whose value comes next; none inside when it is no text.
    key: Option<Option<String>>,
    anchor: usize,
}

impl Tree {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, _, anchor, _) => {
                self.pay(1)?;
                self.put(Yaml::Text(text.into_owned()), anchor);
            }
            Event::SequenceStart(anchor, _) => self.open(Yaml::List(Vec::new()), anchor)?,
            Event::MappingStart(anchor, _) => self.open(Yaml::Map(Vec::new()), anchor)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(done) = self.open.pop() {
                    self.put(done.node, done.anchor);
                }
            }
            Event::Alias(anchor) => {
                let nodes = self.anchors.get(&anchor).map_or(1, |(_, nodes)| *nodes);
                self.pay(nodes)?;
                let node = self.anchors.get(&anchor).map_or(Yaml::Text(String::new()), |(node, _)| node.clone());
                self.put(node, 0);
            }
            Event::DocumentEnd => self.anchors.clear(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
        }
        Ok(())
    }

    fn pay(&mut self, nodes: usize) -> Result<(), String> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODES_MAX { Err(format!("more than {NODES_MAX} nodes")) } else { Ok(()) }
    }

    fn open(&mut self, node: Yaml, anchor: usize) -> Result<(), String> {
        self.pay(1)?;
        if self.open.len() == DEPTH_MAX {
            return Err(format!("nested deeper than {DEPTH_MAX}"));
        }
        self.open.push(Open { node, key: None, anchor });
        Ok(())
    }

    fn put(&mut self, node: Yaml, anchor: usize) {
        if anchor > 0 {
            // What is marked is kept a second time, and counts as such.
            let nodes = node.nodes();
            self.nodes = self.nodes.saturating_add(nodes);
            self.anchors.insert(anchor, (node.clone(), nodes));
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return;
        };
        match &mut open.node {
            Yaml::List(items) => items.push(node),
            Yaml::Map(entries) => match open.key.take() {
                None => open.key = Some(if let Yaml::Text(text) = node { Some(text) } else { None }),
                Some(Some(key)) => entries.push((key, node)),
                Some(None) => {}
            },
            Yaml::Text(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_maps_lists_and_texts() {
        let text = "a: 1.10\nb: &x [p, 'q r']\nc: {d: *x, ? [k] : v}\ne:\n  - f: ~\n---\nsecond: yes\n";
        let documents = parse(text).unwrap();
        assert_eq!(documents.len(), 2);
        let first = &documents[0];
        assert_eq!((first.word("a"), first.word("b"), first.items_of("b").len()), ("1.10", "", 2));
        assert_eq!(first.get("c").unwrap().items_of("d")[1].text(), Some("q r"));
        assert_eq!(first.entries_of("c").len(), 1);
        assert_eq!(first.items_of("e")[0].word("f"), "~");
        assert_eq!(documents[1].word("second"), "yes");
        assert!(parse("a: [").is_err());
    }

    #[test]
    fn aliases_and_nesting_have_a_price() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = level - 1;
            bomb.push_str(&format!(
                "a{level}: &a{level} [*a{before}, *a{before}, *a{before}, *a{before}, *a{before}, *a{before}]\n"
            ));
        }
        assert_eq!(parse(&bomb), Err("more than 1000000 nodes".into()));
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert_eq!(parse(&format!("{}x", "- ".repeat(100))), Err("nested deeper than 64".into()));
    }

    proptest! {
        #[test]
        fn survives_any_text(text in "[ \\[\\]{}\"':,&*#|>?a1\n-]{0,60}") {
            drop(parse(&text));
        }
    }
}
