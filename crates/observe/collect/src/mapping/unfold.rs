//! Records that hold many events in one list of texts deep inside.
//!
//! A flow log of Azure writes one record a minute for each network card, with its flows as texts by the dozen. Each
//! becomes a record of its own: the same object, with one text where the list was. What stands around the list is repeated,
//! so that a record can be read, and shown, without the others. Only such records are written anew; they are told by the
//! format that their page gave them.

use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The format whose records are so.
const FORMAT: &str = "azure-flow";

/// Where the lists are: in flow logs of security groups and of virtual networks.
const PATHS: [[&str; DEPTH]; 2] =
    [["properties", "flows", "flows", "flowTuples"], ["flowRecords", "flows", "flowGroups", "flowTuples"]];

/// How deep they are.
const DEPTH: usize = 4;

/// Most events of one record.
const EVENTS_MAX: usize = 100_000;

/// Whether records of this format hold many events.
pub(crate) fn is_folded(format: &str) -> bool {
    format == FORMAT
}

/// Gives each event of a record as a record of its own; false, and nothing, where there is at most one.
pub(crate) fn unfold(text: &str, each: &mut dyn FnMut(&str)) -> bool {
    let count = |path: &[&str]| {
        let mut left = EVENTS_MAX;
        walk(text, path, &mut String::new(), &mut left, &mut |_| {});
        EVENTS_MAX - left
    };
    let Some(path) = PATHS.iter().find(|path| count(*path) > 1) else { return false };
    walk(text, path, &mut String::new(), &mut EVENTS_MAX.clone(), each);
    true
}

/// Follows a path. `head` is what was written of the record; nothing is given where the path ends.
fn walk(value: &str, path: &[&str], head: &mut String, left: &mut usize, each: &mut dyn FnMut(&str)) -> Option<()> {
    let start = head.len();
    if value.starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(value).ok()?;
        for element in elements {
            walk(element.get(), path, head, left, each);
        }
        return Some(());
    }
    let Some((name, deeper)) = path.split_first() else {
        if *left > 0 {
            *left -= 1;
            head.push_str(value);
            (0..DEPTH).for_each(|_| head.push('}'));
            each(head);
            head.truncate(start);
        }
        return Some(());
    };
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(value).ok()?;
    let inside = members.get(*name)?;
    head.push('{');
    for (beside, value) in members.iter().filter(|(known, _)| known != name) {
        head.push_str(&serde_json::to_string(beside).ok()?);
        head.push(':');
        head.push_str(value.get());
        head.push(',');
    }
    head.push('"');
    head.push_str(name);
    head.push_str("\":");
    walk(inside.get(), deeper, head, left, each);
    head.truncate(start);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unfolded(text: &str) -> Vec<String> {
        let mut records = Vec::new();
        assert_eq!(unfold(text, &mut |record| records.push(record.to_owned())), !records.is_empty());
        records
    }

    #[test]
    fn each_flow_is_a_record() {
        let groups = r#"{"time":"t","properties":{"Version":2,"flows":[{"rule":"a","flows":[{"mac":"m","flowTuples":["1,x","2,\"y"]}]},{"rule":"b","flows":[{"mac":"n","flowTuples":["3"]}]}]}}"#;
        assert_eq!(
            unfolded(groups),
            [
                r#"{"time":"t","properties":{"Version":2,"flows":{"rule":"a","flows":{"mac":"m","flowTuples":"1,x"}}}}"#,
                r#"{"time":"t","properties":{"Version":2,"flows":{"rule":"a","flows":{"mac":"m","flowTuples":"2,\"y"}}}}"#,
                r#"{"time":"t","properties":{"Version":2,"flows":{"rule":"b","flows":{"mac":"n","flowTuples":"3"}}}}"#,
            ]
        );
        let networks =
            r#"{"flowRecords":{"flows":[{"aclID":"c","flowGroups":[{"rule":"a","flowTuples":["1","2"]}]}]},"time":"t"}"#;
        assert_eq!(unfolded(networks).len(), 2);
        for whole in [
            "{}",
            "[1]",
            r#"{"properties":{"flows":[]}}"#,
            r#"{"properties":{"flows":{"flows":{"flowTuples":["1"]}}}}"#,
            r#"{"properties":{"flows":"#,
        ] {
            assert!(unfolded(whole).is_empty(), "{whole}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in r#"\{"properties":([{"\[\]}:, a1]|"flows":[\[{]|"flowTuples":\["1","2"\]){0,12}"#) {
            unfold(&text, &mut |record| assert!(serde_json::from_str::<serde_json::Value>(record).is_ok(), "{record}"));
        }
    }
}
