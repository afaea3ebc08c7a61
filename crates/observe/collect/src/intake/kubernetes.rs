//! Lists of Kubernetes' audit events, as its API server sends them to a webhook.
//!
//! Specified in <https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/>: `EventList` has `items`. Each is a
//! record of its own, kept as it was written.

use super::Record;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use vigie_model::event::Label;

#[derive(Deserialize)]
struct EventList<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

/// Takes the events of a list, all of one cluster.
///
/// # Errors
/// When it is no list; nothing is taken then.
pub fn decode(body: &[u8], cluster: Option<&str>, put: &mut impl FnMut(&Record<'_>)) -> Result<(), serde_json::Error> {
    let list: EventList<'_> = serde_json::from_slice(body)?;
    for item in list.items {
        let mut record = Record::of(item.get().as_bytes());
        record.labels.extend(cluster.map(|cluster| (Label::Cluster, Cow::Borrowed(cluster))));
        put(&record);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_a_record() {
        let body =
            br#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[{"auditID":"a"},{"auditID":"b" }]}"#;
        let mut seen = Vec::new();
        decode(body, Some("prod"), &mut |record| {
            assert_eq!(record.labels, [(Label::Cluster, "prod".into())]);
            seen.push(String::from_utf8_lossy(&record.raw).into_owned());
        })
        .unwrap();
        assert_eq!(seen, [r#"{"auditID":"a"}"#, r#"{"auditID":"b" }"#]);
        assert!(decode(b"{}", None, &mut |_| {}).is_err());
    }
}
