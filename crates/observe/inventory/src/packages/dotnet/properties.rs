//! Properties of MSBuild files: `$(Name)`, as far as the file itself sets them.

use crate::packages::syntax::xml::Element;
use std::collections::HashMap;

/// How often a property may stand for a text with properties.
const EXPANSIONS_MAX: usize = 8;
/// The longest value a property may grow to.
const VALUE_BYTES_MAX: usize = 1024;

/// Names are compared without case.
pub(super) struct Properties(HashMap<String, String>);

impl Properties {
    /// The properties a project sets; of several settings of one the last counts.
    pub(super) fn of(project: &Element) -> Self {
        let groups = project.children.iter().filter(|child| child.name.eq_ignore_ascii_case("PropertyGroup"));
        let properties = groups.flat_map(|group| &group.children);
        Self(properties.map(|property| (property.name.to_lowercase(), property.text().to_owned())).collect())
    }

    /// The text with its properties replaced; those that are not known stay as they are.
    pub(super) fn expanded(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..EXPANSIONS_MAX {
            let Some((before, rest)) = text.split_once("$(") else { break };
            let Some((name, after)) = rest.split_once(')') else { break };
            let Some(value) = self.0.get(&name.trim().to_lowercase()) else { break };
            text = format!("{before}{value}{after}");
            if text.len() > VALUE_BYTES_MAX {
                break;
            }
        }
        text
    }
}

/// The items of a sort in all item groups, whatever their case.
pub(super) fn items<'a>(project: &'a Element, sort: &'a str) -> impl Iterator<Item = &'a Element> {
    let groups = project.children.iter().filter(|child| child.name.eq_ignore_ascii_case("ItemGroup"));
    groups.flat_map(|group| &group.children).filter(move |item| item.name.eq_ignore_ascii_case(sort))
}

/// An item's metadata: an attribute or an element.
pub(super) fn metadata<'a>(item: &'a Element, name: &str) -> &'a str {
    let element = || item.children.iter().find(|child| child.name.eq_ignore_ascii_case(name)).map(Element::text);
    item.attribute(name).or_else(element).unwrap_or_default()
}
