//! The names that queries may use.
//!
//! Every OCSF path of the schema is a name. Besides, there are short names for what people ask most,
//! each for one or several paths of which any may match, and names for what is not a field of the
//! schema: times, class, origin, the record. `unmapped.NAME` asks for a value by its own name.

use super::pattern::folded;
use vigie_model::event::{FieldId, Label};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Field(FieldId),
    Id,
    Time,
    Received,
    Class,
    Activity,
    Severity,
    Source,
    Format,
    Host,
    Label(Label),
    Raw,
    /// A value beyond the schema; the name is folded, and nothing means any.
    Unmapped(Option<Box<str>>),
}

/// The short names, with the paths of which any may match.
pub(super) const SHORT: &[(&str, &[&str])] = &[
    (
        "asn",
        &[
            "src_endpoint.autonomous_system.number",
            "dst_endpoint.autonomous_system.number",
            "proxy_endpoint.autonomous_system.number",
        ],
    ),
    ("cmd", &["process.cmd_line", "actor.process.cmd_line", "job.cmd_line"]),
    (
        "container",
        &[
            "process.container.uid",
            "process.container.name",
            "actor.process.container.uid",
            "actor.process.container.name",
            "device.container.uid",
            "device.container.name",
        ],
    ),
    (
        "country",
        &[
            "src_endpoint.location.country",
            "dst_endpoint.location.country",
            "proxy_endpoint.location.country",
            "device.location.country",
        ],
    ),
    ("domain", &["query.hostname", "url.hostname", "http_request.url.hostname", "dst_endpoint.hostname", "dst_endpoint.domain"]),
    ("dst", &["dst_endpoint.ip", "dst_endpoint.hostname", "evidences.dst_endpoint.ip", "evidences.dst_endpoint.hostname"]),
    ("file", &["file.path", "file.name", "process.file.path", "actor.process.file.path", "actor.process.path", "process.path"]),
    ("hash", &["file.hashes.value", "process.file.hashes.value", "actor.process.file.hashes.value"]),
    ("image", &["process.container.image.name", "actor.process.container.image.name", "device.container.image.name"]),
    (
        "ip",
        &[
            "src_endpoint.ip",
            "dst_endpoint.ip",
            "device.ip",
            "proxy_endpoint.ip",
            "src_endpoint.intermediate_ips",
            "http_request.x_forwarded_for",
            "email.x_originating_ip",
            "evidences.src_endpoint.ip",
            "evidences.dst_endpoint.ip",
        ],
    ),
    ("owner", &["device.owner.name", "src_endpoint.owner.name", "dst_endpoint.owner.name", "proxy_endpoint.owner.name"]),
    ("pid", &["process.pid", "actor.process.pid"]),
    ("port", &["src_endpoint.port", "dst_endpoint.port", "port"]),
    ("process", &["process.name", "actor.process.name"]),
    ("service", &["service.name", "api.service.name"]),
    ("src", &["src_endpoint.ip", "src_endpoint.hostname", "evidences.src_endpoint.ip", "evidences.src_endpoint.hostname"]),
    ("status", &["status_id", "status"]),
    ("url", &["url.url_string", "http_request.url.url_string"]),
    (
        "user",
        &[
            "actor.user.name",
            "user.name",
            "actor.process.user.name",
            "process.user.name",
            "actor.user.email_addr",
            "user.email_addr",
        ],
    ),
];

/// Names of what is not a field of the schema.
const OWN: &[(&str, Target)] = &[
    ("activity", Target::Activity),
    ("class", Target::Class),
    ("format", Target::Format),
    ("id", Target::Id),
    ("raw", Target::Raw),
    ("received", Target::Received),
    ("severity", Target::Severity),
    ("source", Target::Source),
    ("time", Target::Time),
];

/// What stands beside the machine an event speaks of.
const HOST_PATHS: &[&str] = &["device.hostname", "device.name"];

const UNMAPPED: &str = "unmapped.";

/// What a name stands for: any of these may match. Nothing for a name nobody knows.
pub(super) fn resolve(name: &str) -> Option<Vec<Target>> {
    let name = folded(name);
    if let Some(rest) = name.strip_prefix(UNMAPPED) {
        return Some(vec![Target::Unmapped((rest != "*").then(|| rest.into()))]);
    }
    if name == "host" {
        return Some(std::iter::once(Target::Host).chain(fields(HOST_PATHS)).collect());
    }
    if let Some((_, target)) = OWN.iter().find(|(own, _)| *own == name) {
        return Some(vec![target.clone()]);
    }
    if let Ok(label) = name.parse() {
        return Some(vec![Target::Label(label)]);
    }
    if let Some((_, paths)) = SHORT.iter().find(|(short, _)| *short == name) {
        return Some(fields(paths).collect());
    }
    FieldId::from_path(&name).map(|field| vec![Target::Field(field)])
}

fn fields(paths: &'static [&'static str]) -> impl Iterator<Item = Target> {
    paths.iter().filter_map(|path| FieldId::from_path(path).map(Target::Field))
}

/// All names, sorted: what a completion offers.
pub(super) fn all() -> Vec<&'static str> {
    let own = OWN.iter().map(|(name, _)| *name).chain(["host"]).chain(Label::ALL.map(Label::name));
    let mut names: Vec<&str> = own.chain(SHORT.iter().map(|(name, _)| *name)).chain(FieldId::all().map(FieldId::path)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The known name most like this one, when it is like enough to be meant.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let name = folded(name);
    // A path that ends with the name is meant more often than a name that differs by a letter.
    let ends = |known: &&str| known.strip_suffix(&*name).is_some_and(|before| before.ends_with('.'));
    let by_end = all().into_iter().filter(ends).min_by_key(|known| known.len());
    vigie_kit::nearest::nearest(&name, all()).or(by_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_short_name_stands_for_paths_of_the_schema() {
        for (name, paths) in SHORT.iter().chain([&("host", HOST_PATHS)]) {
            for path in *paths {
                assert!(FieldId::from_path(path).is_some(), "{name}: {path}");
            }
        }
    }

    #[test]
    fn a_slip_is_understood() {
        assert_eq!(nearest("usr"), Some("user"));
        assert_eq!(nearest("src_endpoint.pi"), Some("src_endpoint.ip"));
        assert_eq!(nearest("hostname"), Some("url.hostname"));
        assert_eq!(nearest("zzzzzz"), None);
    }

    #[test]
    fn names_ignore_case() {
        assert_eq!(resolve("Time"), Some(vec![Target::Time]));
        assert_eq!(resolve("unmapped.SeqNo"), Some(vec![Target::Unmapped(Some("seqno".into()))]));
        assert_eq!(resolve("unmapped.*"), Some(vec![Target::Unmapped(None)]));
        assert_eq!(resolve("nonsense"), None);
    }
}
