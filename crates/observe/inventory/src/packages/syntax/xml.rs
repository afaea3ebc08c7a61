//! XML as a small tree: names without prefix, attributes, text.
//!
//! Entities of a document's own are not known, so none can grow: a reference to one is left out.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

/// The most elements and attributes of one document.
pub(crate) const NODES_MAX: usize = 1_000_000;
/// The deepest nesting.
pub(crate) const DEPTH_MAX: usize = 64;

/// An element with what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// Without prefix.
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    text: String,
    /// In their order.
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// The text directly in it, trimmed.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    /// An attribute's value; names are compared without case, as .NET's tools do.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The children of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first child of a name.
    pub(crate) fn first(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of a name; empty when there is none.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.first(name).map_or("", Self::text)
    }
}

/// Reads a document and gives its outermost element.
pub(crate) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    let mut tree = Tree { open: vec![Element::default()], nodes: 0 };
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => tree.open(&start)?,
            Event::Empty(start) => {
                tree.open(&start)?;
                tree.close();
            }
            Event::End(_) => tree.close(),
            Event::Text(text) => tree.text(&text),
            Event::CData(text) => tree.text(&text),
            Event::GeneralRef(reference) => {
                if let Ok(Some(char)) = reference.resolve_char_ref() {
                    tree.text(char.encode_utf8(&mut [0; 4]));
                } else if let Some(text) = resolve_predefined_entity(&reference) {
                    tree.text(text);
                }
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    // What a cut file left open still holds what came before.
    while tree.open.len() > 1 {
        tree.close();
    }
    tree.open.pop().and_then(|document| document.children.into_iter().next()).ok_or_else(|| "no element".to_owned())
}

struct Tree {
    /// The elements that are not closed yet, after one that stands for the document.
    open: Vec<Element>,
    nodes: usize,
}

impl Tree {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        let name = start.local_name().as_ref().to_owned();
        let mut attributes = Vec::new();
        for attribute in start.attributes().with_checks(false).flatten() {
            self.nodes += 1;
            let value = attribute.normalized_value(XmlVersion::Explicit1_0).unwrap_or_default().into_owned();
            attributes.push((attribute.key.local_name().as_ref().to_owned(), value));
        }
        self.nodes += 1;
        if self.nodes > NODES_MAX || self.open.len() > DEPTH_MAX {
            return Err(format!("more than {NODES_MAX} elements, or deeper than {DEPTH_MAX}"));
        }
        self.open.push(Element { name, attributes, ..Element::default() });
        Ok(())
    }

    fn close(&mut self) {
        if self.open.len() > 1
            && let Some(done) = self.open.pop()
            && let Some(parent) = self.open.last_mut()
        {
            parent.children.push(done);
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(element) = self.open.last_mut() {
            element.text.push_str(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_elements_attributes_and_text() {
        let text = r#"<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x "bomb">]>
            <p:project xmlns:p="urn:x"><!-- no --><a Id="1 &amp; 2">x &lt;<![CDATA[ & ]]>&#65;&x;</a><b/><a>2</a></p:project>"#;
        let project = parse(text).unwrap();
        assert_eq!((&*project.name, project.text_of("a"), project.text_of("b")), ("project", "x < & A", ""));
        assert_eq!(project.first("a").unwrap().attribute("id"), Some("1 & 2"));
        assert_eq!(project.all("a").count(), 2);
    }

    #[test]
    fn what_is_cut_or_too_deep() {
        assert_eq!(parse("<a><b>1</b><c>").unwrap().text_of("b"), "1");
        assert!(parse("").is_err());
        assert!(parse(&"<a>".repeat(100)).is_err());
    }

    proptest! {
        #[test]
        fn survives_any_text(text in "[<>/a b=\"&;!\\[\\]-]{0,60}") {
            drop(parse(&text));
        }
    }
}
